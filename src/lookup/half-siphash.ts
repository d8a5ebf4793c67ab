/**
 * HalfSipHash (Aumasson, Bernstein 2012; the reference code's form with 32 bits of output), with
 * one compression and three finalisation rounds, as hash tables use it: what nobody without the key
 * can steer.
 */
export type HashKey = readonly [number, number]

export function halfSipHash(
  [k0, k1]: HashKey,
  bytes: Uint8Array,
  from: number,
  to: number,
  rounds = 1,
  finalRounds = 3,
): number {
  let v0 = k0 | 0
  let v1 = k1 | 0
  let v2 = (0x6c796765 ^ k0) | 0
  let v3 = (0x74656462 ^ k1) | 0
  const words = (to - from) >> 2
  // One loop, so that the round stands here once and its state stays in registers.
  for (let step = 0; step <= words + 1; step++) {
    let word = 0
    if (step < words) word = wordAt(bytes, from + step * 4)
    else if (step === words) word = lastWord(bytes, from, to)
    else v2 ^= 0xff
    v3 ^= word
    for (let left = step <= words ? rounds : finalRounds; left > 0; left--) {
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
    }
    v0 ^= word
  }
  return (v1 ^ v3) >>> 0
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** What is left after the whole words, under the length. */
function lastWord(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from
  let word = length << 24
  for (let i = from + (length & ~3), shift = 0; i < to; i++, shift += 8) word |= bytes[i]! << shift
  return word
}
