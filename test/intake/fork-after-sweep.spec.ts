/** Found by the simulation: a fork brought back what had been swept, and nothing swept it again. */
import assert from 'node:assert/strict'
import { seal, toBytes, type Envelope } from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import type { Report } from '../../src/core/statement.js'
import { memoryDatabase, NOW, openLab, ownOf, seedOf } from '../support/lab.js'

const { networkId } = OPEN_FEDERATION
const B = ownOf('b')

function report(value: string, until: number): Report {
  const codes = { type: 1, confidence: 80, action: 4, tlp: 3, pap: 3, category: 0, evidence: 0 }
  return { kind: 'report', until, value, firstHand: true, campaign: null, labels: [], ...codes }
}

function next(last: Envelope | undefined, value: string, until: number): Envelope {
  const place = { networkId, seq: (last?.seq ?? 0) + 1, prev: last?.id ?? null, time: NOW }
  return seal(place, [report(value, until)], seedOf('b'), B)
}

describe('a fork after a sweep', () => {
  it('does not bring back a claim that is over', async () => {
    const time = { now: NOW }
    const database = memoryDatabase()
    const a = await openLab('a', { database, time })
    await a.admit('Lab B', 'corroborate', 'member', 'b')
    const tell = (envelope: Envelope) =>
      a.intake.accept(toBytes(envelope), { via: 'gossip', from: B }).committed
    const short = next(undefined, '198.51.100.7', NOW + HOUR_MS)
    const other = next(short, '198.51.100.8', NOW + 2 * HOUR_MS)
    for (const envelope of [short, other, next(other, '198.51.100.7', NOW + 7 * DAY_MS)])
      await tell(envelope)
    time.now += 3 * DAY_MS
    await a.expiry.sweep()
    await tell(next(other, '198.51.100.9', NOW + DAY_MS))
    assert.equal(a.state.forks.get(B)?.seq, 3)
    assert.equal(a.state.claims.size, 0)
    assert.equal((await a.upkeep.verify()).ok, true)
    time.now += 220 * DAY_MS
    await a.expiry.sweep()
    assert.equal(a.state.floorOf(B), 2)
    assert.equal((await openLab('a', { database, time })).doubt, undefined)
  })
})
