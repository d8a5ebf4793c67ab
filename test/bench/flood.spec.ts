/** The short form of `npm run bench flood`: bounds far above what a quiet machine shows. */
import assert from 'node:assert/strict'
import { benchFlood } from './flood.js'

describe('bench: flood', () => {
  it('a flood from one member holds up neither look-ups nor reports of another', async () => {
    const figures = await benchFlood({ seconds: 2, perSecond: 3_000, isShort: true })
    const told = JSON.stringify(figures)
    // Before the door had turns: half a second and four.
    assert.ok(Number(figures['floodLookUpP50Ms']) < 50, told)
    assert.ok(Number(figures['floodReportP50Ms']) < 500, told)
  }).timeout(180_000)
})
