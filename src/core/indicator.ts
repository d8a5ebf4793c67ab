/**
 * The closed table of indicator types: number on the wire, names, category of evidence, caps,
 * lives. One row per type of INDICATORS.md; a row is protocol (code, form, life) and default policy
 * (caps). A type's canonical form itself is in `canonical-form.ts`.
 */
import { DAY_MS, HOUR_MS } from './limits.js'
import { ACTION, type Action } from './codes.js'

export type EvidenceKind = 'network' | 'client' | 'identity' | 'query'
/**
 * clear: travels as text. keyed: only a keyed hash or sketch travels, and only once switched on.
 */
export type Privacy = 'clear' | 'keyed'

export interface IndicatorType {
  readonly code: number
  readonly name: string
  readonly short: string
  readonly privacy: Privacy
  readonly evidence: EvidenceKind
  /** The strongest action one member's report may cause. */
  readonly alone: (value: string) => Action
  /** The ceiling whatever the support. */
  readonly together: (value: string) => Action
  readonly lifeMsDefault: number
  readonly lifeMsMax: number
}

type Cap = Action | ((value: string) => Action)

function cap(given: Cap): (value: string) => Action {
  return typeof given === 'function' ? given : () => given
}

/** Networks narrow enough to name one operator act; wider ones are only watched (INDICATORS.md). */
function narrow(then: Action, otherwise: Action): (value: string) => Action {
  return (value) => {
    const length = Number(value.slice(value.indexOf('/') + 1))
    return length >= (value.includes(':') ? 48 : 24) ? then : otherwise
  }
}

function row(
  code: number,
  name: string,
  short: string,
  privacy: Privacy,
  evidence: EvidenceKind,
  caps: readonly [alone: Cap, together: Cap],
  livesMs: readonly [standard: number, max: number],
): IndicatorType {
  return {
    code,
    name,
    short,
    privacy,
    evidence,
    alone: cap(caps[0]),
    together: cap(caps[1]),
    lifeMsDefault: livesMs[0],
    lifeMsMax: livesMs[1],
  }
}

const days = (standard: number, max: number): readonly [number, number] => [
  standard * DAY_MS,
  max * DAY_MS,
]
const OBSERVED: readonly [Cap, Cap] = ['observe', 'throttle']
const THROTTLED: readonly [Cap, Cap] = ['throttle', 'block']
const NETWORK: readonly [Cap, Cap] = [narrow('throttle', 'observe'), narrow('block', 'throttle')]

const ROWS = [
  row(1, 'net.ipv4', 'ipv4', 'clear', 'network', THROTTLED, [24 * HOUR_MS, 7 * DAY_MS]),
  row(2, 'net.ipv6', 'ipv6', 'clear', 'network', THROTTLED, [48 * HOUR_MS, 7 * DAY_MS]),
  row(3, 'net.cidr', 'cidr', 'clear', 'network', NETWORK, days(7, 30)),
  row(4, 'net.asn', 'asn', 'clear', 'network', OBSERVED, days(30, 90)),
  row(5, 'net.domain', 'domain', 'clear', 'network', OBSERVED, days(30, 90)),
  row(6, 'tls.ja3', 'ja3', 'clear', 'client', OBSERVED, days(14, 90)),
  row(7, 'tls.ja4', 'ja4', 'clear', 'client', OBSERVED, days(14, 90)),
  row(8, 'http.header-order', 'headers', 'clear', 'client', OBSERVED, days(30, 90)),
  row(9, 'http.user-agent', 'ua', 'clear', 'client', OBSERVED, days(14, 30)),
  row(10, 'tool.schema', 'tools', 'keyed', 'client', OBSERVED, days(60, 90)),
  row(11, 'actor.account', 'account', 'keyed', 'identity', THROTTLED, days(90, 180)),
  row(12, 'actor.email', 'email', 'keyed', 'identity', THROTTLED, days(90, 180)),
  row(13, 'actor.email-domain', 'email-domain', 'clear', 'identity', THROTTLED, days(30, 90)),
  row(14, 'actor.phone', 'phone', 'keyed', 'identity', THROTTLED, days(30, 90)),
  row(15, 'actor.payment', 'payment', 'keyed', 'identity', THROTTLED, days(90, 180)),
  row(16, 'actor.bin', 'bin', 'clear', 'identity', OBSERVED, days(30, 60)),
  row(17, 'actor.api-key', 'api-key', 'keyed', 'identity', THROTTLED, days(30, 90)),
  row(18, 'actor.proxy-service', 'proxy', 'clear', 'network', OBSERVED, days(60, 90)),
  row(19, 'query.exact', 'prompt', 'keyed', 'query', THROTTLED, days(30, 60)),
  row(20, 'query.segment', 'line', 'keyed', 'query', OBSERVED, days(30, 60)),
  row(21, 'query.sketch', 'sketch', 'keyed', 'query', THROTTLED, days(30, 60)),
] as const

export const TYPES: readonly IndicatorType[] = ROWS
/** By its code, none at 0: asked several times in each look-up. */
const BY_CODE: readonly (IndicatorType | undefined)[] = [undefined, ...ROWS]
const BY_NAME = new Map(ROWS.flatMap((type) => [[type.name, type] as const, [type.short, type]]))

export function typeByCode(code: number): IndicatorType | undefined {
  return BY_CODE[code]
}

/** By full or short name. `ip` is not a type: which of three it is depends on the value. */
export function typeByName(name: string): IndicatorType | undefined {
  return BY_NAME.get(name)
}

/** As everywhere a type is taken: `ip` is addresses and networks; none where there is no such. */
export function typesNamed(name: string): readonly IndicatorType[] {
  const names = name === 'ip' ? ['net.ipv4', 'net.ipv6', 'net.cidr'] : [name]
  return names.flatMap((one) => typeByName(one) ?? [])
}

/** As `typeByCode` for a code already judged: an unknown one is a bug. */
export function typeOf(code: number): IndicatorType {
  const type = BY_CODE[code]
  if (type === undefined) throw new Error(`no indicator type ${code}`)
  return type
}

/**
 * What everything below is keyed by. `value` is the canonical text, or for keyed types the bytes in
 * lower-case hex.
 */
export interface Indicator {
  readonly type: number
  readonly value: string
}

/**
 * What is asked about. A keyed value has one form under each epoch key, and what is said of any of
 * them is said of it.
 */
export interface Question extends Indicator {
  /** Of a keyed value: its forms under older keys; hex. */
  readonly older?: readonly string[]
  /** Of a keyed value: its form under this node's own secret, for allow entries; hex. */
  readonly local?: string
  /** Of an account or API key: the member that gave it out, where the settings name it. */
  readonly issuer?: string
}

/** The indicator for each epoch key, newest first; of clear types the one there is. */
export function formsOf({ type, value, older = [] }: Question): Indicator[] {
  return [value, ...older].map((form) => ({ type, value: form }))
}

export type IndicatorKey = string & { readonly brand: 'IndicatorKey' }

/** Unambiguous: the type number has no colon. */
export function keyOf(indicator: Indicator): IndicatorKey {
  return `${indicator.type}:${indicator.value}` as IndicatorKey
}

export function indicatorOf(key: IndicatorKey): Indicator {
  const colon = key.indexOf(':')
  return { type: Number(key.slice(0, colon)), value: key.slice(colon + 1) }
}

export function strongest(a: Action, b: Action): Action {
  return ACTION.code(a) >= ACTION.code(b) ? a : b
}

export function weakest(a: Action, b: Action): Action {
  return ACTION.code(a) <= ACTION.code(b) ? a : b
}
