/** The short form of `npm run bench ingest`: ratios to raw writes that hold on a busy machine. */
import assert from 'node:assert/strict'
import { Fleet } from '../support/fleet.js'
import { ownPart } from './ingest.js'

describe('bench: ingest', () => {
  it('reports from a file keep near the raw write of their rows', async () => {
    const fleet = await Fleet.open()
    try {
      const figures = await ownPart(fleet, 20_000, 20261125)
      assert.ok(Number(figures['ownTimesRaw']) >= 0.03, JSON.stringify(figures))
    } finally {
      await fleet.close()
    }
  }).timeout(120_000)
})
