/**
 * A signed list of the heads a node has applied, said every half minute or so. Gaps, withholding
 * and forks become visible by it, and freshness rests on it.
 *
 *   beacon = [version, networkId(32), author(32), time, [[author(32), seq, id(32)], …]]
 *   wire   = [beacon(bytes), sig(64)]
 *   sig    = Ed25519(author, "tocsin/1/beacon\0" ‖ beacon)
 *
 * Heads are in the order of their keys, without repeats: one form per content.
 */
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
import { isSoundKey, sign, verify } from './signature.js'

export const BEACON_VERSION = 1
const BEACON_DOMAIN = Buffer.from('tocsin/1/beacon\0', 'latin1')

export interface BeaconHead {
  readonly author: AuthorId
  readonly seq: number
  readonly id: EnvelopeId
}

export interface Beacon {
  readonly networkId: string
  readonly author: AuthorId
  readonly time: number
  readonly heads: readonly BeaconHead[]
}

export function sealBeacon(beacon: Beacon, seed: Uint8Array): Uint8Array {
  const heads = [...beacon.heads].sort((a, b) => (a.author < b.author ? -1 : 1))
  const bytes = encode([
    BEACON_VERSION,
    bytesOf(beacon.networkId),
    bytesOf(beacon.author),
    beacon.time,
    heads.map((head) => [bytesOf(head.author), head.seq, bytesOf(head.id)]),
  ])
  return encode([bytes, sign(Buffer.concat([BEACON_DOMAIN, bytes]), seed)])
}

/** A beacon as received, in its shape and not yet verified. */
export interface SignedBeacon extends Beacon {
  /** The exact bytes received: what is signed is never made anew. */
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

type FrameCode = RefuseCode | Extract<IgnoreCode, 'version-unknown'>

/**
 * Reads without verifying: whose it is and how old is cheap to know, its signature is not.
 * Conditions are those of an envelope's frame, and that heads are in order.
 */
export function openBeacon(wire: Uint8Array): Result<SignedBeacon, FrameCode> {
  if (wire.length > LIMITS.beaconBytesMax) return failed('too-large')
  const parts = decode(wire)
  if (parts === undefined) return failed('not-canonical')
  if (!Array.isArray(parts) || parts.length !== 2) return failed('frame-shape')
  const [bytes, signature] = parts as readonly Cbor[]
  if (!(bytes instanceof Uint8Array) || !(signature instanceof Uint8Array)) {
    return failed('frame-shape')
  }
  if (signature.length !== 64) return failed('frame-shape')
  const beacon = readBeacon(bytes)
  return beacon.ok ? fine({ ...beacon.value, bytes, signature }) : beacon
}

/** Whether its author signed it, under the one rule. */
export function verifyBeacon(
  beacon: SignedBeacon,
): Result<SignedBeacon, 'key-weak' | 'signature-wrong'> {
  const author = bytesOf(beacon.author)
  const signed = Buffer.concat([BEACON_DOMAIN, beacon.bytes])
  if (verify(beacon.signature, signed, author)) return fine(beacon)
  return failed(isSoundKey(author) ? 'signature-wrong' : 'key-weak')
}

const isBytes32 = (x: Cbor | undefined): x is Uint8Array =>
  x instanceof Uint8Array && x.length === 32

function readBeacon(bytes: Uint8Array): Result<Beacon, FrameCode> {
  const fields = decode(bytes)
  if (fields === undefined) return failed('not-canonical')
  if (!Array.isArray(fields) || typeof fields[0] !== 'number') return failed('header-shape')
  if (fields[0] !== BEACON_VERSION) return failed('version-unknown')
  const [, networkId, author, time, list] = fields as readonly Cbor[]
  if (fields.length !== 5 || !isBytes32(networkId) || !isBytes32(author))
    return failed('header-shape')
  if (typeof time !== 'number' || !Array.isArray(list)) return failed('header-shape')
  if (list.length > LIMITS.headsMax) return failed('header-shape')
  const heads: BeaconHead[] = []
  for (const item of list as readonly Cbor[]) {
    if (!Array.isArray(item) || item.length !== 3) return failed('header-shape')
    const [of, seq, id] = item as readonly Cbor[]
    if (!isBytes32(of) || typeof seq !== 'number' || seq < 1 || !isBytes32(id)) {
      return failed('header-shape')
    }
    const head = { author: authorOf(of), seq, id: envelopeIdOf(id) }
    if (heads.length > 0 && heads.at(-1)!.author >= head.author) return failed('header-shape')
    heads.push(head)
  }
  return fine({ networkId: hexOf(networkId), author: authorOf(author), time, heads })
}
