/**
 * What sketches are measured beside: SimHash and MinHash of 128, each over shingles of three words,
 * which compare whole prompts and so lose a frame in a long slot.
 */
import { createHash } from 'node:crypto'
import { canonicalTokens } from '../../src/core/canonical-text.js'
import { shinglesOf } from '../../src/core/sketch.js'

const BITS = 128

function threes(prompt: string): string[] {
  return [...shinglesOf(canonicalTokens(prompt))].filter((one) => one.startsWith('3'))
}

function digest(text: string): Buffer {
  return createHash('md5').update(text).digest()
}

/** 128 signs: of each bit, whether more shingles have it than have it not. */
export function simHash(prompt: string): Uint8Array {
  const sums = new Int32Array(BITS)
  for (const shingle of threes(prompt)) {
    const bytes = digest(shingle)
    for (let bit = 0; bit < BITS; bit++) sums[bit]! += (bytes[bit >> 3]! >> (bit & 7)) & 1 ? 1 : -1
  }
  return Uint8Array.from(sums, (sum) => (sum > 0 ? 1 : 0))
}

/** The least of 128 hashes over all shingles, each. */
export function minHash(prompt: string): Uint32Array {
  const least = new Uint32Array(BITS).fill(0xffffffff)
  for (const shingle of threes(prompt)) {
    const bytes = digest(shingle)
    const [a, b] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4) | 1]
    for (let i = 0; i < BITS; i++) {
      const hash = (a + Math.imul(b, i)) >>> 0
      if (hash < least[i]!) least[i] = hash
    }
  }
  return least
}

/** Share of places at which two are the same. */
export function sameShare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let same = 0
  for (let i = 0; i < BITS; i++) if (a[i] === b[i]) same++
  return same / BITS
}
