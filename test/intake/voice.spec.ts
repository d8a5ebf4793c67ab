/** Our own voice: order of durability, packing, duplicates, receipts and when it must be silent. */
import assert from 'node:assert/strict'
import { open } from '../../src/core/envelope.js'
import { HOUR_MS, LIMITS } from '../../src/core/limits.js'
import { LevelStore } from '../../src/storage/level-store.js'
import { StoreError, type Changes } from '../../src/core/store-port.js'
import {
  eventually,
  hand,
  memoryDatabase,
  memoryStore,
  MemoryMark,
  NOW,
  openLab,
} from '../support/lab.js'

const IP = { type: 'ip', value: '198.51.100.7' }

describe('our own voice', () => {
  it('commits, then marks, then publishes, then answers', async () => {
    const order: string[] = []
    const store = new LevelStore(memoryDatabase())
    const mark = new MemoryMark()
    const commit = store.commit.bind(store)
    store.commit = async (changes: Changes) => {
      await commit(changes)
      order.push('commit')
    }
    mark.write = (seq) => {
      order.push('mark')
      mark.seq = seq
      return Promise.resolve()
    }
    const publish = () => {
      order.push('publish')
      return Promise.resolve(0)
    }
    const lab = await openLab('a', { store, mark, publish })
    const [result] = await lab.voice.report([IP])
    order.push('answer')
    assert.deepEqual(order, ['commit', 'mark', 'publish', 'answer'])
    assert.equal(result!.status, 'accepted')
    assert.equal(result!.envelope, lab.state.heads.get(lab.own)!.id)
  })

  it('commits a round while one leaves, marks in order, stops when all have left', async () => {
    const mark = new MemoryMark()
    const marks: { readonly seq: number; readonly done: () => void }[] = []
    mark.write = (seq) =>
      new Promise((resolve) => {
        marks.push({
          seq,
          done: () => {
            mark.seq = seq
            resolve()
          },
        })
      })
    const lab = await openLab('a', { mark })
    const answers: number[] = []
    const say = (n: number) =>
      lab.voice.report([{ type: 'ip', value: `198.51.100.${n}` }]).then(() => answers.push(n))
    const first = say(1)
    await eventually('the first leaves', () => marks.length === 1)
    const second = say(2)
    await eventually('the second is committed', () => lab.state.heads.get(lab.own)?.seq === 2)
    assert.deepEqual([marks.length, answers], [1, []])
    const stopped = lab.voice.stop().then(() => lab.published.length)
    marks[0]!.done()
    await first
    await eventually('the second leaves', () => marks.length === 2)
    assert.deepEqual([marks[1]!.seq, answers], [2, [1]])
    marks[1]!.done()
    assert.equal(await stopped, 2)
    await second
    assert.deepEqual(answers, [1, 2])
  })

  it('packs a request into full envelopes within their bounds', async () => {
    const lab = await openLab('a')
    const items = Array.from({ length: 1_000 }, (_, i) => ({
      type: 'domain',
      value: `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.n${i}.example.net`,
    }))
    const results = await lab.voice.report(items)
    assert.ok(results.every((result) => result.status === 'accepted'))
    let statements = 0
    for (const bytes of lab.published) {
      assert.ok(bytes.length <= LIMITS.envelopeBytesMax)
      const opened = open(bytes)
      assert.ok(opened.ok)
      statements += opened.value.statements.length
    }
    assert.equal(statements, 1_000)
    assert.equal(lab.published.length, Math.ceil(1_000 / LIMITS.statementsMax))
  })

  it('gathers lone reports while a commit is in flight', async () => {
    const lab = await openLab('a')
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        lab.voice.report([{ type: 'ip', value: `192.0.2.${i}` }]),
      ),
    )
    assert.equal(lab.state.claims.size, 200)
    assert.ok(lab.published.length < 20, `${lab.published.length} envelopes for 200 reports`)
  })

  it('answers a repeat of its own as a duplicate until it would prolong by a tenth', async () => {
    const lab = await openLab('a')
    const [first] = await lab.voice.report([IP])
    lab.time.now += HOUR_MS
    const [again] = await lab.voice.report([IP])
    assert.deepEqual([again!.status, again!.envelope], ['duplicate', first!.envelope])
    const [louder] = await lab.voice.report([{ ...IP, confidence: 90 }])
    assert.equal(louder!.status, 'accepted')
    lab.time.now += 3 * HOUR_MS
    assert.equal((await lab.voice.report([{ ...IP, confidence: 90 }]))[0]!.status, 'accepted')
  })

  it('finds duplicates within one request', async () => {
    const lab = await openLab('a')
    const [first, second] = await lab.voice.report([IP, IP])
    assert.equal(first!.status, 'accepted')
    assert.deepEqual([second!.status, second!.envelope], ['duplicate', first!.envelope])
  })

  it('a correction with a shorter life never lets the longer one return', async () => {
    const lab = await openLab('a')
    const other = await openLab('b')
    await other.admit('Lab A', 'trusted', 'member', 'a')
    await lab.voice.report([{ ...IP, ttl: '7d', action: 'throttle' }])
    await lab.voice.report([{ ...IP, ttl: '1h', action: 'observe' }])
    await hand(lab, other)
    assert.equal(other.check('ip', IP.value).action, 'observe')
    for (const node of [lab, other]) {
      node.time.now += 2 * HOUR_MS
      assert.equal(node.check('ip', IP.value).action, 'allow')
    }
  })

  it('revokes, knows it has, and says what is not its to revoke', async () => {
    const lab = await openLab('a')
    const other = await openLab('b')
    await other.admit('Lab A', 'corroborate', 'member', 'a')
    const revoke = (l: typeof lab) => l.voice.revoke([{ ...IP, reason: 'false-positive' }])
    assert.equal((await revoke(lab))[0]!.code, 'nothing-to-revoke')
    await lab.voice.report([IP])
    await hand(lab, other)
    assert.equal((await revoke(other))[0]!.code, 'not-ours')
    assert.equal((await revoke(lab))[0]!.status, 'accepted')
    assert.equal((await revoke(lab))[0]!.status, 'duplicate')
    assert.equal(lab.check('ip', IP.value).action, 'allow')
    assert.equal((await lab.voice.report([IP]))[0]!.status, 'accepted')
    assert.equal(lab.check('ip', IP.value).action, 'block')
    await hand(lab, other)
    assert.equal(other.check('ip', IP.value).action, 'throttle')
  })

  it('refuses what it would not say, each by its code, and writes nothing', async () => {
    const lab = await openLab('a')
    const cases: [object, string][] = [
      [{ type: 'ip', value: '127.0.0.1' }, 'guarded'],
      [{ type: 'ip', value: '300.1.2.3' }, 'ipv4-malformed'],
      [{ type: 'email', value: 'a@example.org' }, 'type-off'],
      [{ type: 'email-domain', value: 'sub.example.org' }, 'not-registrable'],
      [{ ...IP, tlp: 'red' }, 'tlp-red'],
      [{ ...IP, ttl: '8d' }, 'ttl-too-long'],
      [{ ...IP, confidence: 101 }, 'confidence-range'],
    ]
    const results = await lab.voice.report(cases.map(([item]) => item as typeof IP))
    assert.deepEqual(
      results.map((result) => result.code),
      cases.map(([, code]) => code),
    )
    assert.equal(lab.state.heads.size, 0)
    assert.equal(lab.published.length, 0)
  })

  it('answers a repeated request by its receipt, also after a restart', async () => {
    const database = memoryDatabase()
    const lab = await openLab('a', { database })
    const items = [IP, { type: 'ip', value: '127.0.0.1' }, IP]
    const key = 'ab'.repeat(32)
    const first = await lab.voice.report(items, { receipt: key })
    assert.deepEqual(strip(await lab.voice.report(items, { receipt: key })), strip(first))
    const again = await openLab('a', { database, mark: lab.mark })
    assert.deepEqual(strip(await again.voice.report(items, { receipt: key })), strip(first))
    assert.equal(again.state.heads.get(lab.own)!.seq, 1)
    await assert.rejects(again.voice.report([IP], { receipt: key }), {
      code: 'idempotency-mismatch',
    })
    again.time.now += LIMITS.receiptMs + 1
    await again.expiry.sweep()
    assert.equal(await again.store.receipt(key), undefined)
  })

  it('takes the same request twice at once for one', async () => {
    const lab = await openLab('a')
    const key = 'cd'.repeat(32)
    const [a, b] = await Promise.all([
      lab.voice.report([IP], { receipt: key }),
      lab.voice.report([IP], { receipt: key }),
    ])
    assert.deepEqual(a, b)
    assert.equal(lab.state.heads.get(lab.own)!.seq, 1)
  })

  it('stays silent while its mark is above its log, until the rest has come', async () => {
    const lab = await openLab('a')
    await lab.voice.report([IP])
    await lab.voice.report([{ type: 'ip', value: '198.51.100.8' }])
    const wiped = await openLab('a', { mark: lab.mark })
    await assert.rejects(wiped.voice.report([IP]), { code: 'own-log-behind' })
    await hand(lab, wiped)
    assert.equal((await wiped.voice.report([{ ...IP, confidence: 70 }]))[0]!.status, 'accepted')
    assert.equal(wiped.state.heads.get(lab.own)!.seq, 3)
  })

  it('answers store-failed, keeps what it had and goes on once the disk does', async () => {
    const store = memoryStore()
    const lab = await openLab('a', { store })
    await lab.voice.report([IP])
    const commit = store.commit.bind(store)
    store.commit = () => Promise.reject(new StoreError('disk-failed', 'no space'))
    const more = { type: 'ip', value: '198.51.100.9' }
    await assert.rejects(lab.voice.report([more]), { code: 'store-failed' })
    assert.equal(lab.check('ip', more.value).action, 'allow')
    assert.equal(lab.check('ip', IP.value).action, 'block')
    assert.equal(lab.published.length, 1)
    store.commit = commit
    await assert.rejects(lab.voice.report([more]), { code: 'store-failed' })
    await eventually('the disk is tried again', () => lab.writer.fault === undefined)
    assert.equal((await lab.voice.report([more]))[0]!.status, 'accepted')
    assert.equal(lab.state.heads.get(lab.own)!.seq, 2)
    assert.equal((await lab.upkeep.verify()).ok, true)
  })

  it('never lets its own clock fall', async () => {
    const lab = await openLab('a')
    await lab.voice.report([IP])
    lab.time.now = NOW - 5 * HOUR_MS
    await lab.voice.report([{ type: 'ip', value: '198.51.100.8' }])
    assert.equal(lab.state.heads.get(lab.own)!.time, NOW)
  })

  it('does not sign with a clock that is not to be trusted', async () => {
    const lab = await openLab('a')
    lab.time.fault = 'clock-off'
    await assert.rejects(lab.voice.report([IP]), { code: 'clock-wrong' })
    delete lab.time.fault
    assert.equal((await lab.voice.report([IP]))[0]!.status, 'accepted')
  })

  it('asks for its own head before its first word, and takes what it had lost', async () => {
    const lab = await openLab('a')
    await lab.voice.report([IP])
    const answer = { heard: false }
    // Neither log nor mark knows: the whole folder is a day old.
    const old = await openLab('a', { heard: () => answer.heard })
    const said = old.voice.report([{ ...IP, confidence: 70 }])
    await hand(lab, old)
    answer.heard = true
    assert.equal((await said)[0]!.status, 'accepted')
    assert.equal(old.state.heads.get(lab.own)!.seq, 2)
  })

  it('says nothing from a restored folder until a member was reached', async () => {
    const answer = { heard: false }
    const lab = await openLab('a', { mustAsk: true, heard: () => answer.heard })
    await assert.rejects(lab.voice.report([IP]), { code: 'own-head-unasked' })
    answer.heard = true
    assert.equal((await lab.voice.report([IP]))[0]!.status, 'accepted')
  })

  it('stops when another node goes on with its log', async () => {
    const lab = await openLab('a')
    await lab.voice.report([IP])
    const twin = await openLab('a')
    await hand(lab, twin)
    await twin.voice.report([{ type: 'ip', value: '198.51.100.9' }])
    await hand(twin, lab)
    await assert.rejects(lab.voice.report([{ ...IP, confidence: 60 }]), {
      code: 'own-key-elsewhere',
    })
  })
})

/** Details are for the first answer only; codes and places are what a receipt keeps. */
function strip(results: readonly object[]): object[] {
  return results.map((result) => ({ ...result, detail: undefined }))
}
