/**
 * The catalogue: what programs outside the federation are shown (TAXII, MISP, exports), each object
 * in its latest version, in the order in which it came or last changed here. The place in that
 * order is a time that no other object has and that only rises, so that who has read up to a time
 * goes on from it, over a crash on either side. An object that is taken back, has ended, or may not
 * be shown any more stays for a while and says so: who holds it would never learn of it otherwise.
 *
 * It follows the claims and can be made anew from them; objects then have new places.
 */
import type { AuthorId } from './identity.js'
import type { Indicator, IndicatorKey } from './indicator.js'

/** Microseconds of a millisecond. */
export const MS_US = 1_000

/** Of what is read once as one: a key, or one author. */
export type CatalogueKey = IndicatorKey | `identity:${string}`

/** What is told of it; enumerations are codes of `codes.ts`. */
export type CatalogueContent =
  | {
      readonly kind: 'indicator'
      readonly author: AuthorId
      /** As it leaves, which of a network may be a piece. */
      readonly indicator: Indicator
      readonly confidence: number
      readonly action: number
      /** Milliseconds since 1970 UTC. */
      readonly until: number
      readonly pap: number
      readonly firstHand: boolean
      readonly evidence: number
      /** 16 bytes in hex. */
      readonly campaign: string | null
      readonly labels: readonly number[]
    }
  | {
      readonly kind: 'sighting'
      readonly author: AuthorId
      /** Ids of indicators; here one. */
      readonly of: readonly string[]
      readonly count: number
      /** Days since 1970 UTC. */
      readonly day: number
    }
  | {
      readonly kind: 'opinion'
      readonly author: AuthorId
      readonly of: readonly string[]
      /** Code of DISPUTE_REASON. */
      readonly reason: number
    }
  | { readonly kind: 'identity'; readonly author: AuthorId; readonly name: string }

export interface CatalogueItem {
  /** Microseconds since 1970 UTC. */
  readonly atUs: number
  /** UUID: the same at every node that hears the same, and never used again once it is gone. */
  readonly id: string
  readonly key: CatalogueKey
  /** Which of the objects on its key it is; two versions of one object have the same. */
  readonly place: string
  readonly createdMs: number
  readonly modifiedMs: number
  readonly gone: boolean
  readonly tlp: number
  /** Code of CATEGORY; null belongs to all. */
  readonly category: number | null
  readonly content: CatalogueContent
}

/** Objects that outside programs know as one event: a category, and a day since 1970 UTC. */
export interface CatalogueEvent {
  readonly category: number
  readonly day: number
}

/** An indicator in its event. */
export type CatalogueEntry = CatalogueEvent & Pick<CatalogueItem, 'atUs' | 'tlp'>

export interface CatalogueChange {
  readonly put: readonly CatalogueItem[]
  /** Rows that something put replaces. */
  readonly replaced: readonly CatalogueItem[]
  /** Objects on a key that are not gone, after the change; an empty list forgets the key. */
  readonly keys: ReadonlyMap<CatalogueKey, readonly CatalogueItem[]>
  /** Gone for long enough. */
  readonly forgotten: readonly CatalogueItem[]
}

/** The durable side. Every method throws `StoreError`, and nothing else. */
export interface CatalogueStore {
  /** A damaged row was met since it was cleared last: nothing of it can be trusted. */
  readonly damaged: boolean
  /** Place of the newest object; 0 where there is none. */
  lastUs(): Promise<number>
  /** What is there of each key and not gone. */
  on(keys: readonly CatalogueKey[]): Promise<readonly (readonly CatalogueItem[])[]>
  keys(): AsyncIterable<readonly CatalogueKey[]>
  /** All or nothing; not synced: a power cut loses the newest, which are then found missing. */
  write(change: CatalogueChange): Promise<void>
  /** After a place, in order, as of now; by pages that are never empty. */
  after(atUs: number): AsyncIterable<readonly CatalogueItem[]>
  /** Which of these ids there are, gone or not. */
  known(ids: readonly string[]): Promise<ReadonlySet<string>>
  byId(id: string): Promise<CatalogueItem | undefined>
  /** Every indicator's event and place, by event; or those of one. */
  events(of?: CatalogueEvent): AsyncIterable<readonly CatalogueEntry[]>
  /** What stands at these places; nothing where another version has replaced it. */
  at(places: readonly number[]): Promise<readonly CatalogueItem[]>
  /** Forgets everything. */
  clear(): Promise<void>
}

/** RFC 3339 with microseconds. */
export function timeOfUs(atUs: number): string {
  const ms = Math.floor(atUs / MS_US)
  const us = String(atUs % MS_US).padStart(3, '0')
  return new Date(ms).toISOString().replace('Z', `${us}Z`)
}

/** Microseconds since 1970 UTC of an RFC 3339 time in UTC; finer ones are cut. */
export function usOfTime(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text)
  const ms = match === null ? NaN : Date.parse(`${match[1]}Z`)
  if (Number.isNaN(ms) || ms < 0) return undefined
  return ms * MS_US + Number((match![2] ?? '').padEnd(6, '0').slice(0, 6))
}
