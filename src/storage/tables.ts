/**
 * The sublevels of the database and how rows are read and written in them: every row with its
 * checksum, and what cannot be read is `row-damaged`.
 */
import type { AbstractSublevel } from 'abstract-level'
import { OWN_TABLES } from '../core/own-rows.js'
import type { Database } from './database.js'
import { damaged, guard, unguard } from './rows.js'

const NAMES = [
  'headers',
  'payloads',
  'payload-order',
  'claims',
  'expiry',
  'sums',
  'feed',
  'forks',
  'fork-revocations',
  ...OWN_TABLES,
  'receipts',
  'receipt-order',
  'ends',
  'witness',
  'spoken',
  'stopped',
  'voids',
  'catalogue',
  'catalogue-keys',
  'catalogue-ids',
  'catalogue-events',
] as const
export type TableName = (typeof NAMES)[number]
type Sub = AbstractSublevel<Database, string | Buffer | Uint8Array, Buffer, Buffer>

/**
 * Keys with their sublevel's prefix: a `sublevel` option per row was measured to cost half the
 * batch.
 */
export type Operation = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer }

const PAGE_ROWS = 1_000
const EMPTY = Buffer.alloc(0)
/** Beyond every key of a table. */
const LAST = Buffer.alloc(8, 0xff)

/** LevelDB has it, memory-level has not. */
interface Sized {
  approximateSize?(from: Buffer, to: Buffer): Promise<number>
}

export class Tables {
  readonly #subs: Readonly<Record<TableName, Sub>>

  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
    const options = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    this.#subs = Object.fromEntries(
      NAMES.map((name) => [name, database.sublevel<Buffer, Buffer>(name, options)]),
    ) as Record<TableName, Sub>
  }

  put(name: TableName, key: Buffer, value: Uint8Array): Operation {
    const place = this.#subs[name].prefixKey(key, 'buffer', false)
    return { type: 'put', key: place, value: guard(key, value) }
  }

  del(name: TableName, key: Buffer): Operation {
    return { type: 'del', key: this.#subs[name].prefixKey(key, 'buffer', false) }
  }

  get names(): readonly TableName[] {
    return NAMES
  }

  /** The bytes of a table, or of a range of its keys, on disk; 0 where the backend cannot tell. */
  async bytes(name: TableName, from: Buffer = EMPTY, to: Buffer = LAST): Promise<number> {
    const { approximateSize } = this.#database as Database & Sized
    if (approximateSize === undefined) return 0
    const sub = this.#subs[name]
    return approximateSize.call(
      this.#database,
      sub.prefixKey(from, 'buffer', false),
      sub.prefixKey(to, 'buffer', false),
    )
  }

  clear(name: TableName): Promise<void> {
    return this.#subs[name].clear()
  }

  async get(name: TableName, key: Buffer): Promise<Buffer | undefined> {
    const row = await this.#subs[name].get(key)
    if (row === undefined) return undefined
    const value = unguard(key, row)
    if (value === undefined) throw damaged(`in ${name}`)
    return value
  }

  async getMany(name: TableName, keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    const found = await this.#subs[name].getMany([...keys])
    return found.map((row, i) => {
      const value = row && unguard(keys[i]!, row)
      if (row !== undefined && value === undefined) throw damaged(`in ${name}`)
      return value
    })
  }

  /** As `getMany`, but a damaged row is null. */
  async getEach(name: TableName, keys: readonly Buffer[]): Promise<(Buffer | undefined | null)[]> {
    const found = await this.#subs[name].getMany([...keys])
    return found.map((row, i) => (row === undefined ? row : (unguard(keys[i]!, row) ?? null)))
  }

  /** Rows in the order of their keys; throws at a damaged one. */
  async *scan(name: TableName, range: object = {}): AsyncGenerator<[Buffer, Buffer]> {
    for await (const [key, value] of this.scanAll(name, range)) {
      if (value === undefined) throw damaged(`in ${name}`)
      yield [key, value]
    }
  }

  /** As `scan`, but a damaged row's value is undefined. */
  async *scanAll(name: TableName, range: object): AsyncGenerator<[Buffer, Buffer | undefined]> {
    for await (const page of this.pages(name, range)) yield* page
  }

  /** As `scanAll`, so many rows at a time as of one moment: a wait for each row adds up. */
  async *pages(
    name: TableName,
    range: object,
    rows = PAGE_ROWS,
  ): AsyncGenerator<[Buffer, Buffer | undefined][]> {
    const iterator = this.#subs[name].iterator(range)
    try {
      for (;;) {
        const page = await iterator.nextv(rows)
        if (page.length === 0) return
        yield page.map(([key, row]) => [key, unguard(key, row)])
      }
    } finally {
      await iterator.close()
    }
  }
}
