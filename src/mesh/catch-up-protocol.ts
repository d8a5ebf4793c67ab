/**
 * The messages of `/tocsin/catch-up/1`: each one length-prefixed deterministic CBOR array that
 * starts with a code. A later version may append fields or add codes: both are skipped, never an
 * error.
 *
 *   HELLO 1 [version, networkId, now, [frameBytesMax]]
 *   HEADS 2 [[author, floor, seq, id], …]
 *   WANT 3 [author, from, to]
 *   ENVELOPES 4 [author, from, [wire, …]]
 *   NONE 6 [author, from, reason]
 *   FORK 7 [proof]
 *   ASK 8 []
 *   BEACON 9 [wire]
 *   DONE 10 [reason]
 *   BUSY 11 [retryMs]
 *
 * 5 is kept for CREDIT (DESIGN.md §6).
 */
import { decode, encode, type Cbor } from '../core/canonical.js'
import {
  authorOf,
  bytesOf,
  envelopeIdOf,
  hexOf,
  type AuthorId,
  type EnvelopeId,
} from '../core/identity.js'
import { LIMITS } from '../core/limits.js'

export const CATCH_UP_PROTOCOL = '/tocsin/catch-up/1'
export const CATCH_UP_VERSION = 1
/** A row of HEADS is five CBOR items, an ENVELOPES one per wire: what fits `cborItemsMax`. */
export const HEADS_PER_FRAME_MAX = Math.min(
  LIMITS.headsMax,
  Math.floor(LIMITS.cborItemsMax / 5) - 1,
)
export const WIRES_PER_FRAME_MAX = 2_000

/** Why a range is not sent. */
export const NONE_REASON = { 'not-served': 1, 'not-held': 2, 'store-failed': 3 } as const
/** Why a side wants nothing more. */
export const DONE_REASON = { level: 0 } as const

export interface PeerHead {
  readonly author: AuthorId
  /** First seq held. */
  readonly floor: number
  readonly seq: number
  readonly id: EnvelopeId
}

export type CatchUpMessage =
  | {
      readonly kind: 'hello'
      readonly version: number
      readonly networkId: string
      /** The sender's clock. */
      readonly now: number
      readonly frameBytesMax: number
    }
  | { readonly kind: 'heads'; readonly heads: readonly PeerHead[] }
  | {
      readonly kind: 'want'
      readonly author: AuthorId
      readonly from: number
      readonly to: number
    }
  | {
      readonly kind: 'envelopes'
      readonly author: AuthorId
      readonly from: number
      readonly wires: readonly Uint8Array[]
    }
  | {
      readonly kind: 'none'
      readonly author: AuthorId
      readonly from: number
      readonly reason: number
    }
  /** A proof as `core/fork` has it. */
  | { readonly kind: 'fork'; readonly proof: Uint8Array }
  | { readonly kind: 'ask' }
  /** As `core/beacon` has it. */
  | { readonly kind: 'beacon'; readonly wire: Uint8Array }
  | { readonly kind: 'done'; readonly reason: number }
  | { readonly kind: 'busy'; readonly retryMs: number }
  | { readonly kind: 'unknown'; readonly code: number }

export type Kind = Exclude<CatchUpMessage['kind'], 'unknown'>
type Of<K extends CatchUpMessage['kind']> = Extract<CatchUpMessage, { kind: K }>

const CODE: Readonly<Record<Kind, number>> = {
  hello: 1,
  heads: 2,
  want: 3,
  envelopes: 4,
  none: 6,
  fork: 7,
  ask: 8,
  beacon: 9,
  done: 10,
  busy: 11,
}

export function encodeMessage(message: Exclude<CatchUpMessage, Of<'unknown'>>): Uint8Array {
  return encode([CODE[message.kind], ...fieldsOf(message)])
}

function fieldsOf(message: Exclude<CatchUpMessage, Of<'unknown'>>): Cbor[] {
  switch (message.kind) {
    case 'hello': {
      const { version, networkId, now, frameBytesMax } = message
      return [version, bytesOf(networkId), now, [frameBytesMax]]
    }
    case 'heads':
      return [message.heads.map((h) => [bytesOf(h.author), h.floor, h.seq, bytesOf(h.id)])]
    case 'want':
      return [bytesOf(message.author), message.from, message.to]
    case 'envelopes':
      return [bytesOf(message.author), message.from, message.wires]
    case 'none':
      return [bytesOf(message.author), message.from, message.reason]
    case 'fork':
      return [message.proof]
    case 'ask':
      return []
    case 'beacon':
      return [message.wire]
    case 'done':
      return [message.reason]
    case 'busy':
      return [message.retryMs]
  }
}

type Fields = readonly (Cbor | undefined)[]
const isKey = (x: Cbor | undefined): x is Uint8Array => x instanceof Uint8Array && x.length === 32
const isBytes = (x: Cbor | undefined): x is Uint8Array => x instanceof Uint8Array
const isNumber = (x: Cbor | undefined): x is number => typeof x === 'number'
const isList = (x: Cbor | undefined): x is readonly Cbor[] => Array.isArray(x)

/**
 * Undefined where the bytes are not canonical CBOR or a known message lacks a field of its kind.
 */
export function decodeMessage(bytes: Uint8Array): CatchUpMessage | undefined {
  const message = decode(bytes)
  if (!isList(message)) return undefined
  const [code, ...fields] = message
  if (!isNumber(code)) return undefined
  const read = READERS[code]
  return read === undefined ? { kind: 'unknown', code } : read(fields)
}

const READERS: Readonly<Record<number, (fields: Fields) => CatchUpMessage | undefined>> = {
  [CODE.hello]: ([version, networkId, now, limits]) => {
    if (!isNumber(version) || !isKey(networkId) || !isNumber(now) || !isList(limits))
      return undefined
    const [frameBytesMax] = limits
    if (!isNumber(frameBytesMax)) return undefined
    return { kind: 'hello', version, networkId: hexOf(networkId), now, frameBytesMax }
  },
  [CODE.heads]: ([rows]) => {
    if (!isList(rows) || rows.length > LIMITS.headsMax) return undefined
    const heads = rows.map(headFrom)
    const sound = heads.filter((head) => head !== undefined)
    return sound.length === heads.length ? { kind: 'heads', heads: sound } : undefined
  },
  [CODE.want]: ([author, from, to]) => {
    if (!isKey(author) || !isNumber(from) || !isNumber(to)) return undefined
    return from < 1 || to < from ? undefined : { kind: 'want', author: authorOf(author), from, to }
  },
  [CODE.envelopes]: ([author, from, wires]) => {
    if (!isKey(author) || !isNumber(from) || !isList(wires)) return undefined
    const sound = wires.filter((wire) => wire instanceof Uint8Array)
    if (sound.length !== wires.length || sound.length > WIRES_PER_FRAME_MAX) return undefined
    return { kind: 'envelopes', author: authorOf(author), from, wires: sound }
  },
  [CODE.none]: ([author, from, reason]) => {
    if (!isKey(author) || !isNumber(from) || !isNumber(reason)) return undefined
    return { kind: 'none', author: authorOf(author), from, reason }
  },
  [CODE.fork]: ([proof]) => (isBytes(proof) ? { kind: 'fork', proof } : undefined),
  [CODE.ask]: () => ({ kind: 'ask' }),
  [CODE.beacon]: ([wire]) => (isBytes(wire) ? { kind: 'beacon', wire } : undefined),
  [CODE.done]: ([reason]) => (isNumber(reason) ? { kind: 'done', reason } : undefined),
  [CODE.busy]: ([retryMs]) => (isNumber(retryMs) ? { kind: 'busy', retryMs } : undefined),
}

function headFrom(row: Cbor): PeerHead | undefined {
  if (!isList(row)) return undefined
  const [author, floor, seq, id] = row
  if (!isKey(author) || !isNumber(floor) || !isNumber(seq) || !isKey(id)) return undefined
  if (floor < 1 || seq < 1) return undefined
  return { author: authorOf(author), floor, seq, id: envelopeIdOf(id) }
}
