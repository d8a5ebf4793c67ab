/**
 * Where to look for a key of some hash: an open-addressed table of its number and the hash side by
 * side, so that a key that is not held is known by one look into memory. A slot is told by the word
 * at which it begins.
 */
const SLOTS_MIN = 1_024
/** Probes get long beyond it. */
const LOAD_MAX = 0.65
/** Id + 1 of its key, 0 where it is free, and the key's hash. */
const [ID, HASH, SLOT_SHIFT] = [0, 1, 1]
const SLOT = 1 << SLOT_SHIFT

export class KeySlots {
  #words: Uint32Array
  #used = 0

  /** Room for so many keys without growing. */
  constructor(keys = 0) {
    let slots = SLOTS_MIN
    while (keys > slots * LOAD_MAX) slots *= 2
    this.#words = new Uint32Array(SLOT * slots)
  }

  /** Keys that have a slot. */
  get used(): number {
    return this.#used
  }

  /** The slot at which a probe for a hash begins. */
  homeOf(hash: number): number {
    return (hash << SLOT_SHIFT) & (this.#words.length - 1)
  }

  after(slot: number): number {
    return (slot + SLOT) & (this.#words.length - 1)
  }

  /** The id of its key; -1 where it is free, and a probe ends. */
  idAt(slot: number): number {
    return this.#words[slot + ID]! - 1
  }

  hashAt(slot: number): number {
    return this.#words[slot + HASH]!
  }

  /** Gives a free slot, in which a probe for the hash ended, to a key. */
  take(slot: number, id: number, hash: number): void {
    this.#write(slot, id, hash)
    if (++this.#used * SLOT > this.#words.length * LOAD_MAX) this.#double()
  }

  /** Frees a slot and moves later ones of its run up, so that no probe ends early. */
  free(slot: number): void {
    const mask = this.#words.length - 1
    let hole = slot
    for (let next = this.after(hole); this.idAt(next) >= 0; next = this.after(next)) {
      // Stays where its home lies behind the hole.
      const home = this.homeOf(this.hashAt(next))
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      this.#write(hole, this.idAt(next), this.hashAt(next))
      hole = next
    }
    this.#words[hole + ID] = 0
    this.#used--
  }

  #write(slot: number, id: number, hash: number): void {
    this.#words[slot + ID] = id + 1
    this.#words[slot + HASH] = hash
  }

  #double(): void {
    const old = this.#words
    this.#words = new Uint32Array(old.length * 2)
    for (let from = 0; from < old.length; from += SLOT) {
      if (old[from + ID] === 0) continue
      const hash = old[from + HASH]!
      let slot = this.homeOf(hash)
      while (this.idAt(slot) >= 0) slot = this.after(slot)
      this.#write(slot, old[from + ID]! - 1, hash)
    }
  }
}
