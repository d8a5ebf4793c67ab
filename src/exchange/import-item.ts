/**
 * What readers of other tools' documents make of them: items of our own voice, each with its place,
 * and a code for each that cannot be one. Nothing is passed over in silence: what an item had and
 * our statements have no place for is counted by its name.
 */
import { canonicalise } from '../core/canonical-form.js'
import { typeOf } from '../core/indicator.js'
import { MINUTE_MS } from '../core/limits.js'
import type { InputCode } from '../core/outcome.js'
import type { DisputeItem, ReportItem, RevocationItem, SightingItem } from '../core/ports.js'
import { parseInstant } from '../core/request.js'

export type ImportItem =
  | {
      readonly kind: 'report'
      readonly place: number
      readonly item: ReportItem
      readonly clipped?: true
    }
  | { readonly kind: 'sighting'; readonly place: number; readonly item: SightingItem }
  | { readonly kind: 'dispute'; readonly place: number; readonly item: DisputeItem }
  | { readonly kind: 'revocation'; readonly place: number; readonly item: RevocationItem }
export type ImportKind = ImportItem['kind']

export interface ImportRefusal {
  readonly kind: 'refusal'
  /** From 1: the line of a file, or the number of an object in its document. */
  readonly place: number
  readonly code: InputCode
  readonly detail?: string
}

export type ImportEntry = ImportItem | ImportRefusal

/** What the operator says of everything in a document that does not say it itself. */
export type ImportDefaults = Omit<Partial<ReportItem>, 'value' | 'force'>

/** Of everything that comes from elsewhere and does not say otherwise. */
export const ELSEWHERE = { action: 'observe', firstHand: false } as const

/** Reports, then what is said of them, then what is taken back. */
export const IMPORT_KINDS = ['report', 'sighting', 'dispute', 'revocation'] as const

/**
 * Codes of what needs no word of ours: somebody else takes back what we never said, or passes on
 * what we know better.
 */
export const ALREADY: readonly string[] = ['nothing-to-revoke', 'first-hand-stands']

/** Our own clock and the node's may differ by so much. */
const CLOCK_MS = MINUTE_MS

/** Gathers what a document holds. */
export class ImportReading {
  readonly entries: ImportEntry[] = []
  /** How often something was there that our statements have no place for, by its name. */
  readonly unexpressed = new Map<string, number>()
  readonly #defaults: ImportDefaults
  readonly #now: number

  constructor(defaults: ImportDefaults, now: number) {
    this.#defaults = defaults
    this.#now = now
  }

  /**
   * A report: second-hand unless said; without an action it asks for no more than to be observed.
   * A life over the type's maximum is cut to it.
   */
  report(place: number, said: Omit<ReportItem, 'firstHand'>): void {
    const whole = { ...ELSEWHERE, ...this.#defaults, ...said }
    // Its own end replaces the operator's.
    if (said.validUntil !== undefined) delete whole.ttl
    const latest = this.#latest(whole)
    if (latest === undefined) return void this.entries.push({ kind: 'report', place, item: whole })
    const item = { ...whole, validUntil: latest }
    this.entries.push({ kind: 'report', place, item, clipped: true })
  }

  /** The latest end that the type permits, where the one that is given is later. */
  #latest({ type, value, validUntil }: ReportItem): string | undefined {
    const read = canonicalise(type, value)
    const until = validUntil === undefined ? undefined : parseInstant(validUntil)
    if (!read.ok || until === undefined) return undefined
    const latest = this.#now + typeOf(read.value.type).lifeMsMax - CLOCK_MS
    return until > latest + CLOCK_MS ? new Date(latest).toISOString() : undefined
  }

  say(entry: Exclude<ImportItem, { kind: 'report' }>): void {
    this.entries.push(entry)
  }

  refuse(place: number, code: InputCode, detail?: string): void {
    this.entries.push({ kind: 'refusal', place, code, ...(detail === undefined ? {} : { detail }) })
  }

  left(name: string, count = 1): void {
    this.unexpressed.set(name, (this.unexpressed.get(name) ?? 0) + count)
  }
}

export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textIn(object: Json, name: string): string | undefined {
  const value = object[name]
  return typeof value === 'string' ? value : undefined
}

export function listIn(object: Json, name: string): readonly unknown[] {
  const value = object[name]
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

/** ISO 8601; undefined of what is no time that there is. */
export function isoOf(ms: number): string | undefined {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** The bucket of a count; the least one where there is none: it was seen. */
export function bucketOf(count: unknown): string {
  const n = typeof count === 'number' ? count : Number(count ?? 1)
  if (n >= 1_000) return '1000+'
  if (n >= 100) return '100-999'
  if (n >= 20) return '20-99'
  return n >= 5 ? '5-19' : '1-4'
}
