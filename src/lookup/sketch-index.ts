/**
 * Which sketches a prompt contains: from each hash to the sketches that have it. Open addressing in
 * two columns, so that twenty thousand sketches are a few megabytes and a million is a matter of
 * memory alone. It keeps numbers of keys; their values are the owner's.
 */
import { hashesIn } from '../core/sketch.js'

const FREE = 0
/** Was taken, and is passed over. */
const GONE = 0xffffffff
const SLOTS_MIN = 1 << 12
/** Full beyond this; then made anew with half of the slots free, at least. */
const LOAD_MAX = 0.75
const LOAD_ANEW = 0.5

export class SketchIndex {
  readonly #valueOf: (id: number) => string
  /** Low half of a hash, and 1 + the number of the key. */
  #lows = new Uint32Array(SLOTS_MIN)
  #ids = new Uint32Array(SLOTS_MIN)
  /** Slots that are not free. */
  #used = 0
  /** Hashes that are held. */
  #live = 0
  readonly #held = new Set<number>()

  /** `valueOf`: of a key that was added. */
  constructor(valueOf: (id: number) => string) {
    this.#valueOf = valueOf
  }

  get size(): number {
    return this.#held.size
  }

  /** Numbers of the keys that are held. */
  ids(): Iterable<number> {
    return this.#held
  }

  /** Of its columns. */
  get bytes(): number {
    return this.#lows.byteLength + this.#ids.byteLength
  }

  add(id: number): void {
    const hashes = hashesIn(this.#valueOf(id))
    this.#live += hashes.length / 2
    if (this.#used + hashes.length / 2 > LOAD_MAX * this.#ids.length) this.#grow()
    this.#held.add(id)
    this.#put(id, hashes)
  }

  #put(id: number, hashes: Uint32Array): void {
    for (let i = 0; i < hashes.length; i += 2) {
      let slot = this.#slotOf(hashes[i]!, hashes[i + 1]!)
      while (this.#ids[slot] !== FREE) slot = (slot + 1) & (this.#ids.length - 1)
      this.#lows[slot] = hashes[i + 1]!
      this.#ids[slot] = id + 1
      this.#used++
    }
  }

  /** While its value is still known. */
  remove(id: number): void {
    if (!this.#held.delete(id)) return
    const hashes = hashesIn(this.#valueOf(id))
    this.#live -= hashes.length / 2
    for (let i = 0; i < hashes.length; i += 2) {
      let slot = this.#slotOf(hashes[i]!, hashes[i + 1]!)
      while (this.#ids[slot] !== FREE && this.#ids[slot] !== id + 1) {
        slot = (slot + 1) & (this.#ids.length - 1)
      }
      if (this.#ids[slot] === id + 1) this.#ids[slot] = GONE
    }
  }

  /** How many of their hashes are among these, halves in turn, each once; by key. */
  hits(hashes: Uint32Array): Map<number, number> {
    const found = new Map<number, number>()
    if (this.#held.size === 0) return found
    const mask = this.#ids.length - 1
    for (let i = 0; i < hashes.length; i += 2) {
      const low = hashes[i + 1]!
      let slot = this.#slotOf(hashes[i]!, low)
      for (let id = this.#ids[slot]!; id !== FREE; id = this.#ids[slot]!) {
        if (this.#lows[slot] === low && id !== GONE) found.set(id - 1, (found.get(id - 1) ?? 0) + 1)
        slot = (slot + 1) & mask
      }
    }
    return found
  }

  #slotOf(high: number, low: number): number {
    return (Math.imul(high, 0x9e3779b1) ^ low ^ (high >>> 15)) & (this.#ids.length - 1)
  }

  /** Made anew from the values: what was taken away is gone for good then. */
  #grow(): void {
    let slots = this.#ids.length
    while (this.#live > LOAD_ANEW * slots) slots *= 2
    this.#lows = new Uint32Array(slots)
    this.#ids = new Uint32Array(slots)
    this.#used = 0
    for (const id of this.#held) {
      this.#put(id, hashesIn(this.#valueOf(id)))
    }
  }
}

/** Each hash once: a phrase that is repeated says no more than once. */
export function distinct(hashes: Uint32Array): Uint32Array {
  let slots = 64
  while (slots < 2 * hashes.length) slots *= 2
  const taken = new Int32Array(slots).fill(-1)
  const out = new Uint32Array(hashes.length)
  let filled = 0
  for (let i = 0; i < hashes.length; i += 2) {
    const [high, low] = [hashes[i]!, hashes[i + 1]!]
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & (slots - 1)
    let at = taken[slot]!
    while (at >= 0 && (out[at] !== high || out[at + 1] !== low)) {
      slot = (slot + 1) & (slots - 1)
      at = taken[slot]!
    }
    if (at >= 0) continue
    taken[slot] = filled
    out[filled++] = high
    out[filled++] = low
  }
  return out.subarray(0, filled)
}
