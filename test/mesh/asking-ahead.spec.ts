/** Line and disk work at once: the next range is asked for before this one is durable. */
import assert from 'node:assert/strict'
import { toBytes, type Envelope } from '../../src/core/envelope.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { Pen } from '../support/memory-log.js'
import { until } from '../support/until.js'
import { Hand } from './hand.js'
import { Lab, NETWORK } from './lab.js'
import { RawNode } from './raw-node.js'

describe('mesh catch-up, asking ahead', () => {
  const timings: Partial<MeshTimings> = { probeMs: 3_600_000, catchUpEveryMs: 3_600_000 }
  let lab: Lab
  let hand: Hand
  let pen: Pen

  beforeEach(async () => {
    lab = await Lab.start({ timings })
    const member = await RawNode.start()
    lab.admit(member, { dial: false })
    hand = await Hand.open(member, lab)
    pen = new Pen(member.seed, NETWORK)
  })

  afterEach(async () => {
    await RawNode.stopAll()
    await Lab.stopAll()
  })

  const write = (count: number) => Array.from({ length: count }, () => pen.write())
  const send = (from: number, envelopes: readonly Envelope[]) =>
    hand.say({ kind: 'envelopes', author: pen.author, from, wires: envelopes.map(toBytes) })

  function holdDisk(): () => void {
    let release = () => {}
    lab.log.disk = new Promise<void>((resolve) => (release = resolve))
    return release
  }

  /** Everything that can happen without the disk has happened. */
  async function turns(): Promise<void> {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  }

  it('wants the next range while this one waits for the disk, and then waits for all', async () => {
    const log = write(20)
    const release = holdDisk()
    await hand.greet(log.at(-1)!)
    await hand.hear('want')
    await send(1, log.slice(0, 10))
    assert.equal((await hand.hear('want')).from, 11)
    await send(11, log.slice(10))
    await until(() => lab.log.outcomes.length === 20)
    let done = false
    const heard = hand.hear('done').then(() => (done = true))
    await turns()
    assert.equal(done, false)
    release()
    await heard
  })

  it('judges no more than a window ahead of the disk', async () => {
    const log = write(100)
    const release = holdDisk()
    await hand.greet(log.at(-1)!)
    await hand.hear('want')
    await send(1, log)
    await until(() => lab.log.outcomes.length >= 64)
    await turns()
    assert.equal(lab.log.outcomes.length, 64)
    release()
    await hand.hear('done')
    assert.equal(lab.log.seq(pen.author), 100)
  })

  it('takes nothing from an answer that was asked for in vain', async () => {
    const log = write(20)
    const strange = new Pen(new Uint8Array(32).fill(4), NETWORK).write()
    await hand.greet(log.at(-1)!)
    await hand.hear('want')
    await send(1, [log[0]!, strange, ...log.slice(2, 10)])
    assert.equal((await hand.hear('want')).from, 11)
    await send(11, log.slice(10))
    await hand.hear('done')
    // What was handed in with the strange one is judged, and comes to nothing.
    assert.ok(lab.log.outcomes.length < 10)
    assert.equal(lab.log.seq(pen.author), 1)
  })
})
