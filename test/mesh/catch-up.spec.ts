/** Catch-up spoken by hand, message by message: what it answers, and whom it stops listening to. */
import assert from 'node:assert/strict'
import { encode } from '../../src/core/canonical.js'
import { toBytes } from '../../src/core/envelope.js'
import { authorOf, peerNameOf, type AuthorId } from '../../src/core/identity.js'
import { LIMITS } from '../../src/core/limits.js'
import { CATCH_UP_PROTOCOL, NONE_REASON } from '../../src/mesh/catch-up-protocol.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { Pen, report } from '../support/memory-log.js'
import { until } from '../support/until.js'
import { DONE, Hand, HELLO, SIGNAL } from './hand.js'
import { Lab, NETWORK } from './lab.js'
import { RawNode } from './raw-node.js'

describe('mesh catch-up', () => {
  // Subscribing nodes would be asked for a session at once; these only speak when the test does.
  const timings: Partial<MeshTimings> = { probeMs: 3_600_000, catchUpEveryMs: 3_600_000 }
  let lab: Lab
  let member: RawNode

  async function begin(more: Partial<MeshTimings> = {}): Promise<Hand> {
    lab = await Lab.start({ timings: { ...timings, ...more } })
    member = await RawNode.start()
    lab.admit(member, { dial: false })
    return Hand.open(member, lab)
  }

  const count = (key: string) => lab.link(member)?.counts[key] ?? 0

  afterEach(async () => {
    await RawNode.stopAll()
    await Lab.stopAll()
  })

  it('ends in one round trip where both are level', async () => {
    const hand = await begin()
    await hand.greet()
    const hello = await hand.hear('hello')
    assert.equal(hello.networkId, NETWORK)
    assert.deepEqual((await hand.hear('heads')).heads, [])
    await hand.hear('done')
    await hand.say(DONE)
    await until(() => lab.mesh.catchUp().lastMs !== undefined)
  })

  it('serves only authors it admits, and only what it holds', async () => {
    const hand = await begin()
    for (let i = 0; i < 3; i++) lab.write()
    await hand.greet()
    const stranger = authorOf(new Uint8Array(32).fill(9))
    const wants: readonly [AuthorId, number, number][] = [
      [stranger, 1, NONE_REASON['not-served']],
      [lab.author, 4, NONE_REASON['not-held']],
    ]
    for (const [author, from, reason] of wants) {
      await hand.say({ kind: 'want', author, from, to: 99 })
      assert.deepEqual(await hand.hear('none'), { kind: 'none', author, from, reason })
    }
    await hand.say({ kind: 'want', author: lab.author, from: 2, to: 2 })
    assert.equal((await hand.hear('envelopes')).wires.length, 1)
    await hand.say({ kind: 'want', author: lab.author, from: 2, to: 99 })
    assert.equal((await hand.hear('envelopes')).wires.length, 2)
    lab.log.broken = true
    await hand.say({ kind: 'want', author: lab.author, from: 1, to: 3 })
    assert.equal((await hand.hear('none')).reason, NONE_REASON['store-failed'])
  })

  it('answers within a frame however much is asked for', async () => {
    const hand = await begin()
    const large = Array.from({ length: 200 }, () => ({ ...report('x'.repeat(230)), type: 5 }))
    for (let i = 0; i < 40; i++) lab.write(large)
    await hand.greet()
    await hand.say({ kind: 'want', author: lab.author, from: 1, to: 2 ** 40 })
    const { wires } = await hand.hear('envelopes')
    const bytes = wires.reduce((sum, wire) => sum + wire.length, 0)
    assert.ok(bytes > 400_000 && bytes < LIMITS.frameBytesMax, `${bytes} bytes`)
  })

  it('takes a log range by range, each after the commit of the one before', async () => {
    const hand = await begin()
    const pen = new Pen(member.seed, NETWORK)
    const log = Array.from({ length: 30 }, () => pen.write())
    await hand.greet(log.at(-1)!)
    for (const end of [10, 20, 30]) {
      const { author, from, to } = await hand.hear('want')
      assert.deepEqual([author, from, to], [member.author, end - 9, 30])
      await hand.say({
        kind: 'envelopes',
        author,
        from,
        wires: log.slice(from - 1, end).map(toBytes),
      })
    }
    await hand.hear('done')
    assert.equal(lab.log.seq(member.author), 30)
    assert.equal(count('accepted'), 30)
  })

  it('skips what a later version may say', async () => {
    const hand = await begin()
    await hand.say(HELLO)
    await hand.channel.writeBytes(encode([42, 'news', [1]]), SIGNAL)
    await hand.channel.writeBytes(encode([2, [], 'one field more']), SIGNAL)
    await hand.hear('done')
  })

  it('stops at a refused envelope and charges the sender', async () => {
    const hand = await begin()
    const pen = new Pen(member.seed, NETWORK)
    const [first, second] = [pen.write(), pen.write()]
    await hand.greet(second)
    await hand.hear('want')
    const wires = [toBytes(first), toBytes(second).subarray(0, -1)]
    await hand.say({ kind: 'envelopes', author: member.author, from: 1, wires })
    await hand.ended()
    assert.equal(count('refused:not-canonical'), 1)
    assert.ok(lab.logged('mesh-catch-up-refused'))
    assert.ok(lab.holds(first))
    await until(() => lab.mesh.catchUp().running === 0)
    // The charge is there when gossipsub next asks for it.
    member.subscribe()
    await until(() => lab.mesh.score(member.author) < 0)
  })

  it('drops a log that does not get longer and goes on with the next', async () => {
    const hand = await begin()
    const other = new Pen(new Uint8Array(32).fill(3), NETWORK)
    lab.admit({ author: other.author, addresses: () => [] })
    const [mine, theirs] = [new Pen(member.seed, NETWORK).write(), other.write()]
    await hand.greet(mine, theirs)
    const first = await hand.hear('want')
    // Something true of somebody else: nothing to be charged for, and no step forward.
    const strange = new Pen(new Uint8Array(32).fill(4), NETWORK).write()
    await hand.say({ ...first, kind: 'envelopes', wires: [toBytes(strange)] })
    const second = await hand.hear('want')
    assert.notEqual(second.author, first.author)
    await hand.say({ ...second, kind: 'none', reason: NONE_REASON['not-held'] })
    await hand.hear('done')
    assert.equal(lab.mesh.score(member.author), 0)
  })

  it('asks neither for authors it does not admit nor for what observers write', async () => {
    const hand = await begin()
    const [unknown, watcher] = [3, 4].map((byte) => new Pen(new Uint8Array(32).fill(byte), NETWORK))
    lab.admit({ author: watcher!.author, addresses: () => [] }, { role: 'observer' })
    await hand.greet(unknown!.write(), watcher!.write())
    await hand.hear('done')
  })

  const breaches: readonly (readonly [string, (hand: Hand) => Promise<void>])[] = [
    ['speaking before HELLO', (hand) => hand.say(DONE)],
    [
      'an answer nobody asked for',
      async (hand) => {
        await hand.greet()
        await hand.say({ kind: 'envelopes', author: member.author, from: 1, wires: [] })
      },
    ],
    ['bytes that are no message', (hand) => hand.channel.writeBytes(Buffer.of(1, 2), SIGNAL)],
    [
      'a frame above the limit',
      (hand) => hand.channel.writeBytes(Buffer.alloc(2 ** 20 + 1), SIGNAL),
    ],
    ['another network', (hand) => hand.say({ ...HELLO, networkId: 'cd'.repeat(32) })],
  ]
  for (const [name, act] of breaches) {
    it(`ends at ${name}`, async () => {
      const hand = await begin()
      await act(hand)
      await hand.ended()
      await until(() => lab.mesh.catchUp().running === 0)
    })
  }

  it('ends after silence', async () => {
    const hand = await begin({ idleMsMax: 200 })
    await hand.greet()
    await until(() => lab.mesh.catchUp().running === 1)
    await until(() => lab.mesh.catchUp().running === 0)
    await hand.ended()
  })

  it('says busy while its queue is full and comes back for the rest', async () => {
    const hand = await begin()
    const pen = new Pen(member.seed, NETWORK)
    const log = Array.from({ length: 5 }, () => pen.write())
    lab.log.overloads = 1
    let opened = 0
    await member.libp2p.handle(CATCH_UP_PROTOCOL, () => {
      opened++
    })
    await hand.greet(log.at(-1)!)
    await hand.hear('want')
    const wires = log.map(toBytes)
    await hand.say({ kind: 'envelopes', author: member.author, from: 1, wires })
    await hand.hear('busy')
    await until(() => opened === 1)
    assert.equal(count('ignored:overload'), 1)
    assert.equal(lab.mesh.score(member.author), 0)
  })

  it('turns a second stream of the same member away', async () => {
    const hand = await begin()
    await hand.greet()
    await hand.hear('done')
    const second = await Hand.open(member, lab)
    assert.ok((await second.hear('busy')).retryMs > 0)
    await hand.say(DONE)
    await until(() => lab.mesh.catchUp().lastMs !== undefined)
  })

  for (const stands of ['theirs', 'ours'] as const) {
    it(`keeps ${stands} of two streams opened at once by PeerId`, async () => {
      lab = await Lab.start({ timings: { ...timings, probeMs: 50 } })
      const name = peerNameOf(lab.author)
      member = await RawNode.start((own) => (stands === 'theirs' ? own < name : own > name))
      const opened: Hand[] = []
      await member.libp2p.handle(CATCH_UP_PROTOCOL, (stream) => {
        opened.push(new Hand(stream))
      })
      lab.admit(member, { dial: false })
      await member.dial(lab)
      await until(() => opened.length === 1)
      const theirs = await Hand.open(member, lab)
      if (stands === 'theirs') {
        await theirs.greet()
        await theirs.hear('done')
        await opened[0]!.ended()
      } else {
        await theirs.hear('busy')
        await opened[0]!.greet()
        await opened[0]!.hear('done')
      }
    })
  }
})
