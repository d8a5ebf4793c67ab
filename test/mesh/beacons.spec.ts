/** Beacons between real nodes: who hears them, what they cost, and what they make visible. */
import assert from 'node:assert/strict'
import { openBeacon, sealBeacon, type Beacon } from '../../src/core/beacon.js'
import { encode } from '../../src/core/canonical.js'
import { hexOf, type EnvelopeId } from '../../src/core/identity.js'
import { HOUR_MS, LIMITS } from '../../src/core/limits.js'
import { publicKeyOf, sign } from '../../src/core/signature.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { CATCH_UP_PROTOCOL } from '../../src/mesh/catch-up-protocol.js'
import { until } from '../support/until.js'
import { DONE, Hand, SIGNAL } from './hand.js'
import { Lab, introduce, linked, NETWORK } from './lab.js'
import { RawNode } from './raw-node.js'

/** The gap below which a beacon is not looked at is a fifth of a second. */
const QUICK: Partial<MeshTimings> = {
  reconcileMs: 50,
  beaconEveryMs: 600,
  beaconSoonMs: 60,
  beaconSpacingMs: 300,
  beaconFreshMs: 2_000,
  catchUpEveryMs: HOUR_MS,
}
const id = hexOf(new Uint8Array(32).fill(5)) as EnvelopeId

function beaconOf(node: RawNode, fields: Partial<Beacon> = {}): Uint8Array {
  const beacon = { networkId: NETWORK, author: node.author, time: Date.now(), heads: [], ...fields }
  return sealBeacon(beacon, node.seed)
}

describe('mesh beacons', () => {
  afterEach(async () => {
    await RawNode.stopAll()
    await Lab.stopAll()
  })

  const speak = (node: RawNode, wire: Uint8Array) => node.send(wire, node.beaconTopic)

  it('make members current when links come up and while they go on', async () => {
    const [a, b] = [await Lab.start({ timings: QUICK }), await Lab.start({ timings: QUICK })]
    introduce(a, b)
    assert.equal(a.link(b)?.current, false)
    await linked(a, b)
    await until(() => a.link(b)?.current === true && b.link(a)?.current === true)
    // Beyond what one beacon is good for.
    const start = performance.now()
    await until(() => {
      assert.equal(a.link(b)?.current, true)
      assert.ok(a.link(b)!.beaconAgeMs! < QUICK.beaconFreshMs!)
      return performance.now() - start > 1.5 * QUICK.beaconFreshMs!
    })
  })

  it('come with the first session of a link, and not when the next is due', async () => {
    const timings = { ...QUICK, beaconSoonMs: HOUR_MS, beaconEveryMs: HOUR_MS }
    const [a, b] = [await Lab.start({ timings }), await Lab.start({ timings })]
    introduce(a, b)
    await linked(a, b)
    await until(() => a.link(b)?.current === true && b.link(a)?.current === true)
  })

  it('bring what gossip has not, through whoever said so', async () => {
    const [a, b] = [await Lab.start({ timings: QUICK }), await Lab.start({ timings: QUICK })]
    introduce(a, b)
    await linked(a, b)
    await until(() => a.link(b)?.current === true)
    // Written and never published.
    const envelope = b.write()
    await until(() => a.holds(envelope))
    await until(() => a.link(b)?.current === true)
    assert.equal(a.log.arrivals.at(-1)?.origin.via, 'catch-up')
  })

  it('travel on through a node in between', async () => {
    const [near, far] = [await Lab.start({ timings: QUICK }), await Lab.start({ timings: QUICK })]
    const member = await RawNode.start()
    introduce(near, far)
    await linked(near, far)
    await member.join(near)
    far.admit(member, { dial: false })
    await speak(member, beaconOf(member))
    await until(() => far.link(member)?.current === true)
    assert.equal(far.link(member)?.link, 'down')
  })

  it('are said once however fast our own log grows', async () => {
    const lab = await Lab.start({ timings: QUICK })
    const member = await RawNode.start()
    const heard: number[] = []
    const { pubsub } = member.libp2p.services
    pubsub.addEventListener('message', ({ detail }) => {
      if (detail.topic === member.beaconTopic) heard.push(performance.now())
    })
    pubsub.subscribe(member.beaconTopic)
    await member.join(lab)
    const start = performance.now()
    await until(() => {
      for (let i = 0; i < 10; i++) lab.write()
      return performance.now() - start > 2_000
    })
    const most = 2_000 / QUICK.beaconSpacingMs! + 2
    assert.ok(heard.length > 2 && heard.length <= most, `${heard.length} beacons`)
  })

  const flipped = (wire: Uint8Array) => wire.with(wire.length - 1, wire.at(-1)! ^ 1)
  const refusals: readonly (readonly [string, string, (node: RawNode) => Uint8Array])[] = [
    [
      'bytes after its end',
      'not-canonical',
      (node) => Buffer.concat([beaconOf(node), Buffer.of(0)]),
    ],
    ['a wrong signature', 'signature-wrong', (node) => flipped(beaconOf(node))],
    ['another shape', 'frame-shape', () => encode([1])],
    ['other fields', 'header-shape', () => encode([encode([1, 'x']), new Uint8Array(64)])],
    ['too many bytes', 'too-large', () => new Uint8Array(LIMITS.beaconBytesMax + 1)],
  ]
  for (const [what, code, make] of refusals) {
    it(`cost their forwarder something with ${what}`, async () => {
      const lab = await Lab.start({ timings: QUICK })
      const member = await RawNode.start()
      await member.join(lab)
      await speak(member, make(member))
      await until(() => lab.link(member)?.counts[`refused:${code}`] === 1)
      await until(() => lab.mesh.score(member.author) < 0)
      assert.equal(lab.link(member)?.beaconAgeMs, undefined)
    })
  }

  it('cost nobody anything when they are old, early, strange or of a later version', async () => {
    const lab = await Lab.start({ timings: QUICK })
    const [member, stranger] = [await RawNode.start(), await RawNode.start()]
    await member.join(lab)
    const time = Date.now()
    await speak(member, beaconOf(member, { time }))
    await until(() => lab.link(member)?.current === true)
    const ownHead = [{ author: member.author, seq: 9, id }]
    const later = encode([2, 'what that version says'])
    const ignored = [
      beaconOf(member, { time, heads: ownHead }),
      beaconOf(member, { time: time - 1, heads: ownHead }),
      beaconOf(member, { time: time + 2 * LIMITS.futureMsMax, heads: ownHead }),
      beaconOf(member, { time: time + 1, networkId: 'cd'.repeat(32), heads: ownHead }),
      // Not verified at all, or it would be charged for.
      flipped(beaconOf(stranger)),
      beaconOf(member, { author: lab.author, time: time + 1 }),
      encode([later, sign(later, member.seed)]),
    ]
    for (const wire of ignored) await speak(member, wire)
    // In order, so that this one is the last to be judged.
    await until(async () => {
      await speak(member, beaconOf(member, { heads: [{ author: lab.author, seq: 1, id }] }))
      return lab.mesh.catchUp().missing !== undefined
    })
    assert.equal(lab.link(member)?.current, true)
    assert.deepEqual(lab.link(member)?.counts, {})
    assert.equal(lab.mesh.score(member.author), 0)
    assert.equal(lab.link(stranger), undefined)
  })

  it('let no member make another one stale, and any member itself', async () => {
    const [a, c] = [await Lab.start({ timings: QUICK }), await Lab.start({ timings: QUICK })]
    introduce(a, c)
    await linked(a, c)
    const liar = await RawNode.start()
    await liar.join(a)
    await until(() => a.link(c)?.current === true)
    await speak(liar, beaconOf(liar, { heads: [{ author: c.author, seq: 1e9, id }] }))
    await until(() => a.link(liar)?.current === true)
    assert.equal(a.link(c)?.current, true)
    await until(async () => {
      await speak(liar, beaconOf(liar, { heads: [{ author: liar.author, seq: 1e9, id }] }))
      return a.link(liar)?.current === false
    })
    assert.equal(a.link(c)?.current, true)
    assert.deepEqual(a.mesh.catchUp().missing, [{ author: liar.author, envelopes: 1e9 }])
  })

  it('name a member that stops, and its path, once', async () => {
    const [a, b] = [await Lab.start({ timings: QUICK }), await Lab.start({ timings: QUICK })]
    introduce(a, b)
    await linked(a, b)
    const member = await RawNode.start()
    await member.join(a)
    await speak(member, beaconOf(member))
    await until(() => a.link(member)?.current === true && a.link(b)?.current === true)
    // The link stays up and says nothing.
    await until(() => a.link(member)?.current === false && a.link(member)?.quiet === true)
    assert.equal(a.link(member)?.link, 'up')
    assert.deepEqual([a.link(b)?.current, a.link(b)?.quiet], [true, false])
    const [name, peer] = [member.author, String(member.libp2p.peerId)]
    const lost = () => a.count('mesh-member-current', { member: name, current: false })
    const quiet = () => a.count('mesh-member-quiet', { peer, quiet: true })
    await until(() => lost() === 1 && quiet() === 1)
    await until(async () => {
      await speak(member, beaconOf(member))
      return a.link(member)?.current === true && a.link(member)?.quiet === false
    })
    await until(() => a.count('mesh-member-current', { member: name, current: true }) === 2)
    await until(() => a.count('mesh-member-quiet', { peer, quiet: false }) === 1)
    assert.deepEqual([lost(), quiet()], [1, 1])
  })

  it('are asked for where gossip brings none', async () => {
    const timings = { ...QUICK, beaconFreshMs: 600, catchUpEveryMs: 300 }
    const lab = await Lab.start({ timings })
    const member = await RawNode.start()
    let asked = 0
    await member.libp2p.handle(CATCH_UP_PROTOCOL, async (stream) => {
      const hand = new Hand(stream)
      await hand.greet()
      for (let kind = ''; kind !== 'done';) {
        ;({ kind } = await hand.channel.read(SIGNAL))
        if (kind !== 'ask') continue
        asked++
        await hand.say({ kind: 'beacon', wire: beaconOf(member) })
      }
      await hand.say(DONE)
    })
    await member.join(lab)
    await until(() => asked > 0 && lab.link(member)?.current === true)
  })

  it('are no longer counted when a node goes away', async () => {
    const [a, b] = [await Lab.start({ timings: QUICK }), await Lab.start({ timings: QUICK })]
    introduce(a, b)
    await until(() => a.link(b)?.current === true)
    await b.down()
    await until(() => a.link(b)?.current === false)
    assert.equal(a.link(b)?.quiet, false, 'a link that is down is not a silent path')
    await b.up()
    await until(() => a.link(b)?.current === true)
  })
})

describe('mesh beacon form', () => {
  it('refuses heads out of order or twice', () => {
    const seed = new Uint8Array(32).fill(1)
    const key = publicKeyOf(seed)
    const head = (byte: number) => [new Uint8Array(32).fill(byte), 1, new Uint8Array(32)]
    const wire = (...bytes: readonly number[]) =>
      encode([encode([1, Buffer.alloc(32), key, 5, bytes.map(head)]), new Uint8Array(64)])
    assert.ok(openBeacon(wire(1, 2)).ok)
    for (const bad of [wire(2, 1), wire(1, 1)]) {
      assert.deepEqual(openBeacon(bad), { ok: false, code: 'header-shape' })
    }
  })
})
