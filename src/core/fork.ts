/**
 * Equivocation: two validly signed headers of one author in one network that cannot both be of one
 * log. Either they have one seq and different ids, or the one of the lower seq has the later time:
 * time never falls along a log, so the log that leads to the higher one has, at the lower number,
 * another envelope than the lower one. The second form convicts who shows different members logs of
 * which no number is held by both, as when one of them begins at a base.
 *
 * An author that writes max(clock, time before), and publishes only what is durably the one next
 * envelope of its log, signs no such pair, whatever its clock does.
 *
 * A proof needs nothing but itself: anybody can check it offline, so it travels like an envelope
 * does.
 *
 *   proof = [[header(bytes), sig(64)], [header(bytes), sig(64)]]
 *
 * The lower seq first, and of two alike the smaller id, so that a pair has one form.
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
  /** The number that was used twice, the lower of the two: the author's log ends below it. */
  readonly seq: number
  readonly bytes: Uint8Array
}

type Signed = Pick<Envelope, 'header' | 'signature'>

/** The proof that two envelopes make, or undefined where they are no fork. */
export function forkOf(one: Signed, other: Signed): ForkProof | undefined {
  const a = openParts(one.header, one.signature, null)
  const b = openParts(other.header, other.signature, null)
  if (!a.ok || !b.ok) return undefined
  const [first, second] = comesFirst(a.value, b.value) ? [one, other] : [other, one]
  return openFork(
    encode([
      [first.header, first.signature],
      [second.header, second.signature],
    ]),
  )
}

type Place = Pick<Envelope, 'seq' | 'id'>

function comesFirst(a: Place, b: Place): boolean {
  return a.seq === b.seq ? a.id < b.id : a.seq < b.seq
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
  if (a.networkId !== b.networkId || a.author !== b.author || !comesFirst(a, b)) return undefined
  if (a.seq < b.seq && a.time <= b.time) return undefined
  if (!verifySeal(a).ok || !verifySeal(b).ok) return undefined
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
