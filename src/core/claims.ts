/**
 * What one author at present says about one key: the newest (seq, then place in the payload) report
 * or revocation among those whose `until` is still ahead; if that is a revocation there is no
 * claim. Sightings and disputes have registers of their own under the same rule.
 *
 * Kept is the *staircase*: every entry that is newest now or will be once newer ones have run out,
 * that is, each entry outlives all newer ones. It is a function of the set of entries, whatever the
 * order and however often they arrive; and since what it drops ends no later than what stays,
 * dropping an expired payload can never change it.
 */
import { hash } from 'node:crypto'
import { encode } from './canonical.js'
import type { EnvelopeRef } from './envelope.js'
import { bytesOf, type AuthorId } from './identity.js'
import { keyOf, typeOf, type IndicatorKey } from './indicator.js'
import { LIMITS } from './limits.js'
import { toWire, type Report, type Statement } from './statement.js'

export interface ClaimEntry {
  readonly envelope: EnvelopeRef
  /** Place in the payload, from 0. */
  readonly index: number
  readonly statement: Statement
}

/** Where an author's statements of one sort on one key are kept; each register has its newest. */
export interface Register {
  readonly key: IndicatorKey
  readonly author: AuthorId
  readonly kind: 'claim' | 'sighting' | 'dispute'
  /**
   * Of a claim: a sibling key whose statements the author takes back; of a dispute: the author it
   * names. Null: what the author itself claims or saw, or a dispute of everybody's reports.
   */
  readonly about: AuthorId | null
}

/** A revocation for a sibling key says nothing about what its author itself claims. */
export function registerOf({ envelope, statement }: ClaimEntry): Register {
  const { kind } = statement
  const names = kind === 'revocation' || kind === 'dispute'
  return {
    key: keyOf(statement),
    author: envelope.author,
    kind: kind === 'report' || kind === 'revocation' ? 'claim' : kind,
    about: names ? statement.author : null,
  }
}

/** What an author itself reports or has taken back. */
export function claimRegister(key: IndicatorKey, author: AuthorId): Register {
  return { key, author, kind: 'claim', about: null }
}

/** Newest first; `until` rises strictly. Never empty where it is kept. */
export type Staircase = readonly ClaimEntry[]

/** A live report and where it comes from. */
export interface Claim {
  readonly envelope: EnvelopeRef
  readonly index: number
  readonly report: Report
}

function isNewer(a: ClaimEntry, b: ClaimEntry): boolean {
  return a.envelope.seq !== b.envelope.seq ? a.envelope.seq > b.envelope.seq : a.index > b.index
}

/** The staircase with `entry` taken in. The same object where `entry` changes nothing. */
export function take(staircase: Staircase, entry: ClaimEntry): Staircase {
  // By far the most frequent; and a list built by spreading keeps room for sixteen more.
  if (staircase.length === 0) return [entry]
  const newer = staircase.filter((held) => isNewer(held, entry))
  if (newer.some((held) => held.statement.until >= entry.statement.until)) return staircase
  const older = staircase.filter((held) => isNewer(entry, held))
  if (newer.length + older.length < staircase.length) return staircase // the same entry again
  return [...newer, entry, ...older.filter((held) => held.statement.until > entry.statement.until)]
}

/** What stands at `now`: the newest statement that has not run out, or nothing. */
export function standing(staircase: Staircase, now: number): ClaimEntry | undefined {
  return staircase.find((entry) => entry.statement.until > now)
}

/** The author's claim at `now`, if any. */
export function claimAt(staircase: Staircase, now: number): Claim | undefined {
  const entry = standing(staircase, now)
  if (entry?.statement.kind !== 'report') return undefined
  return { envelope: entry.envelope, index: entry.index, report: entry.statement }
}

/** The time after which nothing of the staircase can matter. */
export function endOf(staircase: Staircase): number {
  return staircase.at(-1)?.statement.until ?? 0
}

/** Until when a claim may act: a life over its type's maximum is clipped. */
export function actsUntil(claim: Claim): number {
  const lifeMs = typeOf(claim.report.type).lifeMsMax
  return Math.min(claim.report.until, claim.envelope.time + lifeMs)
}

/** A claim from too far ahead waits for its time. */
export function actsFrom(claim: Claim): number {
  return claim.envelope.time - LIMITS.futureMsMax
}

const ENTRY_DOMAIN = Buffer.from('tocsin/1/claim\0', 'latin1')

/**
 * SHA-512 that stands for one entry in a state hash, one byte a character; binds author, place, key
 * and all it says. One call and a string: a hash object and its Buffer cost three times as much
 * (1.9 µs and 0.6 µs were measured), and there is one of these for every statement.
 */
export function entryDigest({ envelope, index, statement }: ClaimEntry): string {
  const entry = encode([bytesOf(envelope.author), envelope.seq, index, toWire(statement)])
  return hash('sha512', Buffer.concat([ENTRY_DOMAIN, entry]), 'binary')
}
