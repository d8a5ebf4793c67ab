/** The short form of `npm run bench replica`: ratios that hold on a busy machine. */
import assert from 'node:assert/strict'
import { benchReplica } from './replica.js'

describe('bench: replica', () => {
  it('a check costs little more than a map, and little memory', async () => {
    // With 60,000 Node 24 was still compiling: 7 times a map's own answer instead of less than 4.
    const figures = await benchReplica({ keys: 150_000, asked: 240_000 })
    const told = JSON.stringify(figures)
    assert.ok(Number(figures['ratioP50']) <= 4, told)
    assert.ok(Number(figures['bytesPerIndicator']) <= 80, told)
    assert.ok(Number(figures['bytesPerIndicator']) > 20, told)
    assert.ok(Number(figures['loadMs']) < 1_500, told)
  }).timeout(60_000)
})
