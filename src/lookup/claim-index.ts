/**
 * All claims, in memory, by key and author: what every look-up reads. A view of the claim rows on
 * disk; intake alone changes it, after a commit. It knows nothing of time, trust or policy. Packed:
 * some seventy bytes a claim (`npm run bench memory`), and nothing for the garbage collector to
 * walk; what is read is made anew as objects.
 */
import type { ClaimEntry, Register, Staircase } from '../core/claims.js'
import { parseAddress } from '../core/address.js'
import { indicatorOf, typeByName, type Indicator, type IndicatorKey } from '../core/indicator.js'
import { DAY_MS } from '../core/limits.js'
import { sketchName } from '../core/sketch.js'
import { AnswerMemo } from './answer-memo.js'
import type { AskedKeys } from './asked-keys.js'
import { EntryTable, NO_ENTRY, type SoleReport } from './entry-table.js'
import { grown } from './growth.js'
import type { HashKey } from './half-siphash.js'
import type { ImageReader, ImageWriter } from './image.js'
import { KeyTable } from './key-table.js'
import { Neighbours } from './neighbours.js'
import { Networks } from './networks.js'
import { Occupancy } from './occupancy.js'
import { SketchIndex } from './sketch-index.js'

/** What one author says of a key in one register. */
export interface AuthorClaims extends Omit<Register, 'key'> {
  readonly staircase: Staircase
}

type Place = Omit<Register, 'key'>

function isSame(a: Place, b: Place): boolean {
  return a.author === b.author && a.kind === b.kind && a.about === b.about
}

const NONE: readonly AuthorClaims[] = []
const IPV6 = typeByName('net.ipv6')!.code
const CIDR = typeByName('net.cidr')!.code
const SKETCH = typeByName('query.sketch')!.code
/** Types of which one key speaks about questions that are other keys (`keysAbout`). */
const SPEAK_OF_OTHERS: ReadonlySet<number> = new Set(
  ['net.ipv6', 'net.cidr', 'net.domain', 'actor.bin'].map((name) => typeByName(name)!.code),
)
/** For tests and tools; a node hands in one that nobody else knows. */
const KNOWN_HASH_KEY: HashKey = [0x746f6373, 0x696e2f31]

interface ClaimIndexParts {
  readonly keys: KeyTable
  readonly entries: EntryTable
  readonly occupancy: Occupancy
}

function partsOf(hashKey: HashKey): ClaimIndexParts {
  return { keys: new KeyTable(hashKey), entries: new EntryTable(), occupancy: new Occupancy() }
}

export class ClaimIndex {
  readonly #keys: KeyTable
  readonly #entries: EntryTable
  /** First entry of each key. */
  #heads = new Uint32Array(0)
  /** Which prefixes are worth a probe. */
  readonly #networks = new Networks()
  /** IPv6 addresses by their /64. */
  readonly #near = new Map<string, Neighbours>()
  /** Which of them a prompt contains. */
  readonly sketches: SketchIndex
  /** As many as there are views that follow, which is one or none. */
  readonly #watches: Set<IndicatorKey>[] = []
  /** Of those whom nobody asks it stays empty. */
  readonly answers = new AnswerMemo()
  /** How much of what could act each author owns. */
  readonly occupancy: Occupancy

  constructor(hashKey: HashKey = KNOWN_HASH_KEY, parts: ClaimIndexParts = partsOf(hashKey)) {
    this.#keys = parts.keys
    this.#entries = parts.entries
    this.occupancy = parts.occupancy
    this.sketches = new SketchIndex((id) => indicatorOf(this.#keys.keyAt(id)!).value)
  }

  /** Everything, as of now; a million claims are some hundredths of a second. */
  write(image: ImageWriter): void {
    this.#keys.write(image)
    image.column(grown(this.#heads, this.#keys.idsMax), this.#keys.idsMax)
    this.#entries.write(image)
    this.occupancy.write(image)
  }

  /** The exact inverse. Throws `ImageError`. */
  static read(image: ImageReader, hashKey: HashKey = KNOWN_HASH_KEY): ClaimIndex {
    const keys = KeyTable.read(image, hashKey)
    const heads = image.column(Uint32Array, keys.idsMax)
    const entries = EntryTable.read(image)
    entries.check(heads)
    const index = new ClaimIndex(hashKey, { keys, entries, occupancy: Occupancy.read(image) })
    index.#heads = heads
    for (let id = 0; id < keys.idsMax; id++) {
      const type = keys.typeAt(id)
      if (type === SKETCH) index.sketches.add(id)
      else if (type === IPV6 || type === CIDR) index.#note(keys.keyAt(id)!, 1)
    }
    return index
  }

  /** Keys of which anything is said. */
  get size(): number {
    return this.#keys.size
  }

  /** In the order in which the registers came to be known. */
  on(key: IndicatorKey): readonly AuthorClaims[] {
    const id = this.#keys.find(key)
    return id < 0 ? NONE : this.#claimsAt(id, key)
  }

  of(register: Register): Staircase {
    return this.on(register.key).find((held) => isSame(held, register))?.staircase ?? []
  }

  set(key: IndicatorKey, claims: AuthorClaims): void {
    const held = this.on(key)
    const before = held.find((other) => isSame(other, claims))?.staircase ?? []
    const others = held.filter((other) => !isSame(other, claims))
    const next = claims.staircase.length === 0 ? others : [...others, claims]
    this.occupancy.change(before, claims.staircase)
    this.#forgetAnswers(key)
    for (const changed of this.#watches) changed.add(key)
    if (held.length > 0 && next.length === 0) this.#note(key, -1)
    if (next.length > 0) this.#write(this.#keys.add(key), next)
    else if (held.length > 0) this.#forget(this.#keys.find(key))
    if (held.length === 0 && next.length > 0) this.#note(key, 1)
  }

  /** Drops the keys of which nothing is said that ends on `day` or later; answers how many. */
  dropEnded(day: number): number {
    const before = this.size
    for (let id = 0; id < this.#keys.idsMax; id++) {
      if (this.#entries.endOfChain(this.#heads[id]!) >= day * DAY_MS) continue
      const key = this.#keys.keyAt(id)
      if (key === undefined) continue
      for (const claims of this.#claimsAt(id, key)) this.set(key, { ...claims, staircase: [] })
    }
    return before - this.size
  }

  /** A set to which every key is added from now on of which something else is said. */
  watch(): Set<IndicatorKey> {
    const changed = new Set<IndicatorKey>()
    this.#watches.push(changed)
    return changed
  }

  /** Numbers of keys are below it. */
  get idsMax(): number {
    return this.#keys.idsMax
  }

  /** Type of the key of a number; 0 where it has none. */
  typeAt(id: number): number {
    return this.#keys.typeAt(id)
  }

  /** What is said of a key, where that is one report and nothing else. */
  soleAt(id: number): SoleReport | undefined {
    return this.#entries.soleReport(this.#heads[id] ?? NO_ENTRY)
  }

  /** Number of a key of which something is said, or -1. */
  idOf(asked: AskedKeys, i: number): number {
    return this.#keys.idOf(asked, i)
  }

  /** As `idOf`, of all in less time, until it is called again. */
  idsOf(asked: AskedKeys): Int32Array {
    return this.#keys.idsOf(asked)
  }

  /** Of a key that speaks about others, too, all are forgotten. */
  #forgetAnswers(key: IndicatorKey): void {
    if (SPEAK_OF_OTHERS.has(indicatorOf(key).type)) return this.answers.clear()
    const id = this.#keys.find(key)
    if (id >= 0) this.answers.forget(id)
  }

  #claimsAt(id: number, key: IndicatorKey): AuthorClaims[] {
    const indicator = indicatorOf(key)
    const claims: (AuthorClaims & { staircase: ClaimEntry[] })[] = []
    for (let row = this.#heads[id]!; row !== NO_ENTRY; row = this.#entries.next(row)) {
      const { entry, author, kind, about } = this.#entries.read(row, indicator)
      const last = claims.at(-1)
      if (last !== undefined && isSame(last, { author, kind, about })) last.staircase.push(entry)
      else claims.push({ author, kind, about, staircase: [entry] })
    }
    return claims
  }

  /** Replaces the chain of a key. */
  #write(id: number, claims: readonly AuthorClaims[]): void {
    this.#heads = grown(this.#heads, id + 1)
    this.#clearChain(id)
    let next: number = NO_ENTRY
    for (const { author, kind, about, staircase } of claims.toReversed()) {
      for (const entry of staircase.toReversed()) {
        next = this.#entries.add({ author, kind, about, entry }, next)
      }
    }
    this.#heads[id] = next
  }

  #forget(id: number): void {
    this.#clearChain(id)
    this.#keys.remove(id)
  }

  #clearChain(id: number): void {
    for (let row = this.#heads[id]!; row !== NO_ENTRY;) row = this.#entries.remove(row)
    this.#heads[id] = NO_ENTRY
  }

  /** Network lengths in use, longest first. */
  networkLengths(version: 4 | 6): number[] {
    return this.#networks.lengths(version)
  }

  /** Of all types, or of some. What changes while it is walked may be missed. */
  *entries(types?: ReadonlySet<number>): Generator<[IndicatorKey, readonly AuthorClaims[]]> {
    for (let id = 0; id < this.#keys.idsMax; id++) {
      if (types?.has(this.#keys.typeAt(id)) === false) continue
      const key = this.#keys.keyAt(id)
      if (key !== undefined) yield [key, this.#claimsAt(id, key)]
    }
  }

  /**
   * The first IPv6 addresses that are spoken about in the /64 of an address; none for IPv4.
   */
  near(bytes: readonly number[]): readonly Indicator[] {
    if (bytes.length !== 16) return []
    const near = this.#near.get(subscriberOf(bytes))?.first() ?? []
    return near.map((value) => ({ type: IPV6, value }))
  }

  #note(key: IndicatorKey, by: 1 | -1): void {
    const { type, value } = indicatorOf(key)
    if (type === IPV6) return this.#noteNear(value, by)
    if (type === SKETCH) return this.#noteSketch(this.#keys.find(key), by)
    if (type === CIDR) this.#networks.note(value, by)
  }

  #noteSketch(id: number, by: 1 | -1): void {
    if (by === 1) this.sketches.add(id)
    else this.sketches.remove(id)
  }

  /** The value of the sketch of that name; looks through all of them. */
  sketchNamed(name: string): string | undefined {
    for (const id of this.sketches.ids()) {
      const { value } = this.keyAt(id)
      if (sketchName(value) === name) return value
    }
    return undefined
  }

  /** The key behind a number that `sketches` names. */
  keyAt(id: number): Indicator {
    return indicatorOf(this.#keys.keyAt(id)!)
  }

  /** Whether anything is said about a network that holds an IPv4 address, given as a number. */
  isCovered(address: number): boolean {
    return this.#networks.hold(address)
  }

  #noteNear(value: string, by: 1 | -1): void {
    const address = parseAddress(value)
    if (!address.ok) return
    const subscriber = subscriberOf(address.value.bytes)
    let near = this.#near.get(subscriber)
    if (near === undefined) this.#near.set(subscriber, (near = new Neighbours()))
    if (by === 1) near.add(value)
    else near.remove(value)
    if (near.isEmpty) this.#near.delete(subscriber)
  }
}

/** The first eight bytes, one character each. */
function subscriberOf(bytes: readonly number[]): string {
  return String.fromCharCode(...bytes.slice(0, 8))
}
