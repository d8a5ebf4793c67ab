/**
 * One signature rule for all nodes ("tocsin-Ed25519-strict"), or a hostile member could craft a
 * signature that half the federation accepts:
 *  1. the public key is canonical, on the curve, not of small order and torsion-free;
 *  2. S < L, R is not the identity, and the cofactorless equation [S]B − [k]A = R holds byte for
 *     byte.
 *
 * `verify` is node:crypto with a cached key (about ten times faster); `verifySlowly` is the same
 * rule through @noble/ed25519, the second implementation that a differential test holds against the
 * first. noble's default mode (ZIP-215) is never used for authorship: it accepts keys that sign
 * everything. A signature has one right form (RFC 8032 leaves nothing to chance), so `sign` is
 * node:crypto, too, and `signSlowly` noble's.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as signWithOpenSsl,
  verify as verifyWithOpenSsl,
  type KeyObject,
} from 'node:crypto'
import {
  getPublicKey,
  hashes,
  Point,
  sign as signWithNoble,
  verify as verifyWithNoble,
} from '@noble/ed25519'
import { authorOf, type AuthorId } from './identity.js'

hashes.sha512 = (message) => new Uint8Array(createHash('sha512').update(message).digest())

/** Order of the base point, little-endian, as S must be below it (RFC 8032 §5.1.7). */
const L = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex')
const IDENTITY = Buffer.from('01'.padEnd(64, '0'), 'hex')
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Keys whose check has passed. Bounded: strangers' keys never get here, see `keyFor`'s callers. */
const keys = new Map<AuthorId, KeyObject>()
const KEYS_MAX = 4_096

/** Rule 1. Costs about a millisecond, but for keys that have passed it before. */
export function isSoundKey(publicKey: Uint8Array): boolean {
  return keys.has(authorOf(publicKey)) || isSoundPoint(publicKey)
}

function isSoundPoint(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false
  try {
    const point = Point.fromBytes(new Uint8Array(publicKey), false)
    return !point.isSmallOrder() && point.isTorsionFree()
  } catch {
    return false // not canonical, or not on the curve
  }
}

function keyFor(publicKey: Uint8Array): KeyObject | undefined {
  const author = authorOf(publicKey)
  let key = keys.get(author)
  if (key === undefined) {
    if (!isSoundPoint(publicKey)) return undefined
    const der = Buffer.concat([SPKI_PREFIX, publicKey])
    key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    if (keys.size >= KEYS_MAX) keys.clear()
    keys.set(author, key)
  }
  return key
}

/** Rule 2's checks that OpenSSL and noble do not both make, or not in the same way. */
function isSoundForm(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false
  if (IDENTITY.equals(signature.subarray(0, 32))) return false
  for (let i = 31; i >= 0; i--) {
    const byte = signature[32 + i]!
    const bound = L[i]!
    if (byte !== bound) return byte < bound
  }
  return false
}

/** Whether `signature` is `publicKey`'s over `message`. Never throws. */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  const key = keyToCheck(signature, publicKey)
  return key !== undefined && verifyWith(key, message, signature)
}

/** What is left to ask once there is a key to check with. */
export function verifyWith(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return verifyWithOpenSsl(null, message, key, signature)
}

/**
 * The key for whoever has OpenSSL check a signature on another thread; undefined where the answer
 * is no without it.
 */
export function keyToCheck(signature: Uint8Array, publicKey: Uint8Array): KeyObject | undefined {
  return isSoundForm(signature) ? keyFor(publicKey) : undefined
}

/** The same answer by other means; for tests and for checking the hot path, not for use on it. */
export function verifySlowly(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (!isSoundForm(signature) || !isSoundPoint(publicKey)) return false
  try {
    // noble's equation is cofactored; with A torsion-free, an R free of torsion makes both the
    // same.
    const r = Point.fromBytes(new Uint8Array(signature.subarray(0, 32)), false)
    if (r.isSmallOrder() || !r.isTorsionFree()) return false
    const bytes = new Uint8Array(signature)
    return verifyWithNoble(bytes, new Uint8Array(message), new Uint8Array(publicKey), {
      zip215: false,
    })
  } catch {
    return false
  }
}

/** RFC 8032 public key of a 32-byte seed. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return getPublicKey(new Uint8Array(seed))
}

/** By the seed that was handed in: making one costs ten signatures. */
const signingKeys = new WeakMap<Uint8Array, KeyObject>()

/** RFC 8032 signature (64 bytes) by a 32-byte seed, which its owner does not change. */
export function sign(message: Uint8Array, seed: Uint8Array): Uint8Array {
  let key = signingKeys.get(seed)
  if (key === undefined) {
    const der = Buffer.concat([PKCS8_PREFIX, seed])
    key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    signingKeys.set(seed, key)
  }
  return new Uint8Array(signWithOpenSsl(null, message, key))
}

/** The same bytes by other means; for tests, as `verifySlowly`. */
export function signSlowly(message: Uint8Array, seed: Uint8Array): Uint8Array {
  return signWithNoble(new Uint8Array(message), new Uint8Array(seed))
}
