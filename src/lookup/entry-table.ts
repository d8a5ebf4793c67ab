/**
 * Statements on keys, packed into columns: 27 bytes each instead of the some four hundred that the
 * same costs as objects. Entries of one key are a chain; objects are made anew when they are read.
 * What does not fit the columns (codes of a later version, numbers beyond them) is kept as it is.
 */
import { decode, encode } from '../core/canonical.js'
import type { ClaimEntry, Register } from '../core/claims.js'
import type { EnvelopeRef } from '../core/envelope.js'
import type { AuthorId } from '../core/identity.js'
import type { Indicator } from '../core/indicator.js'
import { fromWire, toWire, type Report, type Statement } from '../core/statement.js'
import { AT, columnsOf, KINDS, THREE_BITS } from './entry-columns.js'
import { grown } from './growth.js'
import { ImageError, type ImageReader, type ImageWriter } from './image.js'
import { RefTable } from './ref-table.js'

/** A chain ends with it, so no entry has it. */
export const NO_ENTRY = 0
const ROWS_MIN = 1_024

/** An entry with the register it belongs to, but for the key. */
export interface HeldEntry extends Omit<Register, 'key'> {
  readonly entry: ClaimEntry
}

/** A report as far as it is counted by. */
export type SoleReport = Pick<Report, 'until' | 'action'> & Pick<Register, 'author'>

export class EntryTable {
  #refs = new RefTable()
  #untils = new Float64Array(ROWS_MIN)
  #seqs = new Uint32Array(ROWS_MIN)
  #next = new Uint32Array(ROWS_MIN)
  #authors = new Uint16Array(ROWS_MIN)
  /** Number of the author it is about + 1. */
  #abouts = new Uint16Array(ROWS_MIN)
  #flags = new Uint16Array(ROWS_MIN)
  /** Campaign and labels of a report, the day of a sighting. */
  #extras = new Uint16Array(ROWS_MIN)
  #indexes = new Uint8Array(ROWS_MIN)
  /** Confidence, count or reason. */
  #degrees = new Uint8Array(ROWS_MIN)
  #categories = new Uint8Array(ROWS_MIN)
  #rows = NO_ENTRY + 1
  /** Rows that every column holds; they do not all grow by as much. */
  #room = ROWS_MIN
  readonly #free: number[] = []
  readonly #odd = new Map<number, HeldEntry>()
  readonly #extraNumbers = new Map<string, number>()
  readonly #extraRows: Pick<Report, 'campaign' | 'labels'>[] = []

  /** Puts an entry before `next`; answers its row. */
  add(held: HeldEntry, next: number): number {
    const row = this.#free.pop() ?? this.#rows++
    this.#reserve(row)
    this.#next[row] = next
    if (!this.#pack(row, held)) this.#odd.set(row, held)
    return row
  }

  /** Forgets an entry; answers the next of its chain. */
  remove(row: number): number {
    if (!this.#odd.delete(row)) this.#refs.release(this.#authors[row]!, this.#seqs[row]!)
    this.#free.push(row)
    return this.#next[row]!
  }

  next(row: number): number {
    return this.#next[row]!
  }

  /** The report that is all of a chain; undefined where it is not packed, or something else. */
  soleReport(head: number): SoleReport | undefined {
    const isReport = KINDS[this.#flags[head]! & 3] === 'report'
    if (head === NO_ENTRY || this.#next[head] !== NO_ENTRY || !isReport || this.#odd.has(head)) {
      return undefined
    }
    return {
      author: this.#refs.authorAt(this.#authors[head]!),
      until: this.#untils[head]!,
      action: (this.#flags[head]! >> AT.action) & THREE_BITS,
    }
  }

  /** When the last entry of a chain ends. */
  endOfChain(head: number): number {
    let end = 0
    for (let row = head; row !== NO_ENTRY; row = this.#next[row]!) {
      end = Math.max(end, this.#odd.get(row)?.entry.statement.until ?? this.#untils[row]!)
    }
    return end
  }

  read(row: number, key: Indicator): HeldEntry {
    const odd = this.#odd.get(row)
    if (odd !== undefined) return odd
    const author = this.#authors[row]!
    const about = this.#abouts[row]!
    const statement = this.#statement(row, key)
    const { kind } = statement
    return {
      author: this.#refs.authorAt(author),
      kind: kind === 'sighting' || kind === 'dispute' ? kind : 'claim',
      about: about === 0 ? null : this.#refs.authorAt(about - 1),
      entry: {
        envelope: this.#refs.refOf(author, this.#seqs[row]!),
        index: this.#indexes[row]!,
        statement,
      },
    }
  }

  write(image: ImageWriter): void {
    for (const column of this.#columns) image.column(column, this.#rows)
    image.column(Uint32Array.from(this.#free))
    image.json([...this.#odd].map(([row, held]) => [row, held.author, held.about, oddJson(held)]))
    image.json(this.#extraRows)
    this.#refs.write(image)
  }

  /** The exact inverse. Throws `ImageError`. */
  static read(image: ImageReader): EntryTable {
    const table = new EntryTable()
    table.#untils = image.column(Float64Array)
    const rows = (table.#rows = table.#room = table.#untils.length)
    table.#seqs = image.column(Uint32Array, rows)
    table.#next = image.column(Uint32Array, rows)
    table.#authors = image.column(Uint16Array, rows)
    table.#abouts = image.column(Uint16Array, rows)
    table.#flags = image.column(Uint16Array, rows)
    table.#extras = image.column(Uint16Array, rows)
    table.#indexes = image.column(Uint8Array, rows)
    table.#degrees = image.column(Uint8Array, rows)
    table.#categories = image.column(Uint8Array, rows)
    for (const row of image.column(Uint32Array)) table.#free.push(row)
    for (const [row, author, about, json] of image.json() as OddRow[]) {
      table.#odd.set(row, oddOf(author, about, json))
    }
    for (const extra of image.json() as Pick<Report, 'campaign' | 'labels'>[]) {
      table.#extraNumbers.set(extraName(extra), table.#extraRows.length)
      table.#extraRows.push(extra)
    }
    table.#refs = RefTable.read(image)
    return table
  }

  get #columns() {
    const wide = [this.#untils, this.#seqs, this.#next, this.#authors, this.#abouts]
    return [...wide, this.#flags, this.#extras, this.#indexes, this.#degrees, this.#categories]
  }

  /**
   * Walks the chains from the heads of the keys. Throws `ImageError` where one is not what a table
   * writes: entries that do not exist, are reached twice, or rest on an envelope nobody knows.
   */
  check(heads: Iterable<number>): void {
    const seen = new Uint8Array(this.#rows)
    for (const row of this.#free) seen[row] = 1
    for (const head of heads) {
      for (let row = head; row !== NO_ENTRY; row = this.#next[row]!) {
        if (row >= this.#rows || seen[row] === 1) throw new ImageError('a chain out of bounds')
        seen[row] = 1
        if (!this.#odd.has(row) && !this.#isSound(row)) throw new ImageError('an entry of nothing')
      }
    }
  }

  #isSound(row: number): boolean {
    const isReport = (this.#flags[row]! & 3) === 0
    return (
      this.#refs.has(this.#authors[row]!, this.#seqs[row]!) &&
      (this.#abouts[row] === 0 || this.#refs.isAuthor(this.#abouts[row]! - 1)) &&
      (!isReport || this.#extras[row]! < this.#extraRows.length)
    )
  }

  #reserve(row: number): void {
    if (row < this.#room) return
    const rows = row + 1
    this.#untils = grown(this.#untils, rows)
    this.#seqs = grown(this.#seqs, rows)
    this.#next = grown(this.#next, rows)
    this.#authors = grown(this.#authors, rows)
    this.#abouts = grown(this.#abouts, rows)
    this.#flags = grown(this.#flags, rows)
    this.#extras = grown(this.#extras, rows)
    this.#indexes = grown(this.#indexes, rows)
    this.#degrees = grown(this.#degrees, rows)
    this.#categories = grown(this.#categories, rows)
    this.#room = Math.min(...this.#columns.map(({ length }) => length))
  }

  /** Whether the entry fits the columns; then it is in them. */
  #pack(row: number, { author, about, entry }: HeldEntry): boolean {
    const { envelope, index, statement } = entry
    const columns = columnsOf(statement)
    const extra = statement.kind === 'report' ? this.#extraOf(statement) : columns.day
    const authorNumber = this.#refs.numberOf(author)
    const aboutNumber = about === null ? 0 : this.#refs.numberOf(about) + 1
    const fits =
      columns.fit &&
      envelope.seq <= 0xffff_ffff &&
      Math.max(extra, authorNumber, aboutNumber) <= 0xffff
    if (!fits) return false
    this.#refs.use(envelope)
    this.#untils[row] = statement.until
    this.#seqs[row] = envelope.seq
    this.#authors[row] = authorNumber
    this.#abouts[row] = aboutNumber
    this.#flags[row] = columns.flags
    this.#extras[row] = extra
    this.#indexes[row] = index
    this.#degrees[row] = columns.degree
    this.#categories[row] = columns.category
    return true
  }

  #extraOf({ campaign, labels }: Report): number {
    const name = extraName({ campaign, labels })
    let number = this.#extraNumbers.get(name)
    if (number === undefined) {
      number = this.#extraRows.length
      if (number > 0xffff) return Infinity
      this.#extraNumbers.set(name, number)
      this.#extraRows.push({ campaign, labels })
    }
    return number
  }

  #statement(row: number, { type, value }: Indicator): Statement {
    const flags = this.#flags[row]!
    const bits = (at: number) => (flags >> at) & THREE_BITS
    const degree = this.#degrees[row]!
    const said = { until: this.#untils[row]!, type, value }
    const about = this.#abouts[row]!
    const author: AuthorId | null = about === 0 ? null : this.#refs.authorAt(about - 1)
    switch (KINDS[flags & 3]!) {
      case 'report':
        return {
          kind: 'report',
          ...said,
          confidence: degree,
          action: bits(AT.action),
          tlp: bits(AT.tlp),
          pap: bits(AT.pap),
          category: this.#categories[row]!,
          firstHand: ((flags >> AT.firstHand) & 1) === 1,
          evidence: bits(AT.evidence),
          ...this.#extraRows[this.#extras[row]!]!,
        }
      case 'revocation':
        return { kind: 'revocation', ...said, reason: degree, author }
      case 'sighting':
        return { kind: 'sighting', ...said, count: degree, day: this.#extras[row]! }
      case 'dispute':
        return { kind: 'dispute', ...said, author, reason: degree }
    }
  }
}

function extraName({ campaign, labels }: Pick<Report, 'campaign' | 'labels'>): string {
  return `${campaign ?? ''}/${labels.join()}`
}

type OddRow = readonly [row: number, author: AuthorId, about: AuthorId | null, json: OddJson]
type OddJson = readonly [envelope: EnvelopeRef, index: number, statement: string]

function oddJson({ entry }: HeldEntry): OddJson {
  const wire = Buffer.from(encode(toWire(entry.statement)))
  return [entry.envelope, entry.index, wire.toString('base64')]
}

function oddOf(author: AuthorId, about: AuthorId | null, [envelope, index, wire]: OddJson) {
  const statement = fromWire(decode(new Uint8Array(Buffer.from(wire, 'base64'))) ?? null)
  if (!statement.ok || statement.value.kind === 'void') throw new ImageError('an odd statement')
  const { kind } = statement.value
  const register = kind === 'sighting' || kind === 'dispute' ? kind : 'claim'
  return {
    author,
    about,
    kind: register,
    entry: { envelope, index, statement: statement.value },
  } as const
}
