/** The short form of `npm run soak retraction`. */
import assert from 'node:assert/strict'
import { retraction } from '../soak/retraction.js'

const seed = Number(process.env['SEED'] ?? 20261123)

describe(`a retraction in any order (SEED=${seed})`, () => {
  it('20,000 orders, with copies and dropped payloads: nothing it takes back returns', async () => {
    const figures = await retraction({ orders: 20_000, seed, msMax: 60_000 })
    assert.equal(figures['orders'], 20_000)
  }).timeout(120_000)
})
