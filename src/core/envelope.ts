/**
 * What travels: a signed header and its payload.
 *
 *   header = [version, networkId(32), author(32), seq, prev(32)|null, time, expires,
 *             payloadHash(32), payloadBytes]
 *   id     = SHA-256("tocsin/1/envelope\0" ‖ header)
 *   sig    = Ed25519(author, "tocsin/1/envelope\0" ‖ header)
 *   wire   = [header(bytes), sig(64), payload(bytes)|null]
 *
 * `open` is a pure function of the bytes: every honest node of every version says the same about
 * them, so a refusal may be charged to whoever forwarded them. It does not ask who the author is,
 * and it does not verify the signature: that is `verifySeal`, called once the author is known to be
 * worth the cost.
 */
import { createHash, type KeyObject } from 'node:crypto'
import { decode, encode, type Cbor } from './canonical.js'
import {
  authorOf,
  bytesOf,
  envelopeIdOf,
  hexOf,
  type AuthorId,
  type EnvelopeId,
} from './identity.js'
import { LIMITS } from './limits.js'
import { failed, fine, type IgnoreCode, type RefuseCode, type Result } from './outcome.js'
import { isSoundKey, keyToCheck, sign, verifyWith } from './signature.js'
import { fromWire, toWire, type Statement, type Void } from './statement.js'

export const HEADER_VERSION = 1
export const ENVELOPE_DOMAIN = 'tocsin/1/envelope\0'

/** Where a claim comes from; shared by all statements of one envelope. */
export interface EnvelopeRef {
  readonly id: EnvelopeId
  readonly author: AuthorId
  readonly seq: number
  /** Milliseconds since 1970 UTC by the author's clock; never falls along a log. */
  readonly time: number
}

export interface Envelope extends EnvelopeRef {
  readonly networkId: string
  readonly prev: EnvelopeId | null
  readonly expires: number
  readonly payloadHash: string
  readonly payloadBytes: number
  /** The exact bytes received: what is signed and stored is never made anew. */
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly payload: Uint8Array | null
  /** In payload order; empty where the payload is not there. */
  readonly statements: readonly (Statement | Void)[]
}

export type OpenCode = RefuseCode | Extract<IgnoreCode, 'version-unknown'>

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const isBytes = (x: Cbor | undefined, length: number): x is Uint8Array =>
  x instanceof Uint8Array && x.length === length

function signedBytes(header: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(ENVELOPE_DOMAIN, 'latin1'), header])
}

/**
 * Reads wire bytes. Conditions:
 *  [too-large]      within the envelope and header bounds
 *  [not-canonical]  wire, header and payload are each the one canonical encoding
 *  [frame-shape]    [header, signature(64), payload|null]
 *  [version-unknown] (ignored) the header's version is 1
 *  [header-shape]   nine fields of their kinds
 *  [first-shape]    seq 1 and only seq 1 has no prev
 *  [payload-hash]   the payload is the one the header names
 *  [payload-shape] [statement-shape]  1–256 well-framed statements
 *  [until-range]    no statement outlives time + 180 d
 *  [expires-wrong]  expires is the largest until
 */
export function open(bytes: Uint8Array): Result<Envelope, OpenCode> {
  if (bytes.length > LIMITS.envelopeBytesMax) return failed('too-large')
  const wire = decode(bytes)
  if (wire === undefined) return failed('not-canonical')
  if (!Array.isArray(wire) || wire.length !== 3) return failed('frame-shape')
  const [header, signature, payload] = wire as readonly Cbor[]
  if (!(header instanceof Uint8Array) || !isBytes(signature, 64)) return failed('frame-shape')
  if (payload !== null && !(payload instanceof Uint8Array)) return failed('frame-shape')
  return openParts(header, signature, payload!)
}

/** As `open`, for an envelope that is kept in its three parts. */
export function openParts(
  header: Uint8Array,
  signature: Uint8Array,
  payload: Uint8Array | null,
): Result<Envelope, OpenCode> {
  const head = openHeader(header)
  if (!head.ok) return head
  const statements = payload === null ? fine([]) : openPayload(head.value, payload)
  if (!statements.ok) return statements
  return fine({ ...head.value, header, signature, payload, statements: statements.value })
}

type Header = Omit<Envelope, 'header' | 'signature' | 'payload' | 'statements'>

/** Reads a header alone: enough to walk a chain of envelopes whose payloads have been dropped. */
export function openHeader(header: Uint8Array): Result<Header, OpenCode> {
  if (header.length > LIMITS.headerBytesMax) return failed('too-large')
  const fields = decode(header)
  if (fields === undefined) return failed('not-canonical')
  if (!Array.isArray(fields) || typeof fields[0] !== 'number') return failed('header-shape')
  if (fields[0] !== HEADER_VERSION) return failed('version-unknown')
  const [, networkId, author, seq, prev, time, expires, payloadHash, payloadBytes] =
    fields as readonly Cbor[]
  const shaped =
    fields.length === 9 &&
    isBytes(networkId, 32) &&
    isBytes(author, 32) &&
    typeof seq === 'number' &&
    seq >= 1 &&
    (prev === null || isBytes(prev, 32)) &&
    typeof time === 'number' &&
    typeof expires === 'number' &&
    isBytes(payloadHash, 32) &&
    typeof payloadBytes === 'number'
  if (!shaped) return failed('header-shape')
  if ((seq === 1) !== (prev === null)) return failed('first-shape')
  if (payloadBytes > LIMITS.payloadBytesMax) return failed('too-large')
  if (expires > time + LIMITS.lifeMsMax) return failed('until-range')
  return fine({
    id: envelopeIdOf(sha256(signedBytes(header))),
    networkId: hexOf(networkId),
    author: authorOf(author),
    seq,
    prev: prev === null ? null : envelopeIdOf(prev),
    time,
    expires,
    payloadHash: hexOf(payloadHash),
    payloadBytes,
  })
}

function openPayload(
  header: Header,
  payload: Uint8Array,
): Result<readonly (Statement | Void)[], RefuseCode> {
  if (payload.length !== header.payloadBytes) return failed('payload-hash')
  if (hexOf(sha256(payload)) !== header.payloadHash) return failed('payload-hash')
  const read = readPayload(payload)
  if (!read.ok) return read
  let latest = 0
  for (const { until } of read.value) {
    if (until > header.time + LIMITS.lifeMsMax) return failed('until-range')
    latest = Math.max(latest, until)
  }
  return latest === header.expires ? read : failed('expires-wrong')
}

/** The statements of a payload by itself; that a header names it is somebody else's to check. */
export function readPayload(
  payload: Uint8Array,
): Result<readonly (Statement | Void)[], RefuseCode> {
  const list = decode(payload)
  if (list === undefined) return failed('not-canonical')
  if (!Array.isArray(list) || list.length < 1 || list.length > LIMITS.statementsMax) {
    return failed('payload-shape')
  }
  const statements: (Statement | Void)[] = []
  for (const item of list as readonly Cbor[]) {
    const statement = fromWire(item)
    if (!statement.ok) return statement
    statements.push(statement.value)
  }
  return fine(statements)
}

/**
 * Whether an envelope is so old that nothing before it can matter: a log may begin with it. A
 * statement lives 180 days at the most, and a payload may be missing only a day after that.
 */
export function isBase(envelope: { readonly time: number }, now: number): boolean {
  return envelope.time + LIMITS.lifeMsMax + LIMITS.payloadGraceMs < now
}

/**
 * Whether the author signed this header, under the one rule. About 0.1 ms once the key is known.
 */
export function verifySeal(envelope: Envelope): Result<Envelope, SealCode> {
  const check = sealCheck(envelope)
  if (!check.ok) return check
  const { message, key, signature } = check.value
  return verifyWith(key, message, signature) ? fine(envelope) : failed('signature-wrong')
}

export type SealCode = 'key-weak' | 'signature-wrong'

/** What is left of `verifySeal` for another thread: whether OpenSSL says yes to this. */
export interface SealCheck {
  readonly message: Uint8Array
  readonly key: KeyObject
  readonly signature: Uint8Array
}

export function sealCheck({ author, header, signature }: Envelope): Result<SealCheck, SealCode> {
  const key = keyToCheck(signature, bytesOf(author))
  if (key !== undefined) return fine({ message: signedBytes(header), key, signature })
  return failed(isSoundKey(bytesOf(author)) ? 'signature-wrong' : 'key-weak')
}

/** Where the author's key lies in a wire of this version: every head before it has one length. */
const AUTHOR_AT = 41
/** The heads that say so: wire(3), header(bytes), nine fields, version 1, networkId(32). */
const HEADS: readonly (readonly [at: number, byte: number])[] = [
  [0, 0x83],
  [1, 0x58],
  [3, 0x89],
  [4, HEADER_VERSION],
  [5, 0x58],
  [6, 32],
  [AUTHOR_AT - 2, 0x58],
  [AUTHOR_AT - 1, 32],
]

/**
 * Who is said to be the author, told without reading the wire: to let envelopes wait in order, and
 * no more to be believed than anything unsigned. Undefined where it is not written like ours.
 */
export function authorAt(wire: Uint8Array): AuthorId | undefined {
  if (wire.length < AUTHOR_AT + 32 || HEADS.some(([at, byte]) => wire[at] !== byte))
    return undefined
  return authorOf(wire.subarray(AUTHOR_AT, AUTHOR_AT + 32))
}

export interface Place {
  readonly networkId: string
  readonly seq: number
  readonly prev: EnvelopeId | null
  readonly time: number
}

/** Bytes a statement adds to a payload; for packing envelopes to their bounds. */
export function statementBytes(statement: Statement): number {
  return encode(toWire(statement)).length
}

/**
 * Signs 1–256 statements at a place in our own log. Throws where they do not fit: the caller packs.
 */
export function seal(
  place: Place,
  statements: readonly Statement[],
  seed: Uint8Array,
  author: AuthorId,
): Envelope {
  const payload = encode(statements.map(toWire))
  const header = encode([
    HEADER_VERSION,
    bytesOf(place.networkId),
    bytesOf(author),
    place.seq,
    place.prev === null ? null : bytesOf(place.prev),
    place.time,
    Math.max(...statements.map((s) => s.until)),
    sha256(payload),
    payload.length,
  ])
  const opened = openParts(header, sign(signedBytes(header), seed), payload)
  if (!opened.ok) throw new Error(`sealed what no node would open: ${opened.code}`)
  return opened.value
}

export function toBytes(envelope: Pick<Envelope, 'header' | 'signature' | 'payload'>): Uint8Array {
  return encode([envelope.header, envelope.signature, envelope.payload])
}
