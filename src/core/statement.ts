/**
 * What a log can say about a key. Statements travel as fixed-position arrays (DESIGN.md §4):
 *
 *   report     [1, until, type, value, confidence, action, tlp, pap, category, firstHand, evidence,
 *               campaign|null, labels]
 *   revocation [2, until, type, value, reason, author|null]
 *   sighting   [3, until, type, value, count, day]
 *   dispute    [4, until, type, value, author|null, reason]
 *
 * The *frame* (kinds of the fixed fields, ranges written in that layout) is the same for all
 * versions: a wrong one is refused. The *tables* (types, codes, forms) grow: what this version does
 * not know is void, which is stored and relayed but never acts. There is no free text and no field
 * for anything else.
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
} from './codes.js'
import type { Cbor } from './canonical.js'
import { isForm } from './canonical-form.js'
import { authorOf, bytesOf, hexOf, type AuthorId } from './identity.js'
import { typeByCode, typeOf, type Indicator } from './indicator.js'
import { LIMITS } from './limits.js'
import { failed, fine, type RefuseCode, type Result, type VoidCode } from './outcome.js'

interface Said extends Indicator {
  /** Milliseconds since 1970 UTC; from then on the statement says nothing. */
  readonly until: number
}

export interface Report extends Said {
  readonly kind: 'report'
  /** 0 to 100. */
  readonly confidence: number
  /** Code of ACTION, 1 to 4. What the author advises; the receiver takes what its policy allows. */
  readonly action: number
  readonly tlp: number
  readonly pap: number
  readonly category: number
  /** The author's word that it saw this on its own API. */
  readonly firstHand: boolean
  readonly evidence: number
  /** 16 bytes in hex. */
  readonly campaign: string | null
  readonly labels: readonly number[]
}

export interface Revocation extends Said {
  readonly kind: 'revocation'
  readonly reason: number
  /** A sibling key of the same member whose statements are meant; null: our own. */
  readonly author: AuthorId | null
}

export interface Sighting extends Said {
  readonly kind: 'sighting'
  readonly count: number
  /** Days since 1970 UTC. */
  readonly day: number
}

export interface Dispute extends Said {
  readonly kind: 'dispute'
  /** The author whose report is disputed; null: all of them. */
  readonly author: AuthorId | null
  readonly reason: number
}

export type Statement = Report | Revocation | Sighting | Dispute

/**
 * Keeps its place in the payload and its `until`, which orders and prunes like any other's, and for
 * people to look at what it is about, where the wire had that in the usual places.
 */
export interface Void {
  readonly kind: 'void'
  readonly until: number
  readonly code: VoidCode
  readonly type?: number
  /** Text as it was, bytes in hex. Anything an author likes: never canonical, never acted on. */
  readonly value?: string
}

const KIND = { report: 1, revocation: 2, sighting: 3, dispute: 4 } as const

function valueToWire(indicator: Indicator): Cbor {
  return typeOf(indicator.type).privacy === 'keyed' ? bytesOf(indicator.value) : indicator.value
}

export function toWire(s: Statement): Cbor[] {
  const { until, type } = s
  const value = valueToWire(s)
  switch (s.kind) {
    case 'report':
      return [
        KIND.report,
        until,
        type,
        value,
        s.confidence,
        s.action,
        s.tlp,
        s.pap,
        s.category,
        s.firstHand ? 1 : 0,
        s.evidence,
        s.campaign === null ? null : bytesOf(s.campaign),
        s.labels,
      ]
    case 'revocation':
      return [
        KIND.revocation,
        until,
        type,
        value,
        s.reason,
        s.author === null ? null : bytesOf(s.author),
      ]
    case 'sighting':
      return [KIND.sighting, until, type, value, s.count, s.day]
    case 'dispute':
      return [
        KIND.dispute,
        until,
        type,
        value,
        s.author === null ? null : bytesOf(s.author),
        s.reason,
      ]
  }
}

const isUint = (x: Cbor | undefined): x is number => typeof x === 'number'
const isBytes = (x: Cbor | undefined): x is Uint8Array => x instanceof Uint8Array
const isUpTo = (x: Cbor | undefined, max: number): x is number => isUint(x) && x <= max
const isBytesOrNull = (x: Cbor | undefined, length: number): x is Uint8Array | null =>
  x === null || (isBytes(x) && x.length === length)

function isValue(x: Cbor | undefined): x is string | Uint8Array {
  if (typeof x === 'string') return x.length > 0 && x.length <= LIMITS.valueTextMax
  return isBytes(x) && x.length > 0 && x.length <= LIMITS.valueBytesMax
}

/**
 * Reads one statement of a payload. Conditions, in order:
 *  - a list that starts with a kind and an `until`;
 *  - for kinds 1–4: all fixed fields present and of their kinds [refuse `statement-shape`];
 *  - kind, type, codes and value form known here, no trailing field [else void].
 */
export function fromWire(wire: Cbor | undefined): Result<Statement | Void, RefuseCode> {
  if (!Array.isArray(wire)) return failed('statement-shape')
  const fields = wire as readonly Cbor[]
  const [kind, until] = fields
  if (!isUint(kind) || !isUint(until)) return failed('statement-shape')
  const read = READERS[kind]
  if (read === undefined) return fine(voidOf(fields, until, 'kind-unknown'))
  const statement = read.frame(fields, until) ? read.build(fields, until) : undefined
  if (statement === undefined) return failed('statement-shape')
  const code = voidness(statement, isBytes(fields[3]), fields.length > read.fields)
  return fine(code === undefined ? statement : voidOf(fields, until, code))
}

function voidOf([, , type, value]: readonly Cbor[], until: number, code: VoidCode): Void {
  return {
    kind: 'void',
    until,
    code,
    ...(isUint(type) ? { type } : {}),
    ...(isValue(value) ? { value: valueFrom(value) } : {}),
  }
}

interface Reader {
  readonly fields: number
  readonly frame: (f: readonly Cbor[], until: number) => boolean
  readonly build: (f: readonly Cbor[], until: number) => Statement
}

function valueFrom(x: Cbor | undefined): string {
  return typeof x === 'string' ? x : hexOf(x as Uint8Array)
}

/** Most reports have none, and a million of them are held. */
const NO_LABELS: readonly number[] = []

/** A copy, because a list that grew item by item holds room for more. */
const labelsFrom = (x: readonly number[]): readonly number[] =>
  x.length === 0 ? NO_LABELS : x.slice()

const authorFrom = (x: Cbor | undefined): AuthorId | null => (isBytes(x) ? authorOf(x) : null)

const READERS: Readonly<Record<number, Reader>> = {
  [KIND.report]: {
    fields: 13,
    frame: (f) =>
      isUint(f[2]) &&
      isValue(f[3]) &&
      isUpTo(f[4], 100) &&
      isUpTo(f[5], 4) &&
      f[5] >= 1 &&
      isUint(f[6]) &&
      isUint(f[7]) &&
      isUint(f[8]) &&
      isUpTo(f[9], 1) &&
      isUint(f[10]) &&
      isBytesOrNull(f[11], 16) &&
      Array.isArray(f[12]) &&
      f[12].length <= LIMITS.labelsMax &&
      f[12].every(isUint),
    build: (f, until) => ({
      kind: 'report',
      until,
      type: f[2] as number,
      value: valueFrom(f[3]),
      confidence: f[4] as number,
      action: f[5] as number,
      tlp: f[6] as number,
      pap: f[7] as number,
      category: f[8] as number,
      firstHand: f[9] === 1,
      evidence: f[10] as number,
      campaign: isBytes(f[11]) ? hexOf(f[11]) : null,
      labels: labelsFrom(f[12] as readonly number[]),
    }),
  },
  [KIND.revocation]: {
    fields: 6,
    frame: (f) => isUint(f[2]) && isValue(f[3]) && isUint(f[4]) && isBytesOrNull(f[5], 32),
    build: (f, until) => ({
      kind: 'revocation',
      until,
      type: f[2] as number,
      value: valueFrom(f[3]),
      reason: f[4] as number,
      author: authorFrom(f[5]),
    }),
  },
  [KIND.sighting]: {
    fields: 6,
    frame: (f) => isUint(f[2]) && isValue(f[3]) && isUint(f[4]) && isUint(f[5]),
    build: (f, until) => ({
      kind: 'sighting',
      until,
      type: f[2] as number,
      value: valueFrom(f[3]),
      count: f[4] as number,
      day: f[5] as number,
    }),
  },
  [KIND.dispute]: {
    fields: 6,
    frame: (f) => isUint(f[2]) && isValue(f[3]) && isBytesOrNull(f[4], 32) && isUint(f[5]),
    build: (f, until) => ({
      kind: 'dispute',
      until,
      type: f[2] as number,
      value: valueFrom(f[3]),
      author: authorFrom(f[4]),
      reason: f[5] as number,
    }),
  },
}

/** Why a well-framed statement means nothing to this version, if so. */
function voidness(statement: Statement, inBytes: boolean, trailing: boolean): VoidCode | undefined {
  if (trailing) return 'field-unknown'
  const type = typeByCode(statement.type)
  if (type === undefined) return 'type-unknown'
  if (!codesKnown(statement)) return 'code-unknown'
  if (inBytes !== (type.privacy === 'keyed')) return 'value-form'
  return isForm(type, statement.value) ? undefined : 'value-form'
}

function codesKnown(s: Statement): boolean {
  switch (s.kind) {
    case 'report':
      return (
        ACTION.name(s.action) !== undefined &&
        TLP.name(s.tlp) !== undefined &&
        PAP.name(s.pap) !== undefined &&
        CATEGORY.name(s.category) !== undefined &&
        BUCKET.name(s.evidence) !== undefined &&
        s.labels.every((label) => LABEL.name(label) !== undefined)
      )
    case 'revocation':
      return REVOCATION_REASON.name(s.reason) !== undefined
    case 'sighting':
      return s.count > 0 && BUCKET.name(s.count) !== undefined
    case 'dispute':
      return DISPUTE_REASON.name(s.reason) !== undefined
  }
}
