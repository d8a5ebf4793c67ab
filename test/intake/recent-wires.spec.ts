/** What lately came is known again by its bytes, and only while it still counts where it stands. */
import assert from 'node:assert/strict'
import { seal, toBytes, type EnvelopeRef } from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { putMember } from '../../src/core/roster.js'
import { StoreError } from '../../src/core/store-port.js'
import { RecentWires } from '../../src/intake/recent-wires.js'
import { LongLog } from '../support/long-log.js'
import { eventually, memoryStore, NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'
import { report } from '../support/samples.js'

const B = ownOf('b')
const FROM = { via: 'gossip', from: B } as const
const wire = (text: string) => Buffer.from(text)
const place = (seq: number) => ({ id: `${seq}`, author: 'a', seq }) as unknown as EnvelopeRef

/** Counts how often the disk is read for a log. */
async function counted(): Promise<{ lab: Lab; reads: () => number }> {
  const lab = await openLab('a')
  await lab.admit('b')
  let reads = 0
  const read = lab.store.logRows.bind(lab.store)
  lab.store.logRows = (...range) => {
    reads++
    return read(...range)
  }
  return { lab, reads: () => reads }
}

async function told({ intake }: Lab, bytes: Uint8Array): Promise<string> {
  const outcome = await intake.accept(bytes, FROM).committed
  return 'code' in outcome ? outcome.code : outcome.status
}

/** Two first envelopes of one author. */
function branches(): Uint8Array[] {
  const at = { networkId: OPEN_FEDERATION.networkId, seq: 1, prev: null, time: NOW - 60_000 }
  return ['192.0.2.1', '192.0.2.2'].map((value) =>
    toBytes(seal(at, [report({ value })], seedOf('b'), B)),
  )
}

const first = () => new LongLog('b', NOW - 60_000).after(0, 1)[0]!

describe('recent wires', () => {
  it('knows what was noted by all its bytes, and forgets the oldest first', () => {
    const recent = new RecentWires(2)
    assert.equal(recent.placeOf(wire('one')), undefined)
    for (const [i, text] of ['one', 'two', 'three'].entries()) recent.note(wire(text), place(i + 1))
    assert.equal(recent.placeOf(wire('one')), undefined)
    assert.equal(recent.placeOf(wire('two'))?.seq, 2)
    assert.equal(recent.placeOf(wire('three'))?.seq, 3)
    assert.equal(recent.placeOf(wire('threE')), undefined)
  })

  it('answers what comes a second time without a look at the disk', async () => {
    const { lab, reads } = await counted()
    const wires = new LongLog('b', NOW - 60_000).after(0, 2)
    for (const expected of ['accepted', 'duplicate']) {
      for (const bytes of wires) assert.equal(await told(lab, bytes), expected)
    }
    assert.equal(reads(), 0)
    await lab.writer.stop()
  })

  it('lets a row that is damaged be mended by what it was', async () => {
    const { lab } = await counted()
    assert.equal(await told(lab, first()), 'accepted')
    lab.damage.note(B, 1)
    assert.equal(await told(lab, first()), 'duplicate')
    assert.equal(lab.damage.has(B, 1), false)
    await lab.writer.stop()
  })

  it('knows nothing of an author that is heard no more', async () => {
    const { lab } = await counted()
    assert.equal(await told(lab, first()), 'accepted')
    const row = { trust: 'observe', keys: [{ author: B, addresses: [] }], addedMs: NOW } as const
    await lab.lists.change(putMember({ name: 'b', role: 'observer', ...row }))
    assert.equal(await told(lab, first()), 'author-observer')
    await lab.writer.stop()
  })

  it('knows nothing from where a log forked', async () => {
    const { lab } = await counted()
    const [one, other] = branches()
    assert.equal(await told(lab, one!), 'accepted')
    assert.equal(await told(lab, one!), 'duplicate')
    assert.equal(await told(lab, other!), 'forked')
    assert.equal(await told(lab, one!), 'forked')
    await lab.writer.stop()
  })

  it('knows nothing of what the disk did not take', async () => {
    const lab = await openLab('a', { store: memoryStore() })
    await lab.admit('b')
    const commit = lab.store.commit.bind(lab.store)
    lab.store.commit = () => Promise.reject(new StoreError('disk-failed', 'no space'))
    const [one, other] = branches()
    assert.equal(await told(lab, one!), 'store-failed')
    lab.store.commit = commit
    await eventually('the disk is tried again', () => lab.writer.fault === undefined)
    // At the place where the first would have stood, which contradicts it.
    assert.equal(await told(lab, other!), 'accepted')
    assert.equal(await told(lab, one!), 'forked')
    await lab.writer.stop()
  })
})
