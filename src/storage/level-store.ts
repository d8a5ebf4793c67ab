/**
 * The durable side on LevelDB. One `commit` is one atomic, synced batch with everything an envelope
 * changes. Takes any abstract-level database, so tests run the same code on memory-level.
 */
import type { EnvelopeRef } from '../core/envelope.js'
import type { FeedPage } from '../core/feed.js'
import type { AuthorId } from '../core/identity.js'
import { OWN_TABLES } from '../core/own-rows.js'
import type { BackUp, Clock, DiskUse } from '../core/ports.js'
import {
  StoreError,
  type Changes,
  type ClaimChange,
  type ClaimScan,
  type ClaimsEnd,
  type Loaded,
  type LogPlace,
  type LogRow,
  type Receipt,
  type Remains,
  type Seen,
  type Spoken,
  type Store,
  type SumChange,
  type VoidRow,
} from '../core/store-port.js'
import type { Stopped } from '../core/stopped.js'
import type { Database } from './database.js'
import { backUp } from './backup.js'
import { Batch, operationsOf } from './batch.js'
import { LevelCatalogue } from './catalogue.js'
import { diskUse } from './disk-use.js'
import { scanClaims } from './claim-scan.js'
import { feedPage, lastStamp, seenAt } from './feed.js'
import { logRows } from './log-rows.js'
import { readForks, readLists, readSpoken, readStopped } from './lists.js'
import { remainsOf } from './remains.js'
import * as rows from './rows.js'
import { walkHeaders } from './header-walk.js'
import { Tables, type Operation } from './tables.js'
import { Witness } from './witness.js'

const PAGE_ROWS = 1_000
const EMPTY = Buffer.alloc(0)

export class LevelStore implements Store {
  #database: Database
  #tables: Tables
  readonly #reopen: (() => Promise<Database>) | undefined
  readonly #clock: Clock
  readonly #witness = new Witness()
  /** Envelopes by author and seq, between `load` and the end of `claims`. */
  #refs = new Map<AuthorId, Map<number, EnvelopeRef>>()

  /**
   * `reopen` gives the same database anew after it was closed; without it there is no recovering.
   */
  constructor(
    database: Database,
    clock: Clock = () => Date.now(),
    reopen?: () => Promise<Database>,
  ) {
    this.#database = database
    this.#tables = new Tables(database)
    this.#reopen = reopen
    this.#clock = clock
  }

  async load(): Promise<Loaded> {
    return this.#reading(async () => {
      const forks = await readForks(this.#tables)
      const walked = await walkHeaders(this.#tables, forks, this.#clock())
      const { heads, floors, broken, refs } = await this.#witness.check(this.#tables, walked)
      this.#refs = refs
      const lists = await readLists(this.#tables)
      const number = Math.max(walked.number, lists.number)
      const lastMs = await lastStamp(this.#tables)
      const last = lastMs === undefined ? {} : { lastMs }
      const { doubt } = this.#witness
      const doubted = doubt === undefined ? {} : { doubt }
      return { ...lists, ...last, ...doubted, number, heads, floors, forks, broken }
    })
  }

  async *claims(): AsyncIterable<readonly ClaimChange[]> {
    try {
      yield* this.#claimPages()
    } catch (error) {
      throw asStoreError(error)
    }
  }

  skipClaims(): void {
    this.#refs = new Map()
  }

  async *#claimPages(): AsyncIterable<readonly ClaimChange[]> {
    if (this.#witness.doubt !== undefined) throw rows.damaged(this.#witness.doubt)
    let page: ClaimChange[] = []
    for await (const [row, value] of this.#tables.scan('claims')) {
      const place = rows.claimPlace(row)
      const refs = this.#refs.get(place.author)
      const staircase = rows.readClaimRow(value, (seq) => refs?.get(seq))
      if (staircase === undefined) throw rows.damaged('a claim does not fit its log')
      page.push({ ...place, staircase })
      if (page.length === PAGE_ROWS) {
        yield page
        page = []
      }
    }
    if (page.length > 0) yield page
    this.skipClaims()
  }

  async recover(): Promise<void> {
    if (this.#reopen === undefined)
      throw new StoreError('disk-failed', 'this store is not reopened')
    await this.#database.close()
    this.#database = await this.#reopen()
    this.#tables = new Tables(this.#database)
    const probe = Buffer.from('probe')
    const anew = await this.#reading(() => this.#witness.reopened(this.#tables))
    await this.#write([{ type: 'put', key: probe, value: rows.guard(probe, EMPTY) }, ...anew])
  }

  async commit(changes: Changes): Promise<void> {
    const { operations, committed } = this.#witness.on(this.#tables, changes)
    await this.#write([...operationsOf(this.#tables, changes), ...operations])
    if (!committed()) return
    try {
      for (const more of this.#witness.again(this.#tables)) await this.#write(more)
    } catch (error) {
      // The change itself is durable; a disk that fails now fails the next commit, too.
      if (!(error instanceof StoreError)) throw error
    }
  }

  /** `sync` is false for what is found missing and written anew after a power cut. */
  async #write(operations: readonly Operation[], sync = true): Promise<void> {
    try {
      // A chained batch: the same atomic write, where an array of operations was measured to cost
      // 6 µs a row for copies that nobody needs, twenty times as much.
      const batch = this.#database.batch()
      for (const operation of operations) {
        if (operation.type === 'put') batch.put(operation.key, operation.value)
        else batch.del(operation.key)
      }
      // A commit is what an answer, an advertised head and our own next seq rest on.
      await batch.write({ sync } as object)
    } catch (error) {
      throw new StoreError('disk-failed', 'the database could not be written', { cause: error })
    }
  }

  logRows(author: AuthorId, from: number, to: number, bytesMax: number): Promise<LogRow[]> {
    return this.#reading(() => logRows(this.#tables, { author, from, to, bytesMax }))
  }

  async payloadsEnded(before: number, limit: number): Promise<LogPlace[]> {
    return this.#reading(async () => {
      const ended: LogPlace[] = []
      const range = { lt: rows.numberKey(before), limit }
      for await (const [key, value] of this.#tables.scan('payload-order', range)) {
        const place = rows.logPlace(key.subarray(8))
        ended.push({ ...place, expires: rows.numberOf(key), number: rows.numberOf(value) })
      }
      return ended
    })
  }

  feedPage(after: number, to: number, bytesMax: number): Promise<FeedPage> {
    return this.#reading(() => feedPage(this.#tables, { after, to, bytesMax }))
  }

  historyPage(after: number, to: number, bytesMax: number): Promise<FeedPage> {
    return this.#reading(() => feedPage(this.#tables, { after, to, bytesMax }, OWN_TABLES))
  }

  seenAt(ms: number): Promise<Seen | undefined> {
    return this.#reading(() => seenAt(this.#tables, ms))
  }

  async receipt(key: string): Promise<Receipt | undefined> {
    return this.#reading(async () => {
      const value = await this.#tables.get('receipts', Buffer.from(key, 'hex'))
      if (value === undefined) return undefined
      const [expiresMs, answer] = rows.readJsonRow(value) as [number, string]
      return { key, answer, expiresMs }
    })
  }

  async receiptsEnded(now: number, limit: number): Promise<{ key: string; expiresMs: number }[]> {
    return this.#reading(async () => {
      const ended: { key: string; expiresMs: number }[] = []
      for await (const [key] of this.#tables.scan('receipt-order', {
        lt: rows.numberKey(now),
        limit,
      })) {
        ended.push({ key: key.subarray(8).toString('hex'), expiresMs: rows.numberOf(key) })
      }
      return ended
    })
  }

  async claimsEnded(day: number, limit: number): Promise<ClaimsEnd[]> {
    return this.#reading(async () => {
      const ended: ClaimsEnd[] = []
      const before = rows.claimsEndKey({ day, author: '' as AuthorId, seq: 0 }).subarray(0, 4)
      for await (const [key] of this.#tables.scan('expiry', { lt: before, limit })) {
        ended.push(rows.claimsEndOf(key))
      }
      return ended
    })
  }

  async spoken(from: number, limit: number): Promise<Spoken[]> {
    return this.#reading(() => readSpoken(this.#tables, from, limit))
  }

  async stopped(from: number, limit: number): Promise<Stopped[]> {
    return this.#reading(() => readStopped(this.#tables, { gte: rows.numberKey(from), limit }))
  }

  async replaceClaims(
    claims: Iterable<readonly ClaimChange[]>,
    sums: readonly SumChange[],
    voids: Iterable<VoidRow>,
  ): Promise<void> {
    // Not one batch: the sums go last, so a crash in between leaves sums and claims that disagree,
    // and the next start, which compares them, does this again.
    await this.#reading(() => this.#tables.clear('claims'))
    for (const page of claims) {
      const batch = new Batch(this.#tables)
      for (const claim of page) {
        batch.addClaim(claim)
        // A claim that had been swept has none any more, and nothing else would sweep it again.
        batch.addEnds(claim)
      }
      await this.#write(batch.operations)
    }
    await this.#reading(() => this.#tables.clear('sums'))
    const batch = new Batch(this.#tables)
    for (const row of voids) batch.addVoids(row)
    for (const sum of sums) batch.addSum(sum)
    await this.#write([...batch.operations, ...this.#witness.ends(this.#tables)])
  }

  remains(author: AuthorId, seq: number): Promise<Remains> {
    return this.#reading(() => remainsOf(this.#tables, author, seq))
  }

  async *claimScan(): AsyncGenerator<ClaimScan> {
    try {
      yield* scanClaims(this.#tables)
    } catch (error) {
      throw asStoreError(error)
    }
  }

  /** What programs outside are shown. */
  catalogue(): LevelCatalogue {
    return new LevelCatalogue({
      tables: () => this.#tables,
      read: (read) => this.#reading(read),
      write: (operations) => this.#write(operations, false),
    })
  }

  /** Copies everything as of one moment into an empty folder; answers how many rows. */
  backUp(data: string, ...[folder, withKey, tell]: Parameters<BackUp>): Promise<number> {
    return this.#reading(() => backUp(this.#database, data, folder, { withKey, tell }))
  }

  /** About how many bytes lie where. */
  diskUse(authors: Iterable<AuthorId>): Promise<DiskUse> {
    return this.#reading(() => diskUse(this.#tables, authors))
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw asStoreError(error)
    }
  }
}

function asStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  return new StoreError('disk-failed', 'the database could not be read', { cause: error })
}
