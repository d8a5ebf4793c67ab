/** The catalogue in its tables: objects by their place, found again by key, id and event. */
import type {
  CatalogueChange,
  CatalogueEntry,
  CatalogueEvent,
  CatalogueItem,
  CatalogueKey,
  CatalogueStore,
} from '../core/catalogue.js'
import { DAY_MS } from '../core/limits.js'
import { StoreError } from '../core/store-port.js'
import { damaged, numberKey, numberOf, readJsonRow } from './rows.js'
import type { Operation, Tables } from './tables.js'

/** How the store reads and writes: errors of the disk as its own, tables of this moment. */
export interface CatalogueAccess {
  readonly tables: () => Tables
  read<T>(read: () => Promise<T>): Promise<T>
  write(operations: readonly Operation[]): Promise<void>
}

const TABLES = ['catalogue', 'catalogue-keys', 'catalogue-ids', 'catalogue-events'] as const
/** Rows that are read together: what is made of them takes a few milliseconds. */
const PAGE = 200

export class LevelCatalogue implements CatalogueStore {
  readonly #access: CatalogueAccess

  #damaged = false

  constructor(access: CatalogueAccess) {
    this.#access = access
  }

  get damaged(): boolean {
    return this.#damaged
  }

  lastUs(): Promise<number> {
    return this.#read(async () => {
      const range = { reverse: true, limit: 1 }
      for await (const [key] of this.#tables.scan('catalogue', range)) return numberOf(key)
      return 0
    })
  }

  on(keys: readonly CatalogueKey[]): Promise<readonly (readonly CatalogueItem[])[]> {
    return this.#read(async () => {
      const rows = await this.#tables.getMany('catalogue-keys', keys.map(rowKey))
      const places = rows.map((row) => (row === undefined ? [] : (readJsonRow(row) as number[])))
      const found = await this.#at(places.flat())
      return places.map((list) => list.flatMap((atUs) => found.get(atUs) ?? []))
    })
  }

  async *keys(): AsyncIterable<readonly CatalogueKey[]> {
    for await (const page of this.#pages('catalogue-keys')) {
      yield page.map(([key]) => key.toString() as CatalogueKey)
    }
  }

  async write({ put, replaced, keys, forgotten }: CatalogueChange): Promise<void> {
    const tables = this.#tables
    const operations: Operation[] = []
    for (const { atUs } of replaced) operations.push(tables.del('catalogue', numberKey(atUs)))
    for (const item of forgotten) {
      operations.push(tables.del('catalogue', numberKey(item.atUs)))
      operations.push(tables.del('catalogue-ids', idKey(item.id)))
      const place = eventKey(item)
      if (place !== undefined) operations.push(tables.del('catalogue-events', place))
    }
    for (const item of put) {
      const at = numberKey(item.atUs)
      operations.push(tables.put('catalogue', at, Buffer.from(JSON.stringify(item))))
      operations.push(tables.put('catalogue-ids', idKey(item.id), at))
      const place = eventKey(item)
      const row = Buffer.concat([at, Buffer.of(item.tlp)])
      if (place !== undefined) operations.push(tables.put('catalogue-events', place, row))
    }
    for (const [key, items] of keys) {
      const places = Buffer.from(JSON.stringify(items.map(({ atUs }) => atUs)))
      if (items.length === 0) operations.push(tables.del('catalogue-keys', rowKey(key)))
      else operations.push(tables.put('catalogue-keys', rowKey(key), places))
    }
    if (operations.length > 0) await this.#access.write(operations)
  }

  async *after(atUs: number): AsyncIterable<readonly CatalogueItem[]> {
    const range = { gt: numberKey(atUs) }
    for await (const page of this.#pages('catalogue', range)) {
      yield page.map(([, row]) => itemOf(row))
    }
  }

  known(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#read(async () => {
      const rows = await this.#tables.getMany('catalogue-ids', ids.map(idKey))
      return new Set(ids.filter((_, i) => rows[i] !== undefined))
    })
  }

  byId(id: string): Promise<CatalogueItem | undefined> {
    return this.#read(async () => {
      const at = await this.#tables.get('catalogue-ids', idKey(id))
      return at && (await this.#at([numberOf(at)])).get(numberOf(at))
    })
  }

  async *events(of?: CatalogueEvent): AsyncIterable<readonly CatalogueEntry[]> {
    const range =
      of === undefined
        ? {}
        : { gte: prefixOf(of.category, of.day), lt: prefixOf(of.category, of.day + 1) }
    for await (const page of this.#pages('catalogue-events', range)) {
      yield page.map(([key, row]) => ({
        ...{ category: key[0]!, day: key.readUInt32BE(1), atUs: numberOf(row), tlp: row[8]! },
      }))
    }
  }

  async at(places: readonly number[]): Promise<readonly CatalogueItem[]> {
    return [...(await this.#read(() => this.#at(places))).values()]
  }

  async clear(): Promise<void> {
    await this.#read(async () => {
      for (const name of TABLES) await this.#tables.clear(name)
    })
    this.#damaged = false
  }

  async #read<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#access.read(work)
    } catch (error) {
      this.#damaged ||= error instanceof StoreError && error.code === 'row-damaged'
      throw error
    }
  }

  get #tables(): Tables {
    return this.#access.tables()
  }

  /** Of a place without a row there is nothing: another version has replaced it meanwhile. */
  async #at(places: readonly number[]): Promise<Map<number, CatalogueItem>> {
    const found = new Map<number, CatalogueItem>()
    for (let from = 0; from < places.length; from += PAGE) {
      const some = places.slice(from, from + PAGE)
      const rows = await this.#tables.getMany('catalogue', some.map(numberKey))
      rows.forEach((row, i) => row !== undefined && found.set(some[i]!, itemOf(row)))
    }
    return found
  }

  #damage(name: string): StoreError {
    this.#damaged = true
    return damaged(`in ${name}`)
  }

  async *#pages(
    name: (typeof TABLES)[number],
    range: object = {},
  ): AsyncIterable<[Buffer, Buffer][]> {
    const pages = this.#tables.pages(name, range, PAGE)
    try {
      for (;;) {
        const next = await this.#read(() => pages.next())
        if (next.done === true) return
        yield next.value.map(([key, row]) => {
          if (row === undefined) throw this.#damage(name)
          return [key, row]
        })
      }
    } finally {
      await pages.return(undefined)
    }
  }
}

function itemOf(row: Buffer): CatalogueItem {
  return readJsonRow(row) as CatalogueItem
}

function rowKey(key: CatalogueKey): Buffer {
  return Buffer.from(key)
}

function idKey(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function prefixOf(category: number, day: number): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = category
  prefix.writeUInt32BE(day, 1)
  return prefix
}

/** Only indicators are in events. */
function eventKey({ id, category, createdMs, content }: CatalogueItem): Buffer | undefined {
  if (content.kind !== 'indicator' || category === null) return undefined
  return Buffer.concat([prefixOf(category, Math.floor(createdMs / DAY_MS)), idKey(id)])
}
