/**
 * From what a person or program asked us to say (names, durations, raw values) to the statement
 * that would say it. Pure; the guards and duplicates of our own door come after.
 */
import {
  ACTION,
  BUCKET,
  CATEGORY,
  DISPUTE_REASON,
  LABEL,
  PAP,
  REVOCATION_REASON,
  TLP,
  type CodeTable,
} from './codes.js'
import { canonicalise } from './canonical-form.js'
import { canonicalDomain } from './domain.js'
import { dayOf } from './heads.js'
import { typeOf } from './indicator.js'
import { DAY_MS, HOUR_MS, LIMITS, MINUTE_MS, SECOND_MS } from './limits.js'
import { failed, fine, type Failure, type InputCode, type Result } from './outcome.js'
import type { DisputeItem, ReportItem, RevocationItem, SightingItem } from './ports.js'
import type { Indicator, Question } from './indicator.js'
import type { Report, Sighting } from './statement.js'

export const REPORT_DEFAULTS = {
  confidence: 80,
  action: 'block',
  tlp: 'amber',
  pap: 'green',
} as const

const UNIT_MS: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
}

/** Without a zone, a time would mean another moment on every host. */
const INSTANT = /^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:\d\d)$/

/** Milliseconds since 1970 UTC of an ISO 8601 time with its zone. */
export function parseInstant(text: string): number | undefined {
  const ms = INSTANT.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** Milliseconds of a duration like `90s`, `15m`, `24h`, `7d`. */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9]\d{0,8})([smhd])$/.exec(text)
  return match === null ? undefined : Number(match[1]) * UNIT_MS[match[2]!]!
}

/**
 * The code of a name, its default where none was given, or the failure with the names there are.
 */
function lookUp<Name extends string>(
  table: CodeTable<Name>,
  given: string | undefined,
  standard: Name,
  code: InputCode,
  min = 0,
): Result<number, InputCode> {
  const found = table.parse(given ?? standard)
  if (found !== undefined && found >= min) return fine(found)
  return failed(code, `one of ${table.names.filter((n) => table.code(n) >= min).join(' ')}`)
}

/** A campaign's sixteen bytes in hex, from either way of writing a UUID. */
export function campaignOf(text: string | undefined): Result<string | null, InputCode> {
  if (text === undefined) return fine(null)
  const hex = text
    .toLowerCase()
    .replace(/^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-/, '$1$2$3$4')
  return /^[0-9a-f]{32}$/.test(hex) ? fine(hex) : failed('campaign-malformed')
}

function labelsOf(names: readonly string[] | undefined): Result<readonly number[], InputCode> {
  if (names === undefined) return fine([])
  if (names.length > LIMITS.labelsMax) return failed('labels-too-many')
  const codes = names.map((name) => LABEL.parse(name))
  if (codes.includes(undefined)) return failed('label-unknown', `one of ${LABEL.names.join(' ')}`)
  return fine([...new Set(codes as number[])].sort((a, b) => a - b))
}

/** A moment ahead, as an ISO 8601 time with its zone or a duration from now; milliseconds. */
export function momentOf(text: string, now: number): Result<number, InputCode> {
  const life = parseDuration(text)
  const at = life !== undefined ? now + life : INSTANT.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(at)) return failed('ttl-malformed', 'or an ISO 8601 time with its zone')
  return at > now ? fine(at) : failed('ttl-too-short')
}

/**
 * When a report ends: `ttl` or `validUntil`, else its type's default life; never over the maximum.
 */
function untilOf(item: ReportItem, type: number, now: number): Result<number, InputCode> {
  const { lifeMsDefault, lifeMsMax, name } = typeOf(type)
  let until = now + lifeMsDefault
  if (item.validUntil !== undefined) {
    const named = parseInstant(item.validUntil)
    if (named === undefined) {
      return failed('ttl-malformed', 'validUntil is an ISO 8601 time with its zone')
    }
    until = named
  } else if (item.ttl !== undefined) {
    const life = parseDuration(item.ttl)
    if (life === undefined) return failed('ttl-malformed')
    until = now + life
  }
  if (until <= now) return failed('ttl-too-short')
  if (until > now + lifeMsMax)
    return failed('ttl-too-long', `${name} lives at most ${lifeMsMax / DAY_MS}d`)
  return fine(until)
}

/** The first failure, or the values in order. */
function all<T extends readonly Result<unknown, InputCode>[]>(
  results: readonly [...T],
):
  | Failure<InputCode>
  | { ok: true; value: { [K in keyof T]: T[K] extends Result<infer V, InputCode> ? V : never } } {
  const failure = results.find((result) => !result.ok)
  if (failure !== undefined && !failure.ok) return failure
  const values = results.map((result) => (result.ok ? result.value : undefined))
  return {
    ok: true,
    value: values as { [K in keyof T]: T[K] extends Result<infer V, InputCode> ? V : never },
  }
}

/**
 * A look-up of a customer's `mail.example.com` asks about example.com; a report of it must not
 * widen to everybody at example.com.
 */
function isSubdomain(item: { readonly value: string }, indicator: Indicator): boolean {
  if (typeOf(indicator.type).name !== 'actor.email-domain') return false
  const named = canonicalDomain(item.value.trim())
  return named.ok && named.value !== indicator.value
}

/** What an item names, as its writer read it: with the epoch keys, where there are any. */
export type Reading = Result<Question, InputCode>

function readingOf({ type, value }: { readonly type: string; readonly value: string }): Reading {
  return canonicalise(type, value)
}

/** What is new is said of the value itself: its hash, as listings show it, is of one epoch. */
export function isHashAlone({ type, local }: Question): boolean {
  const { name, privacy } = typeOf(type)
  return privacy === 'keyed' && name !== 'query.sketch' && local === undefined
}

/** The report an item asks for. A single report is first-hand unless said otherwise. */
export function reportOf(
  item: ReportItem,
  now: number,
  indicator = readingOf(item),
): Result<Report, InputCode> {
  if (!indicator.ok) return indicator
  if (isHashAlone(indicator.value)) return failed('keyed-not-raw')
  const confidence = item.confidence ?? REPORT_DEFAULTS.confidence
  if (!Number.isInteger(confidence) || confidence < 0 || confidence > 100)
    return failed('confidence-range')
  const parts = all([
    untilOf(item, indicator.value.type, now),
    lookUp(ACTION, item.action, REPORT_DEFAULTS.action, 'action-unknown', 1),
    lookUp(TLP, item.tlp, REPORT_DEFAULTS.tlp, 'tlp-unknown'),
    lookUp(PAP, item.pap, REPORT_DEFAULTS.pap, 'pap-unknown'),
    lookUp(CATEGORY, item.category, 'unspecified', 'category-unknown'),
    lookUp(BUCKET, item.evidence?.replace('–', '-'), 'unspecified', 'evidence-unknown'),
    campaignOf(item.campaign),
    labelsOf(item.labels),
  ])
  if (!parts.ok) return parts
  const [until, action, tlp, pap, category, evidence, campaign, labels] = parts.value
  if (tlp === TLP.code('red')) return failed('tlp-red')
  if (isSubdomain(item, indicator.value)) return failed('not-registrable')
  return fine({
    kind: 'report',
    until,
    type: indicator.value.type,
    value: indicator.value.value,
    confidence,
    action,
    tlp,
    pap,
    category,
    firstHand: item.firstHand ?? true,
    evidence,
    campaign,
    labels,
  })
}

/** What a revocation item names. */
export function revocationOf(item: RevocationItem, reading?: Reading): Result<Reasoned, InputCode> {
  return reasonedOf(item, REVOCATION_REASON, reading)
}

/** The sighting an item asks for: seen today if unsaid; it lives as a report does from then on. */
export function sightingOf(
  item: SightingItem,
  now: number,
  indicator = readingOf(item),
): Result<Sighting, InputCode> {
  if (!indicator.ok) return indicator
  if (isHashAlone(indicator.value)) return failed('keyed-not-raw')
  const bucket = item.count?.replace('–', '-')
  const count = lookUp(BUCKET, bucket, '1-4', 'count-unknown', BUCKET.code('1-4'))
  if (!count.ok) return count
  if (isSubdomain(item, indicator.value)) return failed('not-registrable')
  const { type, value } = indicator.value
  const seenMs = seenOf(item, now)
  if (!seenMs.ok) return seenMs
  const until = seenMs.value + typeOf(type).lifeMsDefault
  if (until <= now) return failed('ttl-too-short')
  return fine({
    kind: 'sighting',
    until,
    type,
    value,
    count: count.value,
    day: dayOf(seenMs.value),
  })
}

/** Nobody has seen what is to come: a clock that is ahead has seen it now. */
function seenOf({ seen }: SightingItem, now: number): Result<number, InputCode> {
  if (seen === undefined) return fine(now)
  const ms = parseInstant(seen)
  if (ms !== undefined) return fine(Math.min(ms, now))
  return failed('ttl-malformed', 'seen is an ISO 8601 time with its zone')
}

/** What a dispute item names; whose reports are meant is for the roster to say. */
export function disputeOf(item: DisputeItem, reading?: Reading): Result<Reasoned, InputCode> {
  return reasonedOf(item, DISPUTE_REASON, reading)
}

interface Reasoned {
  readonly indicator: Question
  readonly reason: number
}

function reasonedOf<Name extends string>(
  item: RevocationItem | DisputeItem,
  reasons: CodeTable<Name>,
  indicator = readingOf(item),
): Result<Reasoned, InputCode> {
  if (!indicator.ok) return indicator
  const reason = reasons.parse(item.reason)
  if (reason === undefined) return failed('reason-unknown', `one of ${reasons.names.join(' ')}`)
  return fine({ indicator: indicator.value, reason })
}
