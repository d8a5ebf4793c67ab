/** The short form of `npm run bench ingest`: ratios to raw writes that hold on a busy machine. */
import assert from 'node:assert/strict'
import { benchIngest } from './ingest.js'

describe('bench: ingest', () => {
  it('reports from a file and a member’s envelopes keep near the raw write', async () => {
    const figures = await benchIngest(20_000, 20261125)
    const told = JSON.stringify(figures)
    assert.ok(Number(figures['ownTimesRaw']) >= 0.08, told)
    assert.ok(Number(figures['peerTimesRaw']) >= 0.2, told)
  }).timeout(120_000)
})
