/**
 * SipHash-2-4 with 64 bits of output (Aumasson and Bernstein 2012), in 32-bit halves: the hash of
 * shingles. Official vectors in `test/core/sip-hash.spec.ts`.
 */

/** Four little-endian words of a 16-byte key. */
export type SipKey = readonly [number, number, number, number]

export function sipKeyOf(bytes: Uint8Array): SipKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  const word = (at: number) => view.getUint32(at, true)
  return [word(0), word(4), word(8), word(12)]
}

/** High and low half of the last hash; a pair would be an object for each of many hashes. */
export const hashed = { high: 0, low: 0 }

/**
 * Of `bytes` from `from` to `to`, as if the two bytes of `prefix` (low byte first) stood before
 * them. The answer is in `hashed`.
 */
export function sipHash(
  key: SipKey,
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
  prefix = -1,
): void {
  start(key)
  const before = prefix < 0 ? 0 : 2
  const length = to - from + before
  let [low, high, filled] = [before === 0 ? 0 : prefix, 0, before]
  for (let at = from; at < to; at++) {
    if (filled < 4) low |= bytes[at]! << (8 * filled)
    else high |= bytes[at]! << (8 * (filled - 4))
    if (++filled < 8) continue
    word(low, high)
    low = high = filled = 0
  }
  word(low, high | ((length & 255) << 24))
  v2l ^= 0xff
  for (let i = 0; i < 4; i++) round()
  hashed.low = (v0l ^ v1l ^ v2l ^ v3l) >>> 0
  hashed.high = (v0h ^ v1h ^ v2h ^ v3h) >>> 0
}

let v0l = 0
let v0h = 0
let v1l = 0
let v1h = 0
let v2l = 0
let v2h = 0
let v3l = 0
let v3h = 0

function start([k0l, k0h, k1l, k1h]: SipKey): void {
  v0l = k0l ^ 0x70736575
  v0h = k0h ^ 0x736f6d65
  v1l = k1l ^ 0x6e646f6d
  v1h = k1h ^ 0x646f7261
  v2l = k0l ^ 0x6e657261
  v2h = k0h ^ 0x6c796765
  v3l = k1l ^ 0x79746573
  v3h = k1h ^ 0x74656462
}

function word(low: number, high: number): void {
  v3l ^= low
  v3h ^= high
  round()
  round()
  v0l ^= low
  v0h ^= high
}

function round(): void {
  let sum = (v0l >>> 0) + (v1l >>> 0)
  v0h = (v0h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0
  v0l = sum | 0
  let [l, h] = [v1l, v1h]
  v1l = ((l << 13) | (h >>> 19)) ^ v0l
  v1h = ((h << 13) | (l >>> 19)) ^ v0h
  ;[l, h] = [v0l, v0h]
  v0l = h
  v0h = l
  sum = (v2l >>> 0) + (v3l >>> 0)
  v2h = (v2h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0
  v2l = sum | 0
  ;[l, h] = [v3l, v3h]
  v3l = ((l << 16) | (h >>> 16)) ^ v2l
  v3h = ((h << 16) | (l >>> 16)) ^ v2h
  sum = (v0l >>> 0) + (v3l >>> 0)
  v0h = (v0h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0
  v0l = sum | 0
  ;[l, h] = [v3l, v3h]
  v3l = ((l << 21) | (h >>> 11)) ^ v0l
  v3h = ((h << 21) | (l >>> 11)) ^ v0h
  sum = (v2l >>> 0) + (v1l >>> 0)
  v2h = (v2h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0
  v2l = sum | 0
  ;[l, h] = [v1l, v1h]
  v1l = ((l << 17) | (h >>> 15)) ^ v2l
  v1h = ((h << 17) | (l >>> 15)) ^ v2h
  ;[l, h] = [v2l, v2h]
  v2l = h
  v2h = l
}
