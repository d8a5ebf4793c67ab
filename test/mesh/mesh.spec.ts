/**
 * What the mesh is for: envelopes reach everybody who should have them, by gossip or by catch-up.
 */
import assert from 'node:assert/strict'
import { toBytes } from '../../src/core/envelope.js'
import { LIMITS } from '../../src/core/limits.js'
import { report } from '../support/memory-log.js'
import { until } from '../support/until.js'
import { Lab, introduce, linked } from './lab.js'

/**
 * About 60 KiB: the value is no domain, so the statements are void, and void ones travel all the
 * same.
 */
const LARGE = Array.from({ length: 220 }, () => ({ ...report('x'.repeat(230)), type: 5 }))

/**
 * Publishes until all have got one by gossip; the first may come by the catch-up that a new link
 * starts.
 */
async function gossiped(from: Lab, ...to: readonly Lab[]): Promise<void> {
  await until(async () => {
    const envelope = await from.publish()
    await until(() => to.every((lab) => lab.holds(envelope)))
    return to.every((lab) => lab.log.arrivals.at(-1)?.origin.via === 'gossip')
  })
}

describe('mesh', () => {
  afterEach(() => Lab.stopAll())

  it('carries an envelope from one of three nodes to the two others', async () => {
    const [a, b, c] = [await Lab.start(), await Lab.start(), await Lab.start()]
    introduce(a, b, c)
    await linked(a, b, c)
    await gossiped(a, b, c)
    const accepted = b.mesh.links().map(({ counts }) => counts['accepted'] ?? 0)
    assert.equal(accepted[0]! + accepted[1]!, b.log.arrivals.length)
    await until(() => b.link(a)?.lagMs !== undefined)
  })

  it('relays along a line whose ends do not know each other’s address', async () => {
    const [a, b, c] = [await Lab.start(), await Lab.start(), await Lab.start()]
    introduce(a, b)
    introduce(b, c)
    a.admit(c, { dial: false })
    c.admit(a, { dial: false })
    await until(() => a.isUp(b) && b.isUp(c))
    await gossiped(a, c)
    assert.ok(
      c.log.arrivals.every(({ origin }) => origin.via !== 'own' && origin.from === b.author),
    )
    assert.equal(c.isUp(a), false)
  })

  it('brings a late joiner level by catch-up, small and large envelopes alike', async () => {
    const [a, b, late] = [await Lab.start(), await Lab.start(), await Lab.start()]
    for (let i = 0; i < 280; i++) a.write()
    for (let i = 0; i < 40; i++) a.write(LARGE)
    const last = a.write()
    introduce(a, b)
    await until(() => b.holds(last), { what: 'b level' })
    introduce(b, late)
    late.admit(a, { dial: false })
    await until(() => late.holds(last), { what: 'late joiner level' })
    assert.equal(late.log.arrivals.length, 321)
    assert.ok(late.log.arrivals.every(({ origin }) => origin.via === 'catch-up'))
    assert.deepEqual(late.log.heads.get(a.author), a.log.heads.get(a.author))
    assert.equal(late.log.outcomes.length, 321, 'nothing came twice')
    await until(() => late.mesh.catchUp().lastMs !== undefined)
    await until(() => late.mesh.catchUp().running === 0)
  })

  it('makes two nodes level that both lack something', async () => {
    const [a, b] = [await Lab.start(), await Lab.start()]
    for (let i = 0; i < 50; i++) a.write()
    for (let i = 0; i < 70; i++) b.write()
    introduce(a, b)
    await until(() => a.log.seq(b.author) === 70 && b.log.seq(a.author) === 50)
  })

  it('gives a node that lost its folder its own log back', async () => {
    const [a, b] = [await Lab.start(), await Lab.start()]
    for (let i = 0; i < 5; i++) a.write()
    introduce(a, b)
    await until(() => b.log.seq(a.author) === 5)
    await a.down()
    a.log.forget()
    await a.up()
    await until(() => a.log.seq(a.author) === 5)
  })

  it('redials a member that went away and brings it level', async () => {
    const [a, b] = [await Lab.start(), await Lab.start()]
    introduce(a, b)
    // Only a dials: the way back is a's work.
    b.admit(a, { dial: false })
    await linked(a, b)
    await b.down()
    await until(() => !a.isUp(b))
    assert.equal(await a.mesh.publish(toBytes(a.write())), 0)
    const last = a.write()
    await b.up()
    await until(() => b.holds(last) && a.isUp(b))
  })

  it('fetches what came out of order', async () => {
    const [a, b] = [await Lab.start(), await Lab.start()]
    introduce(a, b)
    await linked(a, b)
    await until(() => b.mesh.catchUp().lastMs !== undefined && b.mesh.catchUp().running === 0)
    const missed = a.write()
    const next = await a.publish()
    await until(() => b.holds(missed) && b.holds(next))
    assert.equal(b.link(a)?.counts['ignored:gap'], 1)
    assert.equal(b.mesh.score(a.author), 0)
  })

  it('asks connected members for logs of authors admitted later', async () => {
    const [a, b, c] = [await Lab.start(), await Lab.start(), await Lab.start()]
    introduce(a, b)
    introduce(b, c)
    await until(() => a.isUp(b) && b.isUp(c))
    const envelope = await a.publish()
    await until(() => b.holds(envelope))
    assert.equal(c.log.seq(a.author), 0)
    c.admit(a, { dial: false })
    await until(() => c.holds(envelope))
  })

  it('serves an observer and does not take its log', async () => {
    const [a, watcher] = [await Lab.start(), await Lab.start()]
    const before = a.write()
    watcher.write()
    watcher.admit(a)
    a.admit(watcher, { role: 'observer' })
    await linked(a, watcher)
    const after = await a.publish()
    await until(() => watcher.holds(before) && watcher.holds(after))
    await watcher.publish()
    await until(() => a.link(watcher)?.counts['ignored:author-observer'] !== undefined)
    assert.equal(a.log.seq(watcher.author), 0)
    assert.equal(a.mesh.score(watcher.author), 0)
  })

  it('is stopped twice and started twice without harm', async () => {
    const lab = await Lab.start()
    await Promise.all([lab.mesh.start(), lab.mesh.start()])
    assert.match(lab.mesh.addresses()[0]!, /^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)
    await Promise.all([lab.mesh.stop(), lab.mesh.stop()])
    assert.deepEqual(lab.mesh.addresses(), [])
    assert.equal(await lab.mesh.publish(new Uint8Array(10)), 0)
    await lab.mesh.start()
  })

  it('does not publish what no node would take', async () => {
    const lab = await Lab.start()
    await assert.rejects(lab.mesh.publish(new Uint8Array(LIMITS.envelopeBytesMax + 1)), RangeError)
  })
})
