/**
 * Heads of logs and the two hashes by which nodes compare what they hold.
 *  - `logHash` covers the heads: equal hashes mean equal logs, because each head ends a hash chain.
 *  - `stateHash` is a lane-wise sum of SHA-512 over every entry of every staircase, kept per author
 *    and per day of `until`: incremental and order-free, without policy, trust or names. As of a
 *    day it covers entries that end on that day or later, so sweeping what has ended changes
 *    nothing.
 */
import { createHash } from 'node:crypto'
import { encode } from './canonical.js'
import { entryDigest, type ClaimEntry } from './claims.js'
import type { EnvelopeRef } from './envelope.js'
import { bytesOf, type AuthorId } from './identity.js'
import { DAY_MS } from './limits.js'

/** The newest contiguous envelope of a log. */
export type Head = EnvelopeRef

export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS)
}

function byAuthor<T extends { readonly author: AuthorId }>(a: T, b: T): number {
  return a.author < b.author ? -1 : 1
}

/**
 * SHA-256 over [author, seq, id] of each head, in the order of the keys; of a forked log over
 * [author, forked seq]: what lies below is settled by that number alone. Hex.
 */
export function logHash(
  heads: Iterable<Head>,
  forks: Iterable<{ readonly author: AuthorId; readonly seq: number }> = [],
): string {
  const ends = new Map([...forks].map((fork) => [fork.author, fork]))
  const whole = [...heads].filter((head) => !ends.has(head.author))
  const rows = [...whole, ...ends.values()].sort(byAuthor)
  const bytes = encode(
    rows.map((row) => {
      const place = [bytesOf(row.author), row.seq]
      return ends.has(row.author) ? place : [...place, bytesOf((row as Head).id)]
    }),
  )
  return createHash('sha256').update('tocsin/1/log\0').update(bytes).digest('hex')
}

/** 512 bits as sixteen sums modulo 2^32. */
export type Lanes = Uint32Array
const LANES = 16

export function emptyLanes(): Lanes {
  return new Uint32Array(LANES)
}

/** Four characters as a number, the lowest first. */
function laneOf(digest: string, at: number): number {
  return (
    digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24)
  )
}

export function lanesHex(lanes: Lanes): string {
  return Buffer.from(lanes.buffer, lanes.byteOffset, lanes.byteLength).toString('hex')
}

export function addLanes(into: Lanes, other: Lanes): void {
  for (let i = 0; i < LANES; i++) into[i]! += other[i]!
}

/** What every author's entries of every day sum up to. Only this file knows how. */
export class StateSums {
  readonly #sums = new Map<AuthorId, Map<number, Lanes>>()

  /** Adds an entry, or with `sign` −1 takes it out again. Answers its author's sum of that day. */
  change(entry: ClaimEntry, sign: 1 | -1): { readonly day: number; readonly lanes: Lanes } {
    const day = dayOf(entry.statement.until)
    const lanes = this.lanes(entry.envelope.author, day)
    const digest = entryDigest(entry)
    for (let i = 0; i < LANES; i++) lanes[i]! += sign * laneOf(digest, i * 4)
    return { day, lanes }
  }

  lanes(author: AuthorId, day: number): Lanes {
    let days = this.#sums.get(author)
    if (days === undefined) this.#sums.set(author, (days = new Map<number, Lanes>()))
    let lanes = days.get(day)
    if (lanes === undefined) days.set(day, (lanes = emptyLanes()))
    return lanes
  }

  set(author: AuthorId, day: number, lanes: Lanes): void {
    this.lanes(author, day).set(lanes)
  }

  /** Forgets days before `day`. */
  dropBefore(day: number): void {
    for (const days of this.#sums.values()) {
      for (const held of days.keys()) if (held < day) days.delete(held)
    }
  }

  /** One author's sum as of `day`; hex. For comparing two labs' view of one log. */
  authorHash(author: AuthorId, day: number): string {
    const total = emptyLanes()
    for (const [held, lanes] of this.#sums.get(author) ?? []) {
      if (held >= day) addLanes(total, lanes)
    }
    return lanesHex(total)
  }

  /** An author's sums from `day` on, each in hex; days whose sum is nothing are left out. */
  daySums(author: AuthorId, day: number): { readonly day: number; readonly sum: string }[] {
    return [...(this.#sums.get(author) ?? [])]
      .filter(([held]) => held >= day)
      .map(([held, lanes]) => ({ day: held, sum: lanesHex(lanes) }))
      .filter(({ sum }) => /[^0]/.test(sum))
      .sort((a, b) => a.day - b.day)
  }

  /** SHA-256 over [day, [author, sum] …] of all authors with anything to say as of `day`; hex. */
  stateHash(day: number): string {
    const rows = [...this.#sums.keys()]
      .map((author) => ({ author, sum: this.authorHash(author, day) }))
      .filter(({ sum }) => /[^0]/.test(sum))
      .sort(byAuthor)
    const bytes = encode([day, rows.map(({ author, sum }) => [bytesOf(author), bytesOf(sum)])])
    return createHash('sha256').update('tocsin/1/state\0').update(bytes).digest('hex')
  }

  /** A copy whose changes the original does not see. */
  entries(): { author: AuthorId; day: number; lanes: Lanes }[] {
    return [...this.#sums].flatMap(([author, days]) =>
      [...days].map(([day, lanes]) => ({ author, day, lanes: lanes.slice() })),
    )
  }
}
