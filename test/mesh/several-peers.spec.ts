/** A log that several members hold: it travels once, and nobody can keep it from us by waiting. */
import assert from 'node:assert/strict'
import { authorOf } from '../../src/core/identity.js'
import { Fetching } from '../../src/mesh/fetching.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { report } from '../support/memory-log.js'
import { until } from '../support/until.js'
import { Hand } from './hand.js'
import { introduce, Lab, linked } from './lab.js'
import { RawNode } from './raw-node.js'

describe('mesh catch-up with several members', () => {
  afterEach(async () => {
    await RawNode.stopAll()
    await Lab.stopAll()
  })

  it('fetches each range once', async () => {
    const labs = await Promise.all([Lab.start(), Lab.start(), Lab.start()])
    const [writer] = labs as [Lab, Lab, Lab]
    introduce(...labs)
    await linked(...labs)
    const large = Array.from({ length: 200 }, () => ({ ...report('x'.repeat(230)), type: 5 }))
    const log = Array.from({ length: 40 }, () => writer.write(large))
    writer.write()
    const last = await writer.publish()
    await until(() => labs.every((lab) => lab.holds(last)), { what: 'three full nodes' })
    const late = await Lab.start()
    introduce(...labs, late)
    await until(() => late.holds(last), { what: 'the new node is level' })
    const counts = labs.map((lab) => late.link(lab)!.counts)
    const sum = (key: string) => counts.reduce((all, count) => all + (count[key] ?? 0), 0)
    assert.equal(sum('accepted'), log.length + 2)
    assert.equal(sum('duplicate'), 0)
  })

  it('goes to another member where the first one keeps it waiting', async () => {
    const timings: Partial<MeshTimings> = { stallMs: 300, catchUpEveryMs: 3_600_000 }
    const lab = await Lab.start({ timings: { ...timings, probeMs: 3_600_000 } })
    const full = await Lab.start({ timings })
    const envelope = full.write()
    const slow = await RawNode.start()
    lab.admit(slow, { dial: false })
    lab.admit(full, { dial: false })
    const hand = await Hand.open(slow, lab)
    await hand.greet(envelope)
    // The question is open, and stays so.
    assert.equal((await hand.hear('want')).author, full.author)
    const waiting = { author: full.author, from: slow.author, held: 0, to: 1 }
    assert.deepEqual(lab.mesh.catchUp().fetching, [waiting])
    full.admit(lab)
    await until(() => lab.holds(envelope), { what: 'the log by the other member' })
  })

  it('lets a session have what no other has asked for lately', () => {
    let now = 0
    const fetching = new Fetching(100, () => now)
    const [a, b] = [authorOf(new Uint8Array(32)), authorOf(new Uint8Array(32).fill(1))]
    const [one, other] = [{ peer: a }, { peer: b }]
    fetching.take({ author: a, from: 1, to: 9 }, one)
    assert.deepEqual([...fetching.list()], [{ author: a, from: a, to: 9 }])
    assert.equal(fetching.isTaken(a, one), false)
    assert.equal(fetching.isTaken(a, other), true)
    assert.equal(fetching.isTaken(b, other), false)
    now = 100
    assert.equal(fetching.isTaken(a, other), false)
    // A clock that was set back.
    now = -1
    assert.equal(fetching.isTaken(a, other), false)
    now = 0
    fetching.take({ author: b, from: 1, to: 9 }, one)
    assert.equal(fetching.isTaken(a, other), false)
    fetching.release(one)
    assert.equal(fetching.isTaken(b, other), false)
  })
})
