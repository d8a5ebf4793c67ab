/**
 * HalfSipHash (Aumasson, Bernstein 2012; the reference code's form with 32 bits of output), with
 * one compression and three finalisation rounds, as hash tables use it: what nobody without the key
 * can steer.
 */
export type HashKey = readonly [number, number]

/** Of so many bytes from a word on; those after them do not matter. */
export function halfSipHash(
  [k0, k1]: HashKey,
  words: Uint32Array,
  from: number,
  length: number,
  rounds = 1,
  finalRounds = 3,
): number {
  let v0 = k0 | 0
  let v1 = k1 | 0
  let v2 = (0x6c796765 ^ k0) | 0
  let v3 = (0x74656462 ^ k1) | 0
  const whole = from + (length >> 2)
  // One loop, so that the round stands here once and its state stays in registers.
  for (let at = from; at <= whole + 1; at++) {
    let word = 0
    if (at < whole) word = words[at]! | 0
    // What is left after the whole words, under the length.
    else if (at === whole) word = (words[at]! & ~(-1 << ((length & 3) * 8))) | (length << 24)
    else v2 ^= 0xff
    v3 ^= word
    for (let left = at <= whole ? rounds : finalRounds; left > 0; left--) {
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
