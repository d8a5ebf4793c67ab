/**
 * Equivocation: two validly signed headers with one (network, author, seq) and different ids. A
 * proof needs nothing but itself: anybody can check it offline, so it travels like an envelope
 * does.
 *
 *   proof = [[header(bytes), sig(64)], [header(bytes), sig(64)]]
 *
 * The smaller id first, so that a pair has one form.
 */
import { createHash } from 'node:crypto'
import { decode, encode, type Cbor } from './canonical.js'
import { openParts, verifySeal, type Envelope } from './envelope.js'
import { envelopeIdOf, type AuthorId, type EnvelopeId } from './identity.js'
import { LIMITS } from './limits.js'

export interface ForkProof {
  /** SHA-256 of the proof: names it in outcomes. */
  readonly id: EnvelopeId
  readonly networkId: string
  readonly author: AuthorId
  /** The number that was used twice: the author's log ends below it. */
  readonly seq: number
  readonly bytes: Uint8Array
}

type Signed = Pick<Envelope, 'header' | 'signature'>

/** The proof that two envelopes make, or undefined where they are no fork. */
export function forkOf(one: Signed, other: Signed): ForkProof | undefined {
  const a = openParts(one.header, one.signature, null)
  const b = openParts(other.header, other.signature, null)
  if (!a.ok || !b.ok) return undefined
  const [first, second] = a.value.id < b.value.id ? [one, other] : [other, one]
  return openFork(
    encode([
      [first.header, first.signature],
      [second.header, second.signature],
    ]),
  )
}

/** First byte of a proof (a list of two), where an envelope (a list of three) has another. */
export const FORK_HEAD = 0x82

/** Checks a proof. Undefined where it proves nothing; a pure function of the bytes. */
export function openFork(bytes: Uint8Array): ForkProof | undefined {
  if (bytes.length > 2 * LIMITS.headerBytesMax + 256) return undefined
  const pair = decode(bytes)
  if (!Array.isArray(pair) || pair.length !== 2) return undefined
  const [a, b] = (pair as readonly Cbor[]).map(openSigned)
  if (a === undefined || b === undefined) return undefined
  const same = a.networkId === b.networkId && a.author === b.author && a.seq === b.seq
  if (!same || a.id >= b.id || !verifySeal(a).ok || !verifySeal(b).ok) return undefined
  const id = envelopeIdOf(createHash('sha256').update(bytes).digest())
  return { id, networkId: a.networkId, author: a.author, seq: a.seq, bytes }
}

function openSigned(item: Cbor): Envelope | undefined {
  if (!Array.isArray(item) || item.length !== 2) return undefined
  const [header, signature] = item as readonly Cbor[]
  if (!(header instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined
  if (signature.length !== 64) return undefined
  const opened = openParts(header, signature, null)
  return opened.ok ? opened.value : undefined
}
