/**
 * Sightings and disputes on disk: they come back after a restart, are made anew from the log, end
 * with their day, end with a forked log, and are in the sums by which two labs compare.
 */
import assert from 'node:assert/strict'
import { seal, toBytes, type Envelope } from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import type { Statement } from '../../src/core/statement.js'
import { hand, memoryDatabase, NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'
import { report } from '../support/samples.js'

const IP = { type: 'ip', value: '198.51.100.7' }
const FAR = { type: 'domain', value: 'example.net' }

/** What is said, in an order of its own: rows come back in that of their keys. */
const claimsOf = ({ state }: Lab) =>
  [...state.claims.entries()]
    .flatMap(([key, all]) => all.map((one) => JSON.stringify([key, one])))
    .sort()

/** A node with one of everything from a member and of its own. */
async function everything(database = memoryDatabase()): Promise<{ lab: Lab; b: Lab }> {
  const time = { now: NOW }
  const [b, lab] = [await openLab('b', { time }), await openLab('a', { time, database })]
  await lab.admit('Lab B', 'trusted', 'member', 'b')
  await b.admit('Lab A', 'trusted', 'member', 'a')
  await lab.voice.report([IP, FAR])
  await hand(lab, b)
  await b.voice.dispute([
    { ...IP, reason: 'stale' },
    { ...IP, reason: 'own-customer', member: 'Lab A' },
    { ...FAR, reason: 'wrong-value' },
  ])
  await b.voice.sight([FAR])
  await b.voice.dispute([{ ...FAR, reason: 'withdrawn' }])
  await hand(b, lab)
  await lab.voice.sight([IP])
  return { lab, b }
}

describe('registers of sightings and disputes', () => {
  it('come back after a restart and are made anew from the log', async () => {
    const database = memoryDatabase()
    const { lab } = await everything(database)
    const before = claimsOf(lab)
    assert.equal(before.length, 7)
    const again = await openLab('a', { database })
    assert.equal(again.doubt, undefined)
    assert.deepEqual(claimsOf(again), before)
    assert.equal((await again.upkeep.verify()).ok, true)
    await again.upkeep.rebuild()
    assert.deepEqual(claimsOf(again), before)
    assert.deepEqual(claimsOf(await openLab('a', { database })), before)
    assert.equal(again.state.stateHash(NOW), lab.state.stateHash(NOW))
  })

  it('a row that is gone is noticed, whichever register it was', async () => {
    const database = memoryDatabase()
    await everything(database)
    const options = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    const rows = database.sublevel<Buffer, Buffer>('claims', options)
    for (const [key, value] of await rows.iterator().all()) {
      await rows.del(key)
      assert.ok((await openLab('a', { database })).doubt, 'the loss was not noticed')
      await rows.put(key, value)
    }
    assert.equal((await openLab('a', { database })).doubt, undefined)
  })

  it('are swept once their day is over, and no sooner', async () => {
    const { lab } = await everything()
    const kinds = () =>
      new Set([...lab.state.claims.entries()].flatMap(([, all]) => all.map((one) => one.kind)))
    lab.time.now += 8 * DAY_MS
    await lab.expiry.sweep()
    assert.deepEqual(
      [...lab.state.claims.entries()].map(([key]) => key),
      ['1:198.51.100.7', '5:example.net'],
    )
    lab.time.now += 2 * DAY_MS
    await lab.expiry.sweep()
    assert.deepEqual(
      [...lab.state.claims.entries()].map(([key]) => key),
      ['5:example.net'],
    )
    assert.deepEqual([...kinds()].sort(), ['claim', 'dispute', 'sighting'])
    lab.time.now += 90 * DAY_MS
    await lab.expiry.sweep()
    assert.equal(lab.state.claims.size, 0)
    assert.equal((await lab.upkeep.verify()).ok, true)
  })

  it('a fork takes back what was said at and beyond it', async () => {
    const lab = await openLab('a')
    await lab.admit('Lab F', 'trusted', 'member', 'f')
    const dispute = (reason: number, until = NOW + DAY_MS): Statement => {
      return { kind: 'dispute', until, type: 1, value: IP.value, author: null, reason }
    }
    const sighting: Statement = {
      ...{ kind: 'sighting', until: NOW + DAY_MS, type: 1, value: IP.value, count: 1, day: 1 },
    }
    const next = (last: Envelope | undefined, ...said: Statement[]): Envelope => {
      const { networkId } = OPEN_FEDERATION
      const place = { networkId, seq: (last?.seq ?? 0) + 1, prev: last?.id ?? null, time: NOW }
      return seal(place, said, seedOf('f'), ownOf('f'))
    }
    const first = next(undefined, dispute(4), report({ until: NOW + HOUR_MS }))
    const second = next(first, dispute(0), sighting)
    const tell = async (envelope: Envelope) =>
      lab.intake.accept(toBytes(envelope), { via: 'gossip', from: ownOf('f') }).committed
    await tell(first)
    const told = claimsOf(lab)
    const hash = lab.state.stateHash(NOW)
    await tell(second)
    assert.notDeepEqual(claimsOf(lab), told)
    await tell(next(first, sighting))
    assert.equal(lab.state.forks.get(ownOf('f'))?.seq, 2)
    assert.deepEqual(claimsOf(lab), told)
    assert.equal(lab.state.stateHash(NOW), hash)
    assert.equal((await lab.upkeep.verify()).ok, true)
  })
})
