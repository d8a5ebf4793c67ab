/**
 * Indicator keys as small numbers: rows over bytes in one arena, found by their hash. A JavaScript
 * map of strings costs some two hundred bytes a key and gives the garbage collector millions of
 * objects to walk; this costs twenty to fifty and gives it none.
 *
 * The hash is keyed (HalfSipHash-1-3): members choose values, and must not be able to choose ones
 * that collide.
 */
import { indicatorOf, type IndicatorKey } from '../core/indicator.js'
import { AskedKeys } from './asked-keys.js'
import { grown } from './growth.js'
import { halfSipHash, type HashKey } from './half-siphash.js'
import { ImageError, type ImageReader, type ImageWriter } from './image.js'
import { isKind, kindOf, lengthIn, readKey, typeIn, WORD_BYTES } from './key-bytes.js'
import { KeySlots } from './key-slots.js'

const ROWS_MIN = 1_024
/** Bytes of removed keys are given back once they are half of the arena. */
const ARENA_MIN = 64 * 1024
/** The words of a row: the value or where in the arena it begins, and its kind, 0 once removed. */
const [VALUE, KIND, ROW] = [0, 1, 2]
/** What was read only to have it near goes here, so that no compiler leaves the reading out. */
const READ = new Uint32Array(1)

export class KeyTable {
  readonly #hashKey: HashKey
  /** One key that is looked for or added. */
  readonly #one = new AskedKeys()
  #slots = new KeySlots()
  #rows = new Uint32Array(ROW * ROWS_MIN)
  #arena = new Uint8Array(ARENA_MIN)
  #arenaUsed = 0
  #arenaDead = 0
  #ids = 0
  readonly #free: number[] = []
  /** Of what is asked at once, kept to be used again. */
  #found = new Int32Array(0)
  #wanted = new Uint32Array(0)

  constructor(hashKey: HashKey) {
    this.#hashKey = hashKey
  }

  get size(): number {
    return this.#slots.used
  }

  /** Ids are below this. */
  get idsMax(): number {
    return this.#ids
  }

  /** The key's id, or -1. */
  find(key: IndicatorKey): number {
    return this.idOf(this.#ask(key), 0)
  }

  #ask(key: IndicatorKey): AskedKeys {
    this.#one.clear()
    this.#one.add(indicatorOf(key))
    return this.#one
  }

  /** As `find`, of one that is asked about. */
  idOf(asked: AskedKeys, i: number): number {
    return this.#slots.idAt(this.#probe(this.#hash(asked, i), asked, i))
  }

  /**
   * The id of each, or -1, until it is called again. What probing reads of them is read for all in
   * turn first: memory answers many at once in little more than the time of one, and a table of a
   * hundred thousand keys is larger than what a core keeps near.
   */
  idsOf(asked: AskedKeys): Int32Array {
    const { length } = asked
    const found = (this.#found = grown(this.#found, length))
    const hashes = (this.#wanted = grown(this.#wanted, length))
    for (let i = 0; i < length; i++) hashes[i] = this.#hash(asked, i)
    this.#fetch(hashes, found, length)
    for (let i = 0; i < length; i++) {
      found[i] = this.#slots.idAt(this.#probe(hashes[i]!, asked, i))
    }
    return found
  }

  /** In steps, each over all of them: a slot, and the row that it names under the same hash. */
  #fetch(hashes: Uint32Array, ids: Int32Array, length: number): void {
    const [slots, rows] = [this.#slots, this.#rows]
    let sum = 0
    for (let i = 0; i < length; i++) {
      const slot = slots.homeOf(hashes[i]!)
      ids[i] = slots.hashAt(slot) === hashes[i] ? slots.idAt(slot) : -1
    }
    for (let i = 0; i < length; i++) {
      if (ids[i]! >= 0) sum ^= rows[ROW * ids[i]!]!
    }
    READ[0] = sum
  }

  /** The key's id, which is new where the key is. Throws on what is no key. */
  add(key: IndicatorKey): number {
    const asked = this.#ask(key)
    const hash = this.#hash(asked, 0)
    const slot = this.#probe(hash, asked, 0)
    const held = this.#slots.idAt(slot)
    if (held >= 0) return held
    const [word, length] = [asked.wordOf(0), asked.lengthOf(0)]
    const kind = kindOf(asked.typeAt(0), length)
    if (!isKind(kind)) throw new Error('not canonical')
    const id = this.#free.pop() ?? this.#ids++
    this.#rows = grown(this.#rows, ROW * (id + 1))
    const isInRow = length === WORD_BYTES
    this.#rows[ROW * id + VALUE] = isInRow ? asked.words[word + 1]! : this.#arenaUsed
    this.#rows[ROW * id + KIND] = kind
    if (!isInRow) {
      const from = (word + 1) * WORD_BYTES
      this.#arena = grown(this.#arena, this.#arenaUsed + length)
      this.#arena.set(asked.bytes.subarray(from, from + length), this.#arenaUsed)
      this.#arenaUsed += length
    }
    this.#slots.take(slot, id, hash)
    return id
  }

  remove(id: number): void {
    this.#askRow(id)
    this.#slots.free(this.#probe(this.#hash(this.#one, 0), this.#one, 0))
    this.#arenaDead += this.#arenaBytes(id)
    this.#rows[ROW * id + KIND] = 0
    this.#free.push(id)
    if (this.#arenaDead > ARENA_MIN && this.#arenaDead * 2 > this.#arenaUsed) this.#compact()
  }

  /** The key of an id, if it has one. */
  keyAt(id: number): IndicatorKey | undefined {
    const type = this.typeAt(id)
    return type === 0 ? undefined : readKey(type, this.#valueBytes(id))
  }

  /** Type of the key of an id; 0 where it has none. */
  typeAt(id: number): number {
    return typeIn(this.#rows[ROW * id + KIND]!)
  }

  #lengthOf(id: number): number {
    return lengthIn(this.#rows[ROW * id + KIND]!)
  }

  #valueOf(id: number): number {
    return this.#rows[ROW * id + VALUE]!
  }

  #arenaBytes(id: number): number {
    const length = this.#lengthOf(id)
    return length === WORD_BYTES ? 0 : length
  }

  #valueBytes(id: number): Buffer {
    const length = this.#lengthOf(id)
    const isInRow = length === WORD_BYTES
    const { buffer } = isInRow ? this.#rows : this.#arena
    return Buffer.from(
      buffer,
      isInRow ? (ROW * id + VALUE) * WORD_BYTES : this.#valueOf(id),
      length,
    )
  }

  #hash(asked: AskedKeys, i: number): number {
    const length = WORD_BYTES + asked.lengthOf(i)
    return halfSipHash(this.#hashKey, asked.words, asked.wordOf(i), length)
  }

  /** The slot of the key, or the free one where it would be. */
  #probe(hash: number, asked: AskedKeys, i: number): number {
    const slots = this.#slots
    let slot = slots.homeOf(hash)
    for (;;) {
      const id = slots.idAt(slot)
      if (id < 0 || (slots.hashAt(slot) === hash && this.#is(id, asked, i))) return slot
      slot = slots.after(slot)
    }
  }

  #is(id: number, asked: AskedKeys, i: number): boolean {
    const [word, length] = [asked.wordOf(i), asked.lengthOf(i)]
    if (this.#rows[ROW * id + KIND] !== kindOf(asked.typeAt(i), length)) return false
    const value = this.#valueOf(id)
    if (length === WORD_BYTES) return value === asked.words[word + 1]
    const [arena, bytes, from] = [this.#arena, asked.bytes, (word + 1) * WORD_BYTES]
    for (let j = 0; j < length; j++) if (arena[value + j] !== bytes[from + j]) return false
    return true
  }

  /** Makes the key of an id the one that is asked about. */
  #askRow(id: number): void {
    const [type, length, value] = [this.typeAt(id), this.#lengthOf(id), this.#valueOf(id)]
    this.#one.clear()
    if (length === WORD_BYTES) this.#one.addWord(type, value)
    else this.#one.addBytes(type, this.#arena, value, length)
  }

  write(image: ImageWriter): void {
    image.column(this.#rows, ROW * this.#ids)
    image.column(this.#arena, this.#arenaUsed)
  }

  /** The exact inverse, under a hash key of the reader's own. Throws `ImageError`. */
  static read(image: ImageReader, hashKey: HashKey): KeyTable {
    const table = new KeyTable(hashKey)
    const rows = image.column(Uint32Array)
    const arena = image.column(Uint8Array)
    if (rows.length % ROW !== 0) throw new ImageError('a column of another length')
    table.#ids = rows.length / ROW
    table.#rows = rows
    table.#arena = arena
    table.#arenaUsed = arena.length
    table.#slots = new KeySlots(table.#ids)
    table.#reslot()
    return table
  }

  /** Hashes every key and gives it its slot. */
  #reslot(): void {
    let live = 0
    for (let id = 0; id < this.#ids; id++) {
      const [kind, bytes] = [this.#rows[ROW * id + KIND]!, this.#arenaBytes(id)]
      if (kind === 0) this.#free.push(id)
      if (kind === 0) continue
      const isBeyond = bytes > 0 && this.#valueOf(id) + bytes > this.#arenaUsed
      if (isBeyond || !isKind(kind)) throw new ImageError('a key out of bounds')
      this.#askRow(id)
      const hash = this.#hash(this.#one, 0)
      const slot = this.#probe(hash, this.#one, 0)
      if (this.#slots.idAt(slot) >= 0) throw new ImageError('a key twice')
      this.#slots.take(slot, id, hash)
      live += bytes
    }
    this.#arenaDead = this.#arenaUsed - live
  }

  #compact(): void {
    const arena = new Uint8Array(Math.max(ARENA_MIN, this.#arenaUsed - this.#arenaDead))
    let used = 0
    for (let id = 0; id < this.#ids; id++) {
      const length = this.#arenaBytes(id)
      if (length === 0) continue
      const from = this.#valueOf(id)
      arena.set(this.#arena.subarray(from, from + length), used)
      this.#rows[ROW * id + VALUE] = used
      used += length
    }
    this.#arena = arena
    this.#arenaUsed = used
    this.#arenaDead = 0
  }
}
