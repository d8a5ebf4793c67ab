/**
 * Found by the simulation (seed 123): a clock runs ahead over midnight, the node sweeps, the clock
 * is set back.
 */
import assert from 'node:assert/strict'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import { hand, NOW, openLab } from '../support/lab.js'

const IP = { type: 'ip', value: '198.51.100.7' }

describe('a clock that is set back after a sweep', () => {
  it('leaves the claims and their sums as the log says', async () => {
    const a = await openLab('a')
    const b = await openLab('b')
    await b.admit('Lab A', 'corroborate', 'member', 'a')
    await a.voice.report([{ ...IP, ttl: '6h' }])
    a.time.now = NOW + 13 * HOUR_MS
    await a.expiry.sweep()
    a.time.now = NOW + HOUR_MS
    assert.equal(a.check('ip', IP.value).action, 'block')
    assert.equal((await a.upkeep.verify()).ok, true)
    await a.voice.report([{ ...IP, ttl: '10h', confidence: 90 }])
    await hand(a, b)
    assert.equal(a.state.stateHash(NOW), b.state.stateHash(NOW))
    assert.equal((await a.upkeep.verify()).ok, true)
  })

  it('brings back what days ahead had swept, and sweeps it in its time', async () => {
    const a = await openLab('a')
    await a.voice.report([{ ...IP, ttl: '6h' }])
    await a.voice.report([{ type: 'ip', value: '198.51.100.8', ttl: '1h' }])
    a.time.now = NOW + 4 * DAY_MS
    await a.expiry.sweep()
    assert.equal(a.state.claims.size, 0)
    a.time.now = NOW + 2 * HOUR_MS
    await a.expiry.sweep()
    assert.equal(a.check('ip', IP.value).action, 'block')
    assert.equal(a.check('ip', '198.51.100.8').action, 'allow')
    assert.equal((await a.upkeep.verify()).ok, true)
    a.time.now = NOW + 5 * DAY_MS
    await a.expiry.sweep()
    assert.equal(a.state.claims.size, 0)
    assert.equal((await a.upkeep.verify()).ok, true)
  })

  it('is no reason to make everything anew where only what is over was swept', async () => {
    const a = await openLab('a')
    await a.voice.report([{ ...IP, ttl: '6h' }])
    a.time.now = NOW + 3 * DAY_MS
    await a.expiry.sweep()
    a.time.now = NOW + 2 * DAY_MS
    await a.expiry.sweep()
    assert.equal(a.state.claims.size, 0)
  })
})
