/**
 * Indicator keys as small numbers: an open-addressed table over bytes in one arena. A JavaScript
 * map of strings costs some two hundred bytes a key and gives the garbage collector millions of
 * objects to walk; this costs about thirty and gives it none.
 *
 * The hash is keyed (HalfSipHash-1-3): members choose values, and must not be able to choose ones
 * that collide.
 */
import { indicatorOf, keyOf, typeByCode, typeOf, type IndicatorKey } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { writeKey, type AskedKeys } from './asked-keys.js'
import { grown } from './growth.js'
import { halfSipHash, type HashKey } from './half-siphash.js'
import { ImageError, type ImageReader, type ImageWriter } from './image.js'

/** type(2) and the value: text, or the bytes of a keyed one. */
const KEY_BYTES_MAX = 2 + Math.max(LIMITS.valueTextMax, LIMITS.valueBytesMax)
const SLOTS_MIN = 1_024
/** Probes get long beyond it. */
const LOAD_MAX = 0.65
/** Bytes of removed keys are given back once they are half of the arena. */
const ARENA_MIN = 64 * 1024
/** What was read only to have it near goes here, so that no compiler leaves the reading out. */
const READ = new Uint32Array(1)

export class KeyTable {
  readonly #hashKey: HashKey
  readonly #scratch = new Uint8Array(KEY_BYTES_MAX)
  /** Id + 1 of the key at each slot; 0 is free. */
  #slots = new Uint32Array(SLOTS_MIN)
  #hashes = new Uint32Array(SLOTS_MIN)
  #places = new Uint32Array(SLOTS_MIN)
  /** 0 is a key that was removed. */
  #lengths = new Uint16Array(SLOTS_MIN)
  #arena = new Uint8Array(ARENA_MIN)
  #arenaUsed = 0
  #arenaDead = 0
  #ids = 0
  readonly #free: number[] = []
  #size = 0
  /** Of what is asked at once, kept to be used again. */
  #found = new Int32Array(0)
  #wanted = new Uint32Array(0)

  constructor(hashKey: HashKey) {
    this.#hashKey = hashKey
  }

  get size(): number {
    return this.#size
  }

  /** Ids are below this. */
  get idsMax(): number {
    return this.#ids
  }

  /** The key's id, or -1. */
  find(key: IndicatorKey): number {
    const { type, value } = indicatorOf(key)
    const length = this.#write(type, value)
    return this.#slots[this.#probe(this.#hash(length), this.#scratch, 0, length)]! - 1
  }

  /** As `find`, of one that is asked about. */
  idOf(asked: AskedKeys, i: number): number {
    const { bytes } = asked
    const [from, to] = [asked.startOf(i), asked.endOf(i)]
    const slot = this.#probe(halfSipHash(this.#hashKey, bytes, from, to), bytes, from, to)
    return this.#slots[slot]! - 1
  }

  /**
   * The id of each, or -1, until it is called again. What probing reads of them is read for all in
   * turn first: memory answers many at once in little more than the time of one, and a table of a
   * hundred thousand keys is larger than what a core keeps near.
   */
  idsOf(asked: AskedKeys): Int32Array {
    const { bytes, length } = asked
    const found = (this.#found = grown(this.#found, length))
    const hashes = (this.#wanted = grown(this.#wanted, length))
    for (let i = 0; i < length; i++) {
      hashes[i] = halfSipHash(this.#hashKey, bytes, asked.startOf(i), asked.endOf(i))
    }
    this.#fetch(hashes, found, length)
    for (let i = 0; i < length; i++) {
      const slot = this.#probe(hashes[i]!, bytes, asked.startOf(i), asked.endOf(i))
      found[i] = this.#slots[slot]! - 1
    }
    return found
  }

  /** In steps, each over all of them: a slot, what it names, the key itself. */
  #fetch(hashes: Uint32Array, ids: Int32Array, length: number): void {
    const mask = this.#slots.length - 1
    let sum = 0
    for (let i = 0; i < length; i++) ids[i] = this.#slots[hashes[i]! & mask]! - 1
    for (let i = 0; i < length; i++) {
      const id = ids[i]!
      if (id >= 0) sum ^= this.#hashes[id]! ^ this.#places[id]! ^ this.#lengths[id]!
    }
    for (let i = 0; i < length; i++) {
      const id = ids[i]!
      if (id >= 0) sum ^= this.#arena[this.#places[id]!]!
    }
    READ[0] = sum
  }

  /** The key's id, which is new where the key is. */
  add(key: IndicatorKey): number {
    const { type, value } = indicatorOf(key)
    const length = this.#write(type, value)
    const hash = this.#hash(length)
    const slot = this.#probe(hash, this.#scratch, 0, length)
    if (this.#slots[slot] !== 0) return this.#slots[slot]! - 1
    const id = this.#free.pop() ?? this.#ids++
    this.#reserve(id, length)
    this.#hashes[id] = hash
    this.#places[id] = this.#arenaUsed
    this.#lengths[id] = length
    this.#arena.set(this.#scratch.subarray(0, length), this.#arenaUsed)
    this.#arenaUsed += length
    this.#slots[slot] = id + 1
    if (++this.#size > this.#slots.length * LOAD_MAX) this.#rehash()
    return id
  }

  remove(id: number): void {
    this.#unslot(id)
    this.#arenaDead += this.#lengths[id]!
    this.#lengths[id] = 0
    this.#free.push(id)
    this.#size--
    if (this.#arenaDead > ARENA_MIN && this.#arenaDead * 2 > this.#arenaUsed) this.#compact()
  }

  /** The key of an id, if it has one. */
  keyAt(id: number): IndicatorKey | undefined {
    const length = this.#lengths[id]!
    if (length === 0) return undefined
    const place = this.#places[id]!
    const bytes = Buffer.from(this.#arena.buffer, place, length)
    const type = bytes.readUInt16BE(0)
    const value = bytes.toString(typeOf(type).privacy === 'keyed' ? 'hex' : 'latin1', 2)
    return keyOf({ type, value })
  }

  /** Writes the key's bytes to the scratch; answers how many. */
  #write(type: number, value: string): number {
    return writeKey(this.#scratch, 0, type, value)
  }

  #hash(length: number): number {
    return halfSipHash(this.#hashKey, this.#scratch, 0, length)
  }

  /** The slot of the key that the bytes are, or the free one where it would be. */
  #probe(hash: number, bytes: Uint8Array, from: number, to: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const held = this.#slots[slot]!
      if (held === 0) return slot
      if (this.#hashes[held - 1] === hash && this.#is(held - 1, bytes, from, to)) return slot
      slot = (slot + 1) & mask
    }
  }

  #is(id: number, bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#lengths[id] !== to - from) return false
    const arena = this.#arena
    for (let at = this.#places[id]!, i = from; i < to; at++, i++) {
      if (arena[at] !== bytes[i]) return false
    }
    return true
  }

  /** Frees the slot of an id and moves later ones of its run up, so that no probe ends early. */
  #unslot(id: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let hole = this.#hashes[id]! & mask
    while (slots[hole] !== id + 1) hole = (hole + 1) & mask
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hashes[slots[slot]! - 1]! & mask
      // Stays where its home lies behind the hole.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot]!
      hole = slot
    }
    slots[hole] = 0
  }

  #reserve(id: number, length: number): void {
    this.#hashes = grown(this.#hashes, id + 1)
    this.#places = grown(this.#places, id + 1)
    this.#lengths = grown(this.#lengths, id + 1)
    this.#arena = grown(this.#arena, this.#arenaUsed + length)
  }

  /** All but the hashes: their key stays here. */
  write(image: ImageWriter): void {
    image.column(this.#places, this.#ids)
    image.column(this.#lengths, this.#ids)
    image.column(this.#arena, this.#arenaUsed)
  }

  /** The exact inverse, under a hash key of the reader's own. Throws `ImageError`. */
  static read(image: ImageReader, hashKey: HashKey): KeyTable {
    const table = new KeyTable(hashKey)
    const places = image.column(Uint32Array)
    const lengths = image.column(Uint16Array, places.length)
    const arena = image.column(Uint8Array)
    table.#ids = places.length
    table.#places = places
    table.#lengths = lengths
    table.#arena = arena
    table.#arenaUsed = arena.length
    table.#hashes = new Uint32Array(places.length)
    let slots = SLOTS_MIN
    while (places.length > slots * LOAD_MAX) slots *= 2
    table.#slots = new Uint32Array(slots)
    table.#reslot()
    return table
  }

  /** Hashes every key anew and gives it its slot. */
  #reslot(): void {
    let live = 0
    for (let id = 0; id < this.#ids; id++) {
      const length = this.#lengths[id]!
      if (length === 0) {
        this.#free.push(id)
        continue
      }
      const place = this.#places[id]!
      if (length < 2 || length > KEY_BYTES_MAX || place + length > this.#arenaUsed) {
        throw new ImageError('a key out of bounds')
      }
      const bytes = this.#arena.subarray(place, place + length)
      if (typeByCode((bytes[0]! << 8) | bytes[1]!) === undefined) {
        throw new ImageError('a key of no known type')
      }
      this.#scratch.set(bytes)
      const hash = this.#hash(length)
      const slot = this.#probe(hash, this.#scratch, 0, length)
      if (this.#slots[slot] !== 0) throw new ImageError('a key twice')
      this.#hashes[id] = hash
      this.#slots[slot] = id + 1
      this.#size++
      live += length
    }
    this.#arenaDead = this.#arenaUsed - live
  }

  /** Type of the key of an id; 0 where it has none. */
  typeAt(id: number): number {
    const place = this.#places[id]!
    return this.#lengths[id] === 0 ? 0 : (this.#arena[place]! << 8) | this.#arena[place + 1]!
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let id = 0; id < this.#ids; id++) {
      if (this.#lengths[id] === 0) continue
      let slot = this.#hashes[id]! & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
    this.#slots = slots
  }

  #compact(): void {
    const arena = new Uint8Array(Math.max(ARENA_MIN, this.#arenaUsed - this.#arenaDead))
    let used = 0
    for (let id = 0; id < this.#ids; id++) {
      const length = this.#lengths[id]!
      const place = this.#places[id]!
      arena.set(this.#arena.subarray(place, place + length), used)
      this.#places[id] = used
      used += length
    }
    this.#arena = arena
    this.#arenaUsed = used
    this.#arenaDead = 0
  }
}
