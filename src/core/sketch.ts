/**
 * `tocsin-tsk/1`: a keyed sketch of the frame of many prompts, and how much of it another one has.
 *
 *   shingle = "2 a b" or "3 a b c", of neighbouring tokens
 *   hash    = SipHash-2-4-64 under the first 16 bytes of HKDF-SHA-256(epoch key, info = "tsk1")
 *   value   = keyId(4) ‖ the 48 smallest hashes, 8 bytes each, big-endian, ascending; at least 16
 *
 * Containment, not likeness: a campaign's slot may be longer than its frame. Whoever has the epoch
 * key can try words until they fit, so a sketch is no secret from members.
 */
import { createHash, hkdfSync } from 'node:crypto'
import { keyIdOf } from './epoch-keys.js'
import { bytesOf } from './identity.js'
import { hashed, sipHash, sipKeyOf, type SipKey } from './sip-hash.js'

export const SKETCH = {
  hashesMax: 48,
  /** Fewer say too little: unrelated prompts would match. */
  hashesMin: 16,
  /** Shares and numbers of hashes found: worth a look, and enough to count. */
  watch: { share: 0.25, hits: 6 },
  act: { share: 0.35, hits: 8 },
} as const

export type Band = 'act' | 'watch' | 'none'

export function bandOf(hits: number, hashes: number): Band {
  const reaches = ({ share, hits: least }: { readonly share: number; readonly hits: number }) =>
    hits >= least && hits >= share * hashes
  if (reaches(SKETCH.act)) return 'act'
  return reaches(SKETCH.watch) ? 'watch' : 'none'
}

type Tokens = readonly (readonly string[])[]

/** All different shingles of a message's parts. */
export function shinglesOf(parts: Tokens): Set<string> {
  const shingles = new Set<string>()
  for (const tokens of parts) {
    for (let i = 0; i + 1 < tokens.length; i++) {
      const pair = `${tokens[i]!} ${tokens[i + 1]!}`
      shingles.add(`2 ${pair}`)
      if (i + 2 < tokens.length) shingles.add(`3 ${pair} ${tokens[i + 2]!}`)
    }
  }
  return shingles
}

const [TWO, THREE] = [0x2032, 0x2033] as const

/** Hashes shingles under the key of one epoch. */
export class ShingleHasher {
  readonly keyId: string
  readonly #key: SipKey
  #bytes = Buffer.alloc(16 << 10)

  /** `epochKey`: 32 bytes in hex. */
  constructor(epochKey: string) {
    this.keyId = keyIdOf(epochKey)
    this.#key = sipKeyOf(new Uint8Array(hkdfSync('sha256', bytesOf(epochKey), '', 'tsk1', 16)))
  }

  /** High and low half. */
  of(shingle: string): readonly [high: number, low: number] {
    sipHash(this.#key, Buffer.from(shingle))
    return [hashed.high, hashed.low]
  }

  /** Of all shingles of a message, halves in turn; equal ones may come more than once. */
  all(parts: Tokens): Uint32Array {
    const count = parts.reduce((sum, tokens) => sum + Math.max(0, 2 * tokens.length - 3), 0)
    const out = new Uint32Array(2 * count)
    let filled = 0
    const put = () => {
      out[filled++] = hashed.high
      out[filled++] = hashed.low
    }
    for (const tokens of parts) {
      const ends = this.#lay(tokens)
      for (let i = 0; i + 1 < tokens.length; i++) {
        const from = i === 0 ? 0 : ends[i - 1]! + 1
        sipHash(this.#key, this.#bytes, from, ends[i + 1], TWO)
        put()
        if (i + 2 >= tokens.length) continue
        sipHash(this.#key, this.#bytes, from, ends[i + 2], THREE)
        put()
      }
    }
    return out
  }

  /** All tokens one after another, so that a shingle is a stretch; answers where each ends. */
  #lay(tokens: readonly string[]): Uint32Array {
    const text = tokens.join(' ')
    if (this.#bytes.length < 3 * text.length) this.#bytes = Buffer.alloc(3 * text.length)
    const length = this.#bytes.write(text)
    const ends = new Uint32Array(tokens.length)
    let token = 0
    for (let at = 0; at < length; at++) if (this.#bytes[at] === 0x20) ends[token++] = at
    ends[token] = length
    return ends
  }
}

/** The value of a sketch in hex; undefined where there are too few shingles. */
export function sketchOf(shingles: Iterable<string>, hasher: ShingleHasher): string | undefined {
  const hashes = new Set<string>()
  for (const shingle of shingles) {
    const [high, low] = hasher.of(shingle)
    hashes.add(high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0'))
  }
  if (hashes.size < SKETCH.hashesMin) return undefined
  return hasher.keyId + [...hashes].sort().slice(0, SKETCH.hashesMax).join('')
}

/** The hashes of a sketch's value, halves in turn. */
export function hashesIn(value: string): Uint32Array {
  const bytes = bytesOf(value.slice(8))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i))
}

/** What a sketch is called where its hashes are too many: the first 20 bytes of their SHA-256. */
export function sketchName(value: string): string {
  return createHash('sha256').update(bytesOf(value)).digest('hex').slice(0, 40)
}

/** What is wrong with a sketch that has the right length, if anything. */
export function isAscending(value: string): boolean {
  const hashes = value.slice(8).match(/.{16}/g) ?? []
  return hashes.every((hash, i) => i === 0 || hashes[i - 1]! < hash)
}
