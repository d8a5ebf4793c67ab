/** Who may connect, and what somebody who may not gets to see. */
import assert from 'node:assert/strict'
import { peerIdFromString } from '@libp2p/peer-id'
import { PING_PROTOCOL } from '@libp2p/ping'
import { peerNameOf } from '../../src/core/identity.js'
import { CATCH_UP_PROTOCOL } from '../../src/mesh/catch-up-protocol.js'
import { until } from '../support/until.js'
import { Lab, introduce, linked } from './lab.js'
import { RawNode } from './raw-node.js'

describe('mesh gate', () => {
  afterEach(async () => {
    await RawNode.stopAll()
    await Lab.stopAll()
  })

  it('shows a stranger no protocol, topic or envelope and closes the connection', async () => {
    const lab = await Lab.start()
    lab.write()
    const stranger = await RawNode.start()
    stranger.subscribe()
    const seen: string[] = []
    stranger.libp2p.addEventListener('peer:identify', () => seen.push('identify'))
    const { pubsub } = stranger.libp2p.services
    pubsub.addEventListener('subscription-change', () => seen.push('subscription'))
    pubsub.addEventListener('message', () => seen.push('message'))
    // The dial may resolve before the gate has answered; what counts is what the connection is good
    // for.
    for (const protocol of [CATCH_UP_PROTOCOL, PING_PROTOCOL, '/ipfs/id/1.0.0']) {
      await assert.rejects(stranger.open(lab, protocol))
    }
    await until(() => stranger.libp2p.getConnections().length === 0)
    assert.deepEqual(seen, [])
    const known = await stranger.libp2p.peerStore.get(peerIdFromString(peerNameOf(lab.author)))
    assert.deepEqual(known.protocols, [])
    assert.ok(lab.mesh.gateRefusals() >= 1)
    assert.ok(lab.logged('mesh-gate-refused'))
    assert.deepEqual(
      lab.log.outcomes.filter(({ origin }) => origin.via !== 'own'),
      [],
    )
  })

  it('names a few strangers a minute in the log and counts the rest', async () => {
    const lab = await Lab.start()
    const stranger = await RawNode.start()
    for (let i = 0; i < 12; i++) {
      await assert.rejects(stranger.open(lab, PING_PROTOCOL))
      await until(() => stranger.libp2p.getConnections().length === 0)
    }
    await until(() => lab.mesh.gateRefusals() === 12)
    assert.equal(lab.lines.filter(({ code }) => code === 'mesh-gate-refused').length, 8)
  })

  it('dials nobody else at a member’s address', async () => {
    const [a, b, c] = [await Lab.start(), await Lab.start(), await Lab.start()]
    // c answers where a expects b.
    a.admit({ author: b.author, addresses: c.addresses })
    a.admit(c, { dial: false })
    c.admit(a, { dial: false })
    await until(() => a.logged('mesh-dial-failed'))
    assert.equal(a.isUp(b), false)
    assert.equal(a.isUp(c), false)
  })

  it('cuts a removed member in less than a second', async () => {
    const [a, b] = [await Lab.start(), await Lab.start()]
    introduce(a, b)
    await linked(a, b)
    const start = performance.now()
    a.remove(b)
    await until(() => !b.isUp(a), { timeoutMs: 1_000 })
    assert.ok(performance.now() - start < 1_000)
    assert.equal(a.link(b), undefined)
    // b goes on dialling and learns that it is not wanted.
    await until(() => b.link(a)?.link === 'refused')
    assert.ok(a.mesh.gateRefusals() > 0)
  })

  it('hears nothing a removed member says before it is cut', async () => {
    const [a, b] = [await Lab.start({ timings: { reconcileMs: 60_000 } }), await Lab.start()]
    introduce(a, b)
    await linked(a, b)
    a.remove(b)
    await b.publish()
    const c = await Lab.start()
    introduce(b, c)
    await until(() => c.log.seq(b.author) === 1)
    assert.equal(a.log.outcomes.length, 0)
  })
})
