/** The short form of `npm run bench lookup`: ratios that hold on a busy machine. */
import assert from 'node:assert/strict'
import { benchLookup } from './lookup.js'

describe('bench: lookup', () => {
  it('a look-up costs little more than a bare server, a batch far less than Redis', async () => {
    const figures = await benchLookup({ banned: 5_000, turns: 1, seconds: 1, isShort: true })
    const told = JSON.stringify(figures)
    assert.ok(Number(figures['briefTimesBare']) >= 0.3, told)
    assert.ok(Number(figures['batchTimesRedis']) >= 2, told)
  }).timeout(180_000)
})
