/** Who is charged for what: bad bytes cost whoever sent them, everything else costs nobody. */
import assert from 'node:assert/strict'
import { toBytes } from '../../src/core/envelope.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { Pen, report, TIME } from '../support/memory-log.js'
import { forge } from '../support/forge.js'
import { until } from '../support/until.js'
import { Lab, introduce, NETWORK } from './lab.js'
import { RawNode } from './raw-node.js'

const UNTIL = TIME + DAY_MS

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at < 0 ? copy.length + at : at]! ^= 1
  return copy
}

/** A signature is the 64 bytes after the header and a two-byte CBOR head. */
function signatureAt(bytes: Uint8Array, header: Uint8Array): number {
  return Buffer.from(bytes).indexOf(Buffer.from(header)) + header.length + 2
}

describe('mesh blame', () => {
  let lab: Lab
  let hostile: RawNode

  beforeEach(async () => {
    lab = await Lab.start()
    hostile = await RawNode.start()
    await hostile.join(lab)
  })

  afterEach(async () => {
    await RawNode.stopAll()
    await Lab.stopAll()
  })

  const count = (key: string) => lab.link(hostile)?.counts[key] ?? 0
  const true_ = () => forge({ seed: hostile.seed, networkId: NETWORK })

  const refusals: readonly (readonly [string, string, () => Uint8Array])[] = [
    ['a truncated envelope', 'refused:not-canonical', () => true_().subarray(0, -1)],
    ['an oversized one', 'refused:too-large', () => new Uint8Array(LIMITS.envelopeBytesMax + 1)],
    ['a non-canonical one', 'refused:not-canonical', () => Buffer.concat([true_(), Buffer.of(0)])],
    [
      'one with the wrong hash',
      'refused:payload-hash',
      () =>
        forge({ seed: hostile.seed, networkId: NETWORK, payloadHash: new Uint8Array(32).fill(1) }),
    ],
    [
      'one with the wrong signature',
      'refused:signature-wrong',
      () => {
        const envelope = new Pen(hostile.seed, NETWORK).write()
        const bytes = toBytes(envelope)
        return flipped(bytes, signatureAt(bytes, envelope.header))
      },
    ],
  ]

  for (const [name, code, bytes] of refusals) {
    it(`charges a member for ${name}`, async () => {
      assert.equal(await hostile.send(bytes()), 1)
      await until(() => count(code) === 1)
      await until(() => lab.mesh.score(hostile.author) < 0)
      assert.equal(lab.log.arrivals.length, 0)
    })
  }

  it('stops listening to a member that goes on, and does not forgive a reconnect', async () => {
    for (let i = 0; i < 12; i++) await hostile.send(flipped(true_(), -(i + 1)))
    await until(() => lab.mesh.score(hostile.author) < -128)
    for (const connection of hostile.libp2p.getConnections()) await connection.close()
    await until(() => !lab.isUp(hostile))
    await hostile.dial(lab)
    await until(() => hostile.hears(lab))
    assert.ok(lab.mesh.score(hostile.author) < -60)
  })

  it('charges nothing for what only this node does not take', async () => {
    const stranger = new Uint8Array(32).fill(7)
    const base = { seed: hostile.seed, networkId: NETWORK }
    const ignored = [
      // A kind, and a field, this version does not know: void, stored and relayed.
      forge({ ...base, statements: [[99, UNTIL, 'anything', 1, 2, 3]] }),
      forge({ ...base, seq: 9 }),
      forge({ seed: stranger, networkId: NETWORK }),
      forge({ ...base, networkId: 'cd'.repeat(32) }),
      forge({ ...base, version: 2 }),
    ]
    for (const bytes of ignored) await hostile.send(bytes)
    // From the far future: valid, it only does not act.
    const pen = new Pen(new Uint8Array(32).fill(8), NETWORK)
    lab.admit({ author: pen.author, addresses: () => [] })
    const future = pen.write([report('192.0.2.3', TIME + 40 * DAY_MS)], TIME + 30 * DAY_MS)
    await hostile.send(toBytes(future))
    await until(() => count('accepted') === 2)
    await until(() => count('ignored:author-unknown') === 1)
    await until(() => count('ignored:network-unknown') === 1)
    await until(() => count('ignored:version-unknown') === 1)
    assert.equal(count('ignored:gap'), 1)
    assert.equal(lab.mesh.score(hostile.author), 0)
  })

  it('takes the true envelope after a garbled copy of it', async () => {
    const envelope = new Pen(hostile.seed, NETWORK).write()
    const bytes = toBytes(envelope)
    await hostile.send(flipped(bytes, signatureAt(bytes, envelope.header)))
    await until(() => count('refused:signature-wrong') === 1)
    await hostile.send(bytes)
    await until(() => lab.holds(envelope))
  })

  it('does not charge a relay for an author the receiver does not know', async () => {
    const [relay, far] = [await Lab.start(), await Lab.start()]
    introduce(relay, far)
    await hostile.join(relay)
    await until(() => relay.isUp(far) && far.isUp(relay))
    const pen = new Pen(hostile.seed, NETWORK)
    for (let i = 0; i < 20; i++) await hostile.send(toBytes(pen.write()))
    await until(() => far.link(relay)?.counts['ignored:author-unknown'] === 20)
    assert.equal(far.mesh.score(relay.author), 0)
    // Nor is the relay deaf afterwards.
    const envelope = await relay.publish()
    await until(() => far.holds(envelope))
  })

  it('does not forward what it refused', async () => {
    const far = await Lab.start()
    introduce(lab, far)
    await until(() => lab.isUp(far) && far.isUp(lab))
    await hostile.send(true_().subarray(0, -1))
    await until(() => count('refused:not-canonical') === 1)
    const envelope = await lab.publish()
    await until(() => far.holds(envelope))
    assert.deepEqual(Object.keys(far.link(lab)!.counts), ['accepted'])
  })
})
