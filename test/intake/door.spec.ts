/** The one door: each judgement, and that nothing is out of order, early or lost. */
import assert from 'node:assert/strict'
import { encode, decode, type Cbor } from '../../src/core/canonical.js'
import { seal, toBytes, type Envelope } from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS, HOUR_MS, LIMITS } from '../../src/core/limits.js'
import { StoreError } from '../../src/core/store-port.js'
import {
  eventually,
  hand,
  memoryStore,
  NOW,
  openLab,
  ownOf,
  seedOf,
  type Lab,
} from '../support/lab.js'
import { report as sample } from '../support/samples.js'

const { networkId } = OPEN_FEDERATION
const FROM_B = { via: 'gossip', from: ownOf('b') } as const

const report = (value: string) => sample({ until: NOW + DAY_MS, value })

/** Envelopes of B's log, one report each. */
function chain(length: number, name = 'b', time = NOW): Envelope[] {
  const envelopes: Envelope[] = []
  for (let seq = 1; seq <= length; seq++) {
    const prev = envelopes.at(-1)?.id ?? null
    const statements = [report(`198.51.100.${seq}`)]
    envelopes.push(seal({ networkId, seq, prev, time }, statements, seedOf(name), ownOf(name)))
  }
  return envelopes
}

async function labWithB(): Promise<Lab> {
  const lab = await openLab('a')
  await lab.admit('Lab B', 'corroborate', 'member', 'b')
  return lab
}

async function outcomeOf(lab: Lab, bytes: Uint8Array) {
  const judgement = lab.intake.accept(bytes, FROM_B)
  const committed = await judgement.committed
  return 'code' in committed ? committed.code : committed.status
}

describe('the one door', () => {
  it('accepts in order, once, and shows it only after the commit', async () => {
    const lab = await labWithB()
    const [first, second] = chain(2)
    const judgement = lab.intake.accept(toBytes(first!), FROM_B)
    assert.equal(judgement.judged.status, 'accepted')
    assert.equal(lab.check('ip', '198.51.100.1').action, 'allow')
    // The next one is judged against what is queued, not against what is committed.
    assert.equal(lab.intake.accept(toBytes(second!), FROM_B).judged.status, 'accepted')
    await judgement.committed
    assert.equal(lab.check('ip', '198.51.100.1').action, 'throttle')
    assert.equal(await outcomeOf(lab, toBytes(first!)), 'duplicate')
    assert.equal(lab.state.heads.get(ownOf('b'))!.seq, 2)
  })

  it('ignores what is nobody’s fault', async () => {
    const lab = await labWithB()
    const [first, , third] = chain(3)
    assert.equal(await outcomeOf(lab, toBytes(third!)), 'gap')
    assert.equal(await outcomeOf(lab, toBytes(chain(1, 'stranger')[0]!)), 'author-unknown')
    await lab.admit('Watcher', 'corroborate', 'observer', 'watcher')
    assert.equal(await outcomeOf(lab, toBytes(chain(1, 'watcher')[0]!)), 'author-observer')
    const elsewhere = seal(
      { networkId: 'ab'.repeat(32), seq: 1, prev: null, time: NOW },
      [report('192.0.2.1')],
      seedOf('b'),
      ownOf('b'),
    )
    assert.equal(await outcomeOf(lab, toBytes(elsewhere)), 'network-unknown')
    const header = decode(first!.header) as Cbor[]
    const newer = { ...first!, header: encode([2, ...header.slice(1)]) }
    assert.equal(await outcomeOf(lab, toBytes(newer)), 'version-unknown')
    assert.equal(await outcomeOf(lab, toBytes({ ...first!, payload: null })), 'payload-missing')
    assert.equal(lab.state.heads.size, 0)
  })

  it('takes a header without its payload once that is long over', async () => {
    const lab = await labWithB()
    const [old, next] = chain(2, 'b', NOW - 30 * DAY_MS)
    const dropped = { ...old!, payload: null }
    lab.time.now = NOW + DAY_MS + LIMITS.payloadGraceMs
    assert.equal(await outcomeOf(lab, toBytes(dropped)), 'accepted')
    assert.equal(await outcomeOf(lab, toBytes(next!)), 'accepted')
    assert.equal((await lab.upkeep.verify()).ok, true)
  })

  it('does not take another history than the one it holds', async () => {
    const lab = await labWithB()
    const [first, second] = chain(2)
    await outcomeOf(lab, toBytes(first!))
    const place = { networkId, seq: 1, prev: null, time: NOW }
    const twin = seal(place, [report('192.0.2.99')], seedOf('b'), ownOf('b'))
    const afterTwin = seal(
      { networkId, seq: 2, prev: twin.id, time: NOW },
      [report('192.0.2.98')],
      seedOf('b'),
      ownOf('b'),
    )
    assert.equal(await outcomeOf(lab, toBytes(afterTwin)), 'chain-mismatch')
    assert.equal(await outcomeOf(lab, toBytes(second!)), 'accepted')
  })

  it('refuses time that falls, and a signature that is not the author’s', async () => {
    const lab = await labWithB()
    const [first] = chain(1)
    await outcomeOf(lab, toBytes(first!))
    const place = { networkId, seq: 2, prev: first!.id, time: NOW - 1 }
    const early = seal(place, [report('192.0.2.1')], seedOf('b'), ownOf('b'))
    assert.equal(await outcomeOf(lab, toBytes(early)), 'time-falls')
    const [, second] = chain(2)
    const signature = Uint8Array.from(second!.signature)
    signature[5]! ^= 1
    assert.equal(await outcomeOf(lab, toBytes({ ...second!, signature })), 'signature-wrong')
    // A garbled copy that came first does not suppress the true one.
    assert.equal(await outcomeOf(lab, toBytes(second!)), 'accepted')
  })

  it('stores a report from the future, which does not act before its time', async () => {
    const lab = await labWithB()
    const [ahead] = chain(1, 'b', NOW + HOUR_MS)
    assert.equal(await outcomeOf(lab, toBytes(ahead!)), 'accepted')
    assert.equal(lab.check('ip', '198.51.100.1').action, 'allow')
    lab.time.now = NOW + HOUR_MS - LIMITS.futureMsMax
    assert.equal(lab.check('ip', '198.51.100.1').action, 'throttle')
  })

  it('stores an expired envelope, which never acts', async () => {
    const lab = await labWithB()
    lab.time.now = NOW + 2 * DAY_MS
    assert.equal(await outcomeOf(lab, toBytes(chain(1)[0]!)), 'accepted')
    assert.equal(lab.check('ip', '198.51.100.1').action, 'allow')
  })

  it('says overload when too much waits, and loses none of what it took', async () => {
    const lab = await labWithB()
    const envelopes = chain(LIMITS.queueEnvelopesMax + 1)
    const judgements = envelopes.map((envelope) => lab.intake.accept(toBytes(envelope), FROM_B))
    const last = judgements.at(-1)!.judged
    assert.deepEqual(last, { status: 'ignored', code: 'overload' })
    await Promise.all(judgements.map((judgement) => judgement.committed))
    assert.equal(lab.state.heads.get(ownOf('b'))!.seq, LIMITS.queueEnvelopesMax)
    assert.equal(await outcomeOf(lab, toBytes(envelopes.at(-1)!)), 'accepted')
  }).timeout(60_000)

  it('leaves no hole when a commit fails under envelopes already judged', async () => {
    const store = memoryStore()
    const lab = await openLab('a', { store })
    await lab.admit('Lab B', 'corroborate', 'member', 'b')
    const commit = store.commit.bind(store)
    let failures = 2
    store.commit = (changes) =>
      failures-- > 0 ? Promise.reject(new StoreError('disk-failed', 'no space')) : commit(changes)
    const envelopes = chain(40)
    const outcomes: string[] = []
    for (let round = 0; round < 6; round++) {
      const judgements = envelopes.map((envelope) => lab.intake.accept(toBytes(envelope), FROM_B))
      for (const { committed } of judgements) outcomes.push((await committed).status)
      await eventually('the disk is tried again', () => lab.writer.fault === undefined)
    }
    assert.equal(lab.state.heads.get(ownOf('b'))!.seq, 40)
    assert.ok(outcomes.includes('ignored'))
    assert.equal((await lab.upkeep.verify()).ok, true)
  })

  it('imports our own log from others', async () => {
    const lab = await openLab('a')
    await lab.voice.report([{ type: 'ip', value: '192.0.2.1' }])
    const wiped = await openLab('a')
    const outcomes = await hand(lab, wiped)
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['accepted'],
    )
    assert.equal(wiped.state.stateHash(NOW), lab.state.stateHash(NOW))
  })
})
