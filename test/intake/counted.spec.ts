/** What counts as said and heard: what was committed, once, and how late where it came live. */
import assert from 'node:assert/strict'
import { toBytes } from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { MINUTE_MS } from '../../src/core/limits.js'
import { Examiner } from '../../src/intake/examiner.js'
import { hand, NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'
import { Pen, report } from '../support/memory-log.js'

const NONE = { report: 0, revocation: 0, sighting: 0, dispute: 0 }
const said = (lab: Lab) => lab.activity.totals.said
const gossip = { via: 'gossip', from: ownOf('b') } as const

/** Two envelopes of lab b: three reports, one of them taken back in the second. */
async function twoOf(): Promise<readonly Uint8Array[]> {
  const b = await openLab('b')
  const values = ['198.51.100.1', '198.51.100.2', '198.51.100.3']
  await b.voice.report(values.map((value) => ({ type: 'ip', value })))
  await b.voice.revoke([{ type: 'ip', value: values[0]!, reason: 'false-positive' }])
  return b.published
}

describe('intake: what counts as said', () => {
  it('our own is out, and has no lag', async () => {
    const [wire] = await twoOf()
    const a = await openLab('a')
    await a.admit('b')
    await a.intake.accept(wire!, { via: 'catch-up', from: ownOf('b') }).committed
    await a.voice.report([{ type: 'ip', value: '203.0.113.1' }])
    await a.voice.sight([{ type: 'ip', value: '198.51.100.2' }])
    await a.voice.dispute([{ type: 'ip', value: '198.51.100.3', reason: 'stale' }])
    await a.voice.revoke([{ type: 'ip', value: '203.0.113.1', reason: 'false-positive' }])
    assert.deepEqual(said(a).out, { report: 1, revocation: 1, sighting: 1, dispute: 1 })
    assert.equal(a.activity.totals.lag.count, 0)
  })

  it('others’ is in, once, whoever brings it again; late by their clock and ours', async () => {
    const wires = await twoOf()
    const a = await openLab('a')
    await a.admit('b')
    a.time.now = NOW + 1_500
    const examiner = new Examiner(a.intake, () => false)
    for (const wire of [...wires, ...wires]) await (await examiner.accept(wire, gossip)).committed
    assert.deepEqual(said(a), { in: { ...NONE, report: 3, revocation: 1 }, out: NONE })
    const { count, sumSeconds } = a.activity.totals.lag
    assert.deepEqual([count, sumSeconds], [4, 6])
    const [minute] = a.activity.minutes(NOW, NOW)
    assert.deepEqual([minute!.reportsIn, minute!.takenBackIn, minute!.lagMsMax], [3, 1, 1_500])
  })

  it('a clock that is behind its author’s makes no lag below nothing', async () => {
    const [wire] = await twoOf()
    const a = await openLab('a')
    await a.admit('b')
    a.time.now = NOW - 1_000
    await a.intake.accept(wire!, gossip).committed
    const { count, sumSeconds } = a.activity.totals.lag
    assert.deepEqual([count, sumSeconds], [3, 0])
  })

  it('catch-up counts now, and has no lag', async () => {
    const b = await openLab('b')
    await b.voice.report([{ type: 'ip', value: '198.51.100.1' }])
    const a = await openLab('a')
    await a.admit('b')
    a.time.now = NOW + 5 * MINUTE_MS
    await hand(b, a)
    assert.equal(a.activity.minutes(a.time.now, a.time.now)[0]!.reportsIn, 1)
    assert.equal(a.activity.totals.lag.count, 0)
  })

  it('strangers, void statements, failed commits and our own log fetched back do not', async () => {
    const a = await openLab('a')
    const [wire] = await twoOf()
    await a.intake.accept(wire!, gossip).committed
    assert.deepEqual(said(a).in, NONE)
    await a.admit('b')
    const odd = new Pen(seedOf('b'), OPEN_FEDERATION.networkId)
    const empty = toBytes(odd.write([report('not an address', NOW + 1e6)], NOW))
    const taken = await a.intake.accept(empty, gossip).committed
    assert.equal(taken.status, 'accepted')
    const ours = new Pen(seedOf('a'), OPEN_FEDERATION.networkId)
    const back = toBytes(ours.write([report('192.0.2.9', NOW + 1e6)], NOW))
    const fetched = await a.intake.accept(back, { via: 'catch-up', from: ownOf('b') }).committed
    assert.equal(fetched.status, 'accepted')
    assert.deepEqual(said(a), { in: NONE, out: NONE })
    await a.store.close()
    const next = toBytes(odd.write([report('192.0.2.1', NOW + 1e6)], NOW))
    assert.equal((await a.intake.accept(next, gossip).committed).status, 'ignored')
    assert.deepEqual(said(a), { in: NONE, out: NONE })
    await a.writer.stop()
  })
})
