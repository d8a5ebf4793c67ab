/**
 * The part of catch-up that only compares: equal heads, heads that differ, clocks and beacons;
 * spoken by hand.
 */
import assert from 'node:assert/strict'
import { openBeacon, sealBeacon, verifyBeacon } from '../../src/core/beacon.js'
import { toBytes } from '../../src/core/envelope.js'
import { hexOf, type EnvelopeId } from '../../src/core/identity.js'
import { HOUR_MS } from '../../src/core/limits.js'
import { Pen } from '../support/memory-log.js'
import { until } from '../support/until.js'
import { DONE, Hand, HELLO, SIGNAL } from './hand.js'
import { Lab, NETWORK } from './lab.js'
import { RawNode } from './raw-node.js'

describe('mesh comparing', () => {
  let lab: Lab
  let member: RawNode

  beforeEach(async () => {
    // Only speaks when the test does.
    lab = await Lab.start({ timings: { probeMs: HOUR_MS, catchUpEveryMs: HOUR_MS } })
    member = await RawNode.start()
    lab.admit(member, { dial: false })
  })

  afterEach(async () => {
    await RawNode.stopAll()
    await Lab.stopAll()
  })

  const begin = () => Hand.open(member, lab)
  const count = (key: string) => lab.link(member)?.counts[key] ?? 0

  it('asks for envelopes of its own place where heads differ, and not for ever', async () => {
    const hand = await begin()
    let ours = lab.write()
    for (let i = 1; i < 1_000; i++) ours = lab.write()
    const id = hexOf(new Uint8Array(32).fill(5)) as EnvelopeId
    await hand.greet({ ...ours, id })
    await until(() => lab.logged('mesh-heads-differ'))
    // The same history after all: whoever said otherwise is asked ten times and no more.
    const rows = await lab.log.readLog(lab.author, 1, 1_000, Infinity)
    let asked = 0
    for (;;) {
      const message = await hand.channel.read(SIGNAL)
      if (message.kind === 'done') break
      if (message.kind !== 'want') continue
      assert.equal(message.from, message.to)
      asked++
      const { author, from } = message
      await hand.say({ kind: 'envelopes', author, from, wires: [toBytes(rows[from - 1]!)] })
    }
    assert.ok(asked <= 12, `${asked} questions`)
  })

  it('takes what a member says of the time, and answers a beacon for an ASK, once', async () => {
    const hand = await begin()
    await hand.say({ ...HELLO, now: 5 })
    await hand.say({ kind: 'ask' })
    await hand.say({ kind: 'ask' })
    await hand.say({ kind: 'heads', heads: [] })
    const opened = openBeacon((await hand.hear('beacon')).wire)
    assert.ok(opened.ok && verifyBeacon(opened.value).ok)
    assert.equal(opened.value.author, lab.author)
    assert.equal((await hand.channel.read(SIGNAL)).kind, 'done')
    assert.equal(lab.times.get(member.author), 5)
  })

  it('judges a BEACON as gossip would', async () => {
    const hand = await begin()
    const beacon = { networkId: NETWORK, author: member.author, time: Date.now(), heads: [] }
    const wire = sealBeacon(beacon, member.seed)
    await hand.greet()
    await hand.say({ kind: 'beacon', wire })
    await until(() => lab.link(member)?.current === true)
    await hand.say({ kind: 'beacon', wire: wire.subarray(1) })
    await hand.ended()
    assert.equal(count('refused:not-canonical'), 1)
  })

  it('compares twenty equal logs in one round trip and at most 5 KB', async () => {
    const pens = Array.from({ length: 18 }, (_, i) => new Pen(Buffer.alloc(32, i + 1), NETWORK))
    const heads = [lab.write()]
    for (const pen of [new Pen(member.seed, NETWORK), ...pens]) {
      lab.admit({ author: pen.author, addresses: () => [] })
      heads.push(pen.write())
      lab.log.accept(toBytes(heads.at(-1)!), { via: 'catch-up', from: pen.author })
    }
    assert.equal(lab.log.heads.size, 20)
    const hand = await Hand.open(member, lab)
    await hand.greet(...heads)
    const beacon = { networkId: NETWORK, author: member.author, time: Date.now(), heads }
    await hand.say({ kind: 'beacon', wire: sealBeacon(beacon, member.seed) })
    // Of a member that it has not heard yet it asks for a beacon, too.
    for (const kind of ['hello', 'ask', 'heads', 'done'] as const) {
      assert.equal((await hand.channel.read(SIGNAL)).kind, kind)
    }
    await hand.say(DONE)
    assert.equal(lab.link(member)?.current, true)
    await until(() => lab.mesh.catchUp().lastMs !== undefined)
    assert.ok(hand.bytes > 2_900 && hand.bytes <= 5_000, `${hand.bytes} bytes`)
  })
})
