/** Equivocation: the proof, what it ends, and that all honest nodes end alike. */
import assert from 'node:assert/strict'
import { seal, toBytes, type Envelope } from '../../src/core/envelope.js'
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
