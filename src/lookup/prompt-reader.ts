/**
 * Reads the messages of a request into what can be looked up. The text goes no further: what is
 * kept of a message is its hashes, under the hash of the message, because a campaign's fixed part
 * comes again and again.
 */
import { createHash } from 'node:crypto'
import { canonicalTokens } from '../core/canonical-text.js'
import { typeByName, type Question } from '../core/indicator.js'
import type { KeyRing } from '../core/key-ring.js'

/** Of one message. */
interface Read {
  /** Under each epoch key held. */
  readonly hashes: readonly Uint32Array[]
  /** Its exact form and its lines, where these types are on. */
  readonly questions: readonly Question[]
}

const EXACT = typeByName('query.exact')!
const SEGMENT = typeByName('query.segment')!
const KEPT = 512
/** Of a message; what is said in so many lines is no frame. */
const LINES_MAX = 64
const LINE_CHARS_MIN = 20

export class PromptReader {
  readonly #keyRing: () => KeyRing
  #ring: KeyRing | undefined
  readonly #kept = new Map<string, Read>()

  constructor(keyRing: () => KeyRing) {
    this.#keyRing = keyRing
  }

  /** Nothing runs on from one message to the next. */
  read(messages: readonly string[]): Read {
    const ring = this.#keyRing()
    if (ring !== this.#ring) {
      this.#kept.clear()
      this.#ring = ring
    }
    const read = messages.map((message) => this.#message(ring, message))
    return {
      hashes: ring.hashers.map((_, i) => joined(read.map(({ hashes }) => hashes[i]!))),
      questions: read.flatMap(({ questions }) => questions),
    }
  }

  #message(ring: KeyRing, message: string): Read {
    const place = createHash('sha256').update(message).digest('base64')
    const kept = this.#kept.get(place)
    this.#kept.delete(place)
    const read = kept ?? readMessage(ring, message)
    this.#kept.set(place, read)
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!)
    return read
  }
}

function readMessage(ring: KeyRing, message: string): Read {
  const parts = canonicalTokens(message)
  const lines = ring.isOn(SEGMENT) ? message.split('\n', LINES_MAX) : []
  const asked = [
    ...(ring.isOn(EXACT) ? [ring.read(EXACT.name, message)] : []),
    ...lines
      .filter(({ length }) => length >= LINE_CHARS_MIN)
      .map((line) => ring.read(SEGMENT.name, line)),
  ]
  return {
    hashes: ring.hashers.map((hasher) => hasher.all(parts)),
    // What is too short or too long for its type is no such thing.
    questions: asked.flatMap((one) => (one.ok ? [one.value] : [])),
  }
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0]!
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
