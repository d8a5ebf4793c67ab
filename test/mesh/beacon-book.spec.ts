/** What follows from what members show: who is current, what is missing, and whom to ask. */
import assert from 'node:assert/strict'
import type { BeaconHead } from '../../src/core/beacon.js'
import type { ForkProof } from '../../src/core/fork.js'
import type { Head } from '../../src/core/heads.js'
import { hexOf, type AuthorId, type EnvelopeId } from '../../src/core/identity.js'
import { HOUR_MS } from '../../src/core/limits.js'
import { Roster, type Member } from '../../src/core/roster.js'
import { BeaconBook } from '../../src/mesh/beacon-book.js'
import { TIMINGS } from '../../src/mesh/timings.js'
import { NETWORK } from './lab.js'

const key = (byte: number) => hexOf(new Uint8Array(32).fill(byte)) as AuthorId
const idOf = (seq: number) => hexOf(new Uint8Array(32).fill(seq)) as EnvelopeId
const [OWN, A, B, C] = [key(1), key(2), key(3), key(4)] as const
const TIME = 1_000 * HOUR_MS
const { beaconSoonMs, beaconFreshMs } = TIMINGS

const member = (author: AuthorId): Member => ({
  name: author,
  role: 'member',
  trust: 'corroborate',
  keys: [{ author, addresses: [] }],
  addedMs: 0,
})
const head = (author: AuthorId, seq: number, id = idOf(seq)): BeaconHead => ({ author, seq, id })

describe('mesh beacon book', () => {
  let roster: Roster
  let heads: Map<AuthorId, Head>
  let forks: Map<AuthorId, ForkProof>
  let clock: number
  let book: BeaconBook

  beforeEach(() => {
    roster = new Roster([A, B, C].map(member))
    heads = new Map()
    forks = new Map()
    clock = TIME
    const state = { heads: () => heads, forks: () => forks, roster: () => roster }
    book = new BeaconBook(TIMINGS, { own: OWN, clock: () => clock, ...state })
  })

  const hold = (author: AuthorId, seq: number) =>
    heads.set(author, { ...head(author, seq), time: TIME })
  const say = (author: AuthorId, shown: readonly BeaconHead[], now = 0, via = author) =>
    book.take({ networkId: NETWORK, author, time: TIME + now, heads: shown }, via, now)

  it('counts a member as current while it is heard and we hold what it names of its own', () => {
    assert.equal(book.isCurrent(A, 0), false)
    say(A, [])
    assert.equal(book.isCurrent(A, 0), true)
    assert.equal(book.isCurrent(A, beaconFreshMs), true)
    assert.equal(book.isCurrent(A, beaconFreshMs + 1), false)
    say(A, [head(A, 3)], 1)
    assert.equal(book.isCurrent(A, 1), false)
    hold(A, 3)
    assert.equal(book.isCurrent(A, 1), true)
    hold(A, 4)
    assert.equal(book.isCurrent(A, 1), true)
  })

  it('says whom a member hears by its newest beacon, and not by what a session shows', () => {
    assert.deepEqual(book.hears(A), [])
    book.takeHeads(A, [head(B, 1)], 0)
    assert.deepEqual(book.hears(A), [])
    say(A, [head(OWN, 2), head(A, 1), head(B, 1)])
    assert.deepEqual(book.hears(A), [OWN, B])
    book.takeHeads(A, [head(C, 1)], 1)
    assert.deepEqual(book.hears(A), [OWN, B])
    say(A, [head(A, 1)], 2)
    assert.deepEqual(book.hears(A), [])
  })

  it('does not take another history of the same length for what the member names', () => {
    hold(A, 3)
    say(A, [head(A, 3, idOf(9))])
    assert.equal(book.isCurrent(A, 0), false)
  })

  it('does not let old news, kept by a path, make a member current', () => {
    clock += HOUR_MS
    say(A, [])
    assert.equal(book.isCurrent(A, 0), false)
  })

  it('lets nobody make another member stale, nor fill the list of what is missing', () => {
    hold(C, 5)
    say(C, [head(C, 5)])
    say(B, [head(C, 1e9)], 1)
    book.takeHeads(B, [head(C, 1e9)], 1)
    assert.equal(book.isCurrent(C, 1), true)
    assert.deepEqual(book.missing(1), [])
    // Only while C itself is heard: nobody else could say how long its log is.
    say(B, [head(C, 7)], beaconFreshMs + 1)
    assert.deepEqual(book.missing(beaconFreshMs + 1), [{ author: C, envelopes: 2 }])
  })

  it('lists what was shown lately and is missing, for authors that are exchanged', () => {
    say(A, [head(A, 4), head(OWN, 2), head(key(9), 8)])
    hold(A, 1)
    assert.deepEqual(book.missing(0), [
      { author: A, envelopes: 3 },
      { author: OWN, envelopes: 2 },
    ])
    book.takeHeads(B, [head(A, 9), head(C, 6)], 1)
    assert.equal(book.missing(1).length, 3)
    assert.deepEqual(book.missing(beaconFreshMs + 2), [])
  })

  it('counts nothing from a fork on', () => {
    hold(A, 4)
    forks.set(A, { id: idOf(1), networkId: NETWORK, author: A, seq: 5, bytes: new Uint8Array() })
    say(A, [head(A, 9)])
    assert.deepEqual(book.missing(0), [])
    // Its author knows of it, or would not listen; others may not have heard.
    assert.deepEqual(book.due(beaconSoonMs, [A, B]), [])
    say(B, [head(A, 9)], 1)
    assert.deepEqual(book.due(1 + beaconSoonMs, [A, B]), [B])
  })

  it('asks the neighbour that brought it, when it has had time to come by gossip', () => {
    say(A, [head(A, 2)], 0, B)
    assert.deepEqual(book.due(beaconSoonMs - 1, [B, C]), [])
    assert.deepEqual(book.due(beaconSoonMs, [B, C]), [B])
    say(A, [head(A, 3)], 2_000, B)
    hold(A, 3)
    assert.deepEqual(book.due(TIMINGS.beaconEveryMs, [B, C]), [])
  })

  it('then asks others, first those that show it, and ever more rarely', () => {
    say(A, [head(A, 2)], 0, B)
    const asked: (readonly [number, AuthorId | undefined])[] = []
    for (let now = 0; now < 10 * TIMINGS.beaconEveryMs; now += 50) {
      if (now === 1_000) book.takeHeads(C, [head(A, 2)], now)
      for (const whom of book.due(now, [B, C])) asked.push([now, whom])
    }
    assert.deepEqual(
      asked.slice(0, 2).map(([, whom]) => whom),
      [B, C],
    )
    assert.ok(asked.some(([, whom], i) => i > 1 && whom === B))
    assert.ok(asked.length < 20, `${asked.length} catch-ups`)
  })

  it('gives a liar no more catch-ups for more beacons', () => {
    let asked = 0
    for (let now = 0; now < 10 * TIMINGS.beaconEveryMs; now += 50) {
      if (now % 2_000 === 0) say(B, [head(C, 1e9 + now)], now)
      asked += book.due(now, [A, B, C]).length
    }
    assert.ok(asked < 20, `${asked} catch-ups`)
  })

  it('asks where histories differ', () => {
    hold(A, 3)
    say(B, [head(A, 3, idOf(9))])
    assert.deepEqual(book.due(beaconSoonMs, [B]), [B])
  })

  it('forgets whom the roster no longer has', () => {
    say(A, [])
    roster = roster.with({ table: 'roster', name: A, row: null })
    book.followRoster()
    assert.equal(book.isCurrent(A, 0), false)
    assert.equal(book.timeOf(A), -1)
  })
})
