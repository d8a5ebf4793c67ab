/** The short form of `npm run bench propagate`. */
import assert from 'node:assert/strict'
import { benchPropagate } from './propagate.js'

describe('bench: propagate', () => {
  it('a report acts at the others soon after bare gossip would have arrived', async () => {
    const figures = await benchPropagate({ nodes: [3], reports: 40, kinds: ['bare'] })
    assert.ok(Number(figures['timesBareP50@3']) <= 4, JSON.stringify(figures))
  }).timeout(180_000)
})
