/** The door as the mesh comes to it: the same judgements as at once, in the order of every log. */
import assert from 'node:assert/strict'
import { toBytes, type Envelope } from '../../src/core/envelope.js'
import type { Judgement } from '../../src/core/ports.js'
import { Examiner } from '../../src/intake/examiner.js'
import { LongLog } from '../support/long-log.js'
import { NOW, openLab, ownOf, seedOf } from '../support/lab.js'
import { report, sealed } from '../support/samples.js'

const FROM = { via: 'gossip', from: ownOf('b') } as const

async function fresh() {
  const lab = await openLab('a')
  for (const member of ['b', 'c']) await lab.admit(member)
  return { lab, examiner: new Examiner(lab.intake, () => false) }
}

/** With a signature that is not its author's. */
function forgedOf(wire: Uint8Array): Uint8Array {
  const forged = Uint8Array.from(wire)
  const signature = forged.indexOf(0x40, forged[2]! + 3) + 1
  forged[signature] = forged[signature]! ^ 1
  return forged
}

async function told(judgements: readonly Promise<Judgement>[]) {
  return (await Promise.all(judgements)).map(({ judged }) => {
    return 'code' in judged ? judged.code : judged.status
  })
}

describe('examiner', () => {
  it('judges the envelopes of two logs in their order, though they come all at once', async () => {
    const { lab, examiner } = await fresh()
    const logs = ['b', 'c'].map((name) => new LongLog(name, NOW - 60_000).after(0, 60))
    const all = logs[0]!.flatMap((wire, i) => [wire, logs[1]![i]!])
    const answers = await told(all.map((wire) => examiner.accept(wire, FROM)))
    assert.deepEqual([...new Set(answers)], ['accepted'])
    await lab.writer.stop()
    assert.equal(lab.state.heads.get(ownOf('b'))!.seq, 60)
    assert.equal(lab.state.heads.get(ownOf('c'))!.seq, 60)
  })

  it('answers what the door answers at once: wrong, strange, known or out of order', async () => {
    const { lab, examiner } = await fresh()
    const other = await fresh()
    const [first, second, third] = new LongLog('b', NOW - 60_000).after(0, 3) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const forged = forgedOf(second)
    const stranger: Envelope = sealed({ seed: seedOf('x'), author: ownOf('x') }, [report()])
    const wires = [Uint8Array.of(1, 2), first, forged, third, toBytes(stranger), second, first]
    const aside = await told(wires.map((wire) => examiner.accept(wire, FROM)))
    const atOnce = wires.map((wire) => {
      const { judged } = other.lab.intake.accept(wire, FROM)
      return 'code' in judged ? judged.code : judged.status
    })
    assert.deepEqual(aside, atOnce)
    const expected = ['not-canonical', 'accepted', 'signature-wrong', 'gap', 'author-unknown']
    assert.deepEqual(aside, [...expected, 'accepted', 'duplicate'])
    await Promise.all([lab.writer.stop(), other.lab.writer.stop()])
  })

  it('judges what comes alone by the same rules', async () => {
    const { lab, examiner } = await fresh()
    const [wire] = new LongLog('b', NOW - 60_000).after(0, 1)
    const answers = await told([examiner.accept(forgedOf(wire!), FROM)])
    assert.deepEqual(answers, ['signature-wrong'])
    assert.deepEqual(await told([new Examiner(lab.intake, () => false).accept(wire!, FROM)]), [
      'accepted',
    ])
    await lab.writer.stop()
  })

  it('lets a flood wait by itself: who comes second is answered long before its end', async () => {
    const { lab, examiner } = await fresh()
    const flood = new LongLog('b', NOW - 60_000).after(0, 600)
    const [quiet] = new LongLog('c', NOW - 60_000).after(0, 1)
    let answered = 0
    const flooding = flood.map((wire) => examiner.accept(wire, FROM).then(() => answered++))
    await examiner.accept(quiet!, { via: 'gossip', from: ownOf('c') })
    assert.ok(answered < 60, `${answered} of the flood were answered first`)
    await Promise.all(flooding)
    await lab.writer.stop()
  })

  it('rests between two breaths of a crowd while look-ups are asked', async () => {
    const { lab } = await fresh()
    const examiner = new Examiner(lab.intake, () => true)
    const crowd = new LongLog('b', NOW - 60_000).after(0, 60)
    const began = performance.now()
    const answers = await told(crowd.map((wire) => examiner.accept(wire, FROM)))
    // Four at a time, and eight milliseconds, by timers that round, while more than eight wait.
    const restedMs = performance.now() - began
    assert.ok(restedMs > 12 * 7, `all were examined in ${restedMs} ms`)
    assert.deepEqual(new Set(answers), new Set(['accepted']))
    await lab.writer.stop()
  })

  it('refuses no more than a forwarder’s share, and says so', async () => {
    const { lab, examiner } = await fresh()
    const garbage = new Uint8Array(66 * 1024)
    const answers = await told(Array.from({ length: 1_000 }, () => examiner.accept(garbage, FROM)))
    assert.deepEqual(new Set(answers), new Set(['not-canonical', 'overload']))
    await lab.writer.stop()
  })
})
