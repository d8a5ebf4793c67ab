/** The short form of `npm run bench crowdsec`: ratios to another program in the same run. */
import assert from 'node:assert/strict'
import { benchCrowdsec } from './crowdsec.js'

describe('bench: crowdsec', () => {
  it('a look-up costs no more than the Local API’s, far less than where that scans', async () => {
    const figures = await benchCrowdsec({ banned: 10_000, turns: 3, seconds: 1, scanSeconds: 1 })
    const told = JSON.stringify(figures)
    assert.ok(Number(figures['timesExact']) >= 0.8, told)
    assert.ok(Number(figures['edgesPerSecond']) > Number(figures['nodePerSecond']), told)
    assert.ok(Number(figures['timesIp']) >= 8, told)
    assert.ok(Number(figures['streamIdleMs']) < 3 * Number(figures['peerStreamIdleMs']), told)
  }).timeout(180_000)
})
