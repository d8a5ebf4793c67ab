/** Equivocation: the proof, what it ends, and that all honest nodes end alike. */
import assert from 'node:assert/strict'
import { encode } from '../../src/core/canonical.js'
import { openParts, seal, toBytes, type Envelope } from '../../src/core/envelope.js'
import { forkOf, openFork } from '../../src/core/fork.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { StoreError } from '../../src/core/store-port.js'
import {
  eventually,
  memoryDatabase,
  NOW,
  openLab,
  ownOf,
  seedOf,
  type Lab,
} from '../support/lab.js'
import { report as sample } from '../support/samples.js'

const { networkId } = OPEN_FEDERATION
const B = ownOf('b')
const FROM_C = { via: 'gossip', from: ownOf('c') } as const

const report = (value: string) => sample({ until: NOW + DAY_MS, value })

/** B's log; from `branchAt` on it says other things. */
function log(length: number, branchAt = Infinity): Envelope[] {
  const envelopes: Envelope[] = []
  for (let seq = 1; seq <= length; seq++) {
    const prev = envelopes.at(-1)?.id ?? null
    const host = seq >= branchAt ? 100 + seq : seq
    const place = { networkId, seq, prev, time: NOW }
    envelopes.push(seal(place, [report(`198.51.100.${host}`)], seedOf('b'), B))
  }
  return envelopes
}

async function lab(): Promise<Lab> {
  const opened = await openLab('a', { database: memoryDatabase() })
  await opened.admit('Lab B', 'corroborate', 'member', 'b')
  return opened
}

async function tell(to: Lab, bytes: Uint8Array): Promise<string> {
  const outcome = await to.intake.accept(bytes, FROM_C).committed
  return 'code' in outcome ? outcome.code : outcome.status
}

describe('a fork', () => {
  it('is never what an honest author signs, whatever its clock does', async () => {
    const a = await openLab('a')
    const headers: Envelope[] = []
    for (const by of [0, 40, -300, 2, 500, -1_000, 0, 7]) {
      a.time.now += by * DAY_MS
      await a.voice.report([{ type: 'ip', value: `192.0.2.${headers.length}`, ttl: '1h' }])
      const { seq } = a.state.heads.get(a.own)!
      const [row] = await a.store.logRows(a.own, seq, seq, 0)
      const opened = openParts(row!.header, row!.signature, row!.payload)
      if (opened.ok) headers.push(opened.value)
    }
    assert.equal(headers.length, 8)
    for (const one of headers)
      for (const other of headers) assert.equal(forkOf(one, other), undefined)
  })

  it('is proven by two envelopes of one number, in one form, and by nothing else', () => {
    const [one, other] = [log(3)[2]!, log(3, 3)[2]!]
    const proof = forkOf(one, other)!
    assert.equal(proof.seq, 3)
    assert.equal(proof.author, B)
    assert.deepEqual(forkOf(other, one)!.bytes, proof.bytes)
    assert.deepEqual(openFork(proof.bytes), proof)
    assert.equal(forkOf(one, one), undefined)
    assert.equal(forkOf(one, log(2)[1]!), undefined)
    const garbled = Uint8Array.from(proof.bytes)
    garbled[garbled.length - 3]! ^= 1
    assert.equal(openFork(garbled), undefined)
    // Two signatures over one header are no fork.
    assert.equal(forkOf(one, { ...one, signature: other.signature }), undefined)
  })

  it('that meets a full disk stops us acknowledging until there is space again', async () => {
    const a = await lab()
    for (const envelope of log(3)) await tell(a, toBytes(envelope))
    const commit = a.store.commit.bind(a.store)
    a.store.commit = () => Promise.reject(new StoreError('disk-failed', 'no space'))
    const other = toBytes(log(3, 3)[2]!)
    assert.equal(await tell(a, other), 'store-failed')
    assert.equal(a.writer.fault?.code, 'disk-failed')
    assert.equal(a.state.forks.size, 0)
    a.store.commit = commit
    await eventually('the disk is tried again', () => a.writer.fault === undefined)
    assert.equal(await tell(a, other), 'forked')
    assert.equal(a.state.heads.get(B)!.seq, 2)
  })

  it('is proven by a later time at a lower number, too, and by no earlier or equal one', () => {
    const at = (seq: number, time: number) =>
      seal(
        { networkId, seq, prev: seq === 1 ? null : log(1)[0]!.id, time },
        [report('192.0.2.1')],
        seedOf('b'),
        B,
      )
    const [low, high] = [at(4, NOW), at(900, NOW - 1)]
    const proof = forkOf(high, low)!
    assert.deepEqual([proof.seq, proof.author], [4, B])
    assert.deepEqual(forkOf(low, high)!.bytes, proof.bytes)
    assert.deepEqual(openFork(proof.bytes), proof)
    for (const time of [NOW, NOW + 1]) assert.equal(forkOf(low, at(900, time)), undefined)
    const [first, second] = [low, high].map((one) => [one.header, one.signature])
    assert.equal(openFork(encode([second!, first!])), undefined)
  })

  it('by a base that is older than what is held below it is found from both sides', async () => {
    const old = NOW - 200 * DAY_MS
    const place = { networkId, seq: 900, prev: log(1)[0]!.id, time: old }
    const base = seal(place, [sample({ until: old + DAY_MS, value: '192.0.2.1' })], seedOf('b'), B)
    const [knows, newcomer] = [await lab(), await lab()]
    for (const envelope of log(5)) await tell(knows, toBytes(envelope))
    assert.equal(await tell(newcomer, toBytes(base)), 'accepted')
    assert.equal(newcomer.state.floorOf(B), 900)
    // Not refused: who forwards it may hold nothing before it.
    assert.equal(await tell(knows, toBytes(base)), 'forked')
    assert.equal(await tell(newcomer, toBytes(log(5)[4]!)), 'forked')
    for (const one of [knows, newcomer]) assert.equal(one.state.forks.get(B)?.seq, 5)
    for (const envelope of log(4)) await tell(newcomer, toBytes(envelope))
    assert.equal(newcomer.state.floorOf(B), 1)
    assert.equal(newcomer.state.logHash, knows.state.logHash)
    assert.equal(newcomer.state.stateHash(NOW), knows.state.stateHash(NOW))
    assert.ok((await newcomer.upkeep.verify()).ok)
  })

  it('ends the log below it, demotes what is left, and says so', async () => {
    const a = await lab()
    for (const envelope of log(5)) await tell(a, toBytes(envelope))
    assert.equal(a.check('ip', '198.51.100.2').action, 'throttle')
    assert.equal(await tell(a, toBytes(log(3, 3)[2]!)), 'forked')
    assert.equal(a.state.forks.get(B)?.seq, 3)
    assert.equal(a.state.heads.get(B)?.seq, 2)
    const left = a.check('ip', '198.51.100.2')
    assert.deepEqual([left.action, left.reasons[0]?.held], ['observe', 'forked'])
    assert.equal(a.check('ip', '198.51.100.4').reasons.length, 0)
    assert.equal(await tell(a, toBytes(log(3)[2]!)), 'forked')
    assert.equal((await a.upkeep.verify()).ok, true)
  })

  it('is noticed at the tip while it is still queued', async () => {
    const a = await lab()
    const [one, other] = [log(1)[0]!, log(1, 1)[0]!]
    const first = a.intake.accept(toBytes(one), FROM_C)
    const second = a.intake.accept(toBytes(other), FROM_C)
    assert.deepEqual(second.judged, { status: 'ignored', code: 'forked' })
    await Promise.all([first.committed, second.committed])
    assert.equal(a.state.forks.get(B)?.seq, 1)
    assert.equal(a.state.heads.has(B), false)
  })

  it('gives every honest node the same state, whichever branch came first', async () => {
    const proofAt = (seq: number) => forkOf(log(seq)[seq - 1]!, log(seq, seq)[seq - 1]!)!.bytes
    const tellings: Uint8Array[][] = [
      [...log(6).map(toBytes), proofAt(3)],
      [...log(6, 3).map(toBytes), proofAt(3)],
      [proofAt(3), ...log(6).map(toBytes)],
      [...log(6).map(toBytes), proofAt(5), proofAt(3)],
      [proofAt(3), proofAt(5), ...log(6, 3).map(toBytes)],
    ]
    const hashes = new Set<string>()
    for (const telling of tellings) {
      const a = await lab()
      for (const bytes of telling) await tell(a, bytes)
      assert.equal(a.state.forks.get(B)?.seq, 3)
      hashes.add(`${a.state.logHash} ${a.state.stateHash(NOW)}`)
    }
    assert.equal(hashes.size, 1)
  })

  it('survives a restart, with the evidence beyond it', async () => {
    const database = memoryDatabase()
    const a = await openLab('a', { database })
    await a.admit('Lab B', 'corroborate', 'member', 'b')
    for (const envelope of log(5)) await tell(a, toBytes(envelope))
    await tell(a, toBytes(log(3, 3)[2]!))
    const again = await openLab('a', { database })
    assert.equal(again.doubt, undefined)
    assert.deepEqual(again.broken, [])
    assert.equal(again.state.forks.get(B)?.seq, 3)
    assert.equal(again.state.logHash, a.state.logHash)
    assert.equal(again.state.stateHash(NOW), a.state.stateHash(NOW))
    assert.equal((await again.store.logRows(B, 5, 5, 1)).length, 1)
  })

  it('of our own silences our voice', async () => {
    const a = await openLab('a')
    await a.voice.report([{ type: 'ip', value: '192.0.2.1' }])
    const place = { networkId, seq: 1, prev: null, time: NOW }
    const twin = seal(place, [report('192.0.2.2')], seedOf('a'), ownOf('a'))
    await tell(a, toBytes(twin))
    await assert.rejects(a.voice.report([{ type: 'ip', value: '192.0.2.3' }]), {
      code: 'own-log-forked',
    })
  })

  it('is refused where it proves nothing and ignored where the author is a stranger', async () => {
    const a = await openLab('a')
    const proof = forkOf(log(1)[0]!, log(1, 1)[0]!)!.bytes
    assert.equal(await tell(a, proof), 'author-unknown')
    const garbled = Uint8Array.from(proof)
    garbled[60]! ^= 1
    assert.equal(await tell(a, garbled), 'fork-unproven')
  })
})
