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

/** Reads and verifies. Conditions are those of an envelope's frame, and that heads are in order. */
export function openBeacon(
  wire: Uint8Array,
): Result<Beacon, RefuseCode | Extract<IgnoreCode, 'version-unknown'>> {
  if (wire.length > LIMITS.beaconBytesMax) return failed('too-large')
  const parts = decode(wire)
  if (!Array.isArray(parts) || parts.length !== 2) return failed('frame-shape')
  const [bytes, signature] = parts as readonly Cbor[]
  if (!(bytes instanceof Uint8Array) || !(signature instanceof Uint8Array)) {
    return failed('frame-shape')
  }
  const beacon = readBeacon(bytes)
  if (!beacon.ok) return beacon
  const author = bytesOf(beacon.value.author)
  if (verify(signature, Buffer.concat([BEACON_DOMAIN, bytes]), author)) return beacon
  return failed(isSoundKey(author) ? 'signature-wrong' : 'key-weak')
}

const isBytes32 = (x: Cbor | undefined): x is Uint8Array =>
  x instanceof Uint8Array && x.length === 32

function readBeacon(
  bytes: Uint8Array,
): Result<Beacon, RefuseCode | Extract<IgnoreCode, 'version-unknown'>> {
  const fields = decode(bytes)
  if (!Array.isArray(fields) || typeof fields[0] !== 'number') return failed('header-shape')
  if (fields[0] !== BEACON_VERSION) return failed('version-unknown')
  const [, networkId, author, time, list] = fields as readonly Cbor[]
  if (fields.length !== 5 || !isBytes32(networkId) || !isBytes32(author))
    return failed('header-shape')
  if (typeof time !== 'number' || !Array.isArray(list)) return failed('header-shape')
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
