/** The short form of `npm run bench crowdsec`: ratios to another program in the same run. */
import assert from 'node:assert/strict'
import { benchCrowdsec } from './crowdsec.js'

describe('bench: crowdsec', () => {
  it('a look-up costs less than the Local API’s, far less than where that scans', async () => {
    const figures = await benchCrowdsec({ banned: 20_000, turns: 1, seconds: 2, scanSeconds: 2 })
    const told = JSON.stringify(figures)
    assert.ok(Number(figures['timesExact']) >= 1.3, told)
    assert.ok(Number(figures['timesIp']) >= 15, told)
    assert.ok(Number(figures['streamIdleMs']) < Number(figures['peerStreamIdleMs']), told)
  }).timeout(180_000)
})
