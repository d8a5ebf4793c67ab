/**
 * What a node signs about its own state for those that follow it: how far its change feed has come,
 * what the claims then sum up to, how fresh it is, and when it said so. A follower compares and so
 * notices what it missed, a feed that stands still, and one that goes back.
 *
 *   mark = [version, networkId(32), author(32), epoch, number, day, stateHash(32), policy,
 *           freshness, time]
 *   wire = [mark(bytes), sig(64)]
 *   sig  = Ed25519(author, "tocsin/1/mark\0" ‖ mark)
 */
import { decode, encode, type Cbor } from './canonical.js'
import { parseCursor, formatCursor, type Cursor } from './feed.js'
import { authorOf, bytesOf, hexOf, type AuthorId } from './identity.js'
import { sign, verify } from './signature.js'

export const FRESHNESS = ['fresh', 'stale', 'degraded'] as const
/** How far a node's answers may be trusted to be complete (DESIGN.md §6). */
export type Freshness = (typeof FRESHNESS)[number]

export interface Mark extends Cursor {
  readonly networkId: string
  readonly author: AuthorId
  /** Days since 1970 UTC: what ended before it is not in `stateHash`. */
  readonly day: number
  readonly stateHash: string
  /** Hash of the policy in force. */
  readonly policy: string
  readonly freshness: Freshness
  /** Milliseconds since 1970 UTC by the node's clock. */
  readonly time: number
}

const VERSION = 1
const DOMAIN = Buffer.from('tocsin/1/mark\0', 'latin1')
/** A mark has ten fields of fixed sizes, 230 bytes at most. */
const TEXT_MAX = 512

/** Signed, in base64. */
export function sealMark(mark: Mark, seed: Uint8Array): string {
  const bytes = encode([
    VERSION,
    bytesOf(mark.networkId),
    bytesOf(mark.author),
    mark.epoch,
    mark.number,
    mark.day,
    bytesOf(mark.stateHash),
    mark.policy,
    FRESHNESS.indexOf(mark.freshness),
    mark.time,
  ])
  return Buffer.from(encode([bytes, sign(Buffer.concat([DOMAIN, bytes]), seed)])).toString('base64')
}

/** The mark, if its author signed it; undefined for anything else. */
export function openMark(text: unknown): Mark | undefined {
  if (typeof text !== 'string' || text.length > TEXT_MAX) return undefined
  const wire = decode(new Uint8Array(Buffer.from(text, 'base64')))
  if (!Array.isArray(wire) || wire.length !== 2) return undefined
  const [bytes, signature] = wire as readonly Cbor[]
  if (!(bytes instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined
  const fields = decode(bytes)
  if (!Array.isArray(fields) || fields.length !== 10 || fields[0] !== VERSION) return undefined
  const mark = readMark(fields as readonly Cbor[])
  if (mark === undefined) return undefined
  const signed = Buffer.concat([DOMAIN, bytes])
  return verify(signature, signed, bytesOf(mark.author)) ? mark : undefined
}

/** Of what is no mark of ours because a newer version made it. */
export function isNewerMark(text: unknown): boolean {
  if (typeof text !== 'string' || text.length > TEXT_MAX) return false
  const wire = decode(new Uint8Array(Buffer.from(text, 'base64')))
  const bytes: unknown = Array.isArray(wire) ? wire[0] : undefined
  const fields = bytes instanceof Uint8Array ? decode(bytes) : undefined
  const version: unknown = Array.isArray(fields) ? fields[0] : undefined
  return typeof version === 'number' && version > VERSION
}

/** Why something is no mark of the node that is followed. */
export function markFault(text: unknown): 'mark-version-unknown' | 'mark-unsigned' {
  return isNewerMark(text) ? 'mark-version-unknown' : 'mark-unsigned'
}

const isBytes32 = (x: Cbor | undefined): x is Uint8Array =>
  x instanceof Uint8Array && x.length === 32

function readMark(fields: readonly Cbor[]): Mark | undefined {
  const [, networkId, author, epoch, number, day, stateHash, policy, fresh, time] = fields
  if (!isBytes32(networkId) || !isBytes32(author) || !isBytes32(stateHash)) return undefined
  if (typeof epoch !== 'string' || typeof number !== 'number') return undefined
  if (typeof day !== 'number' || typeof time !== 'number') return undefined
  const freshness = FRESHNESS[fresh as number]
  if (typeof policy !== 'string' || freshness === undefined) return undefined
  const cursor = parseCursor(formatCursor({ epoch, number }))
  if (cursor === undefined) return undefined
  return {
    ...cursor,
    networkId: hexOf(networkId),
    author: authorOf(author),
    day,
    stateHash: hexOf(stateHash),
    policy,
    freshness,
    time,
  }
}
