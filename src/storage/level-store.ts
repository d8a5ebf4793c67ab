/**
 * The durable side on LevelDB. One `commit` is one atomic, synced batch with everything an envelope
 * changes. Takes any abstract-level database, so tests run the same code on memory-level.
 */
import type { AbstractSublevel } from 'abstract-level'
import { endOf } from '../core/claims.js'
import { isBase, openHeader, type EnvelopeRef } from '../core/envelope.js'
import { openFork, type ForkProof } from '../core/fork.js'
import type { AuthorId } from '../core/identity.js'
import type { IndicatorKey } from '../core/indicator.js'
import {
  StoreError,
  type Changes,
  type ClaimChange,
  type Clock,
  type Loaded,
  type LogPlace,
  type LogRow,
  type Receipt,
  type Store,
  type StoredToken,
  type SumChange,
} from '../core/ports.js'
import type { Member } from '../core/roster.js'
import type { Database } from './database.js'
import * as rows from './rows.js'

const NAMES = [
  'headers',
  'payloads',
  'claims',
  'expiry',
  'sums',
  'feed',
  'payload-order',
  'forks',
  'roster',
  'tokens',
  'receipts',
  'receipt-order',
] as const
type Name = (typeof NAMES)[number]
type Sub = AbstractSublevel<Database, string | Buffer | Uint8Array, Buffer, Buffer>
/** Keys with their sublevel's prefix: a `sublevel` option per row was measured to cost half the batch. */
type Operation = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer }

const PAGE_ROWS = 1_000
const EMPTY = Buffer.alloc(0)

export class LevelStore implements Store {
  readonly #database: Database
  readonly #sub: Readonly<Record<Name, Sub>>
  readonly #clock: Clock
  /** Envelopes by author and seq, between `load` and the end of `claims`. */
  #refs = new Map<AuthorId, Map<number, EnvelopeRef>>()

  constructor(database: Database, clock: Clock = () => Date.now()) {
    this.#database = database
    this.#clock = clock
    const options = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    this.#sub = Object.fromEntries(
      NAMES.map((name) => [name, database.sublevel<Buffer, Buffer>(name, options)]),
    ) as Record<Name, Sub>
  }

  async load(): Promise<Loaded> {
    return this.#reading(async () => {
      const forks: ForkProof[] = []
      for await (const [, value] of this.#scan('forks')) {
        const proof = openFork(new Uint8Array(value))
        if (proof === undefined) throw rows.damaged('a fork proof')
        forks.push(proof)
      }
      const { heads, floors, broken } = await this.#loadHeads(forks)
      const members: Member[] = []
      const tokens: StoredToken[] = []
      const sums: SumChange[] = []
      let number = 0
      for await (const [, value] of this.#scan('roster'))
        members.push(rows.readJsonRow(value) as Member)
      for await (const [, value] of this.#scan('tokens'))
        tokens.push(rows.readJsonRow(value) as StoredToken)
      for await (const [key, value] of this.#scan('sums')) {
        const lanes = new Uint32Array(new Uint8Array(value).buffer)
        sums.push({ ...rows.sumPlace(key), lanes })
      }
      for await (const [key] of this.#scan('feed', { reverse: true, limit: 1 })) {
        number = rows.numberOf(key)
      }
      return { number, heads, floors, members, tokens, sums, forks, broken }
    })
  }

  /** Walks all headers: a head is the end of the unbroken chain, whatever rows lie beyond it. */
  async #loadHeads(
    forks: readonly ForkProof[],
  ): Promise<Pick<Loaded, 'heads' | 'floors' | 'broken'>> {
    const heads = new Map<AuthorId, EnvelopeRef>()
    const floors: { author: AuthorId; seq: number }[] = []
    const broken = new Set<AuthorId>()
    const ends = new Map(forks.map(({ author, seq }) => [author, seq]))
    this.#refs = new Map()
    const now = this.#clock()
    for await (const [key, value] of this.#scan('headers', {}, () => undefined)) {
      const { author, seq } = rows.logPlace(key)
      // What lies at and beyond a fork is kept as evidence only.
      if (broken.has(author) || seq >= (ends.get(author) ?? Infinity)) continue
      const row = value && rows.readHeaderRow(value)
      const header = row && openHeader(row.header)
      const head = heads.get(author)
      const follows =
        header?.ok === true &&
        header.value.seq === seq &&
        header.value.author === author &&
        (head === undefined
          ? seq === 1 || isBase(header.value, now)
          : seq === head.seq + 1 && header.value.prev === head.id)
      if (!follows) {
        broken.add(author)
        continue
      }
      if (head === undefined) floors.push({ author, seq })
      const ref = { id: header.value.id, author, seq, time: header.value.time }
      heads.set(author, ref)
      let refs = this.#refs.get(author)
      if (refs === undefined) this.#refs.set(author, (refs = new Map<number, EnvelopeRef>()))
      refs.set(seq, ref)
    }
    return { heads: [...heads.values()], floors, broken: [...broken] }
  }

  async *claims(): AsyncIterable<readonly Omit<ClaimChange, 'endedBefore'>[]> {
    let page: Omit<ClaimChange, 'endedBefore'>[] = []
    for await (const [row, value] of this.#scan('claims')) {
      const { key, author } = rows.claimPlace(row)
      const refs = this.#refs.get(author)
      const staircase = rows.readClaimRow(value, (seq) => refs?.get(seq))
      if (staircase === undefined) throw rows.damaged('a claim does not fit its log')
      page.push({ key, author, staircase })
      if (page.length === PAGE_ROWS) {
        yield page
        page = []
      }
    }
    if (page.length > 0) yield page
    this.#refs = new Map()
  }

  async commit(changes: Changes): Promise<void> {
    const operations: Operation[] = []
    for (const entry of changes.envelopes) this.#addEnvelope(operations, entry)
    for (const claim of changes.claims) this.#addClaim(operations, claim)
    for (const sum of changes.sums) this.#addSum(operations, sum)
    for (const { proof } of changes.forks) {
      this.#put(operations, 'forks', Buffer.from(proof.author, 'hex'), proof.bytes)
    }
    this.#addGone(operations, changes)
    this.#addLists(operations, changes)
    this.#addReceipts(operations, changes)
    await this.#write(operations)
  }

  #addEnvelope(operations: Operation[], entry: Changes['envelopes'][number]): void {
    const { envelope, number, arrivedMs } = entry
    const { author, seq, header, signature, payload } = envelope
    const key = rows.logKey(author, seq)
    this.#put(operations, 'headers', key, rows.headerRow({ number, arrivedMs, header, signature }))
    if (payload !== null) {
      this.#put(operations, 'payloads', key, payload)
      this.#put(
        operations,
        'payload-order',
        rows.orderKey(envelope.expires, key),
        rows.numberKey(number),
      )
    }
    this.#put(operations, 'feed', rows.numberKey(number), rows.feedRow(['envelope', author, seq]))
  }

  #addClaim(operations: Operation[], { key, author, staircase, endedBefore }: ClaimChange): void {
    const row = rows.claimKey(key, author)
    const end = endOf(staircase)
    if (endedBefore !== 0 && endedBefore !== end) {
      this.#delete(operations, 'expiry', rows.orderKey(endedBefore, row))
    }
    if (staircase.length === 0) {
      this.#delete(operations, 'claims', row)
      return
    }
    this.#put(operations, 'claims', row, rows.claimRow(staircase))
    if (endedBefore !== end) this.#put(operations, 'expiry', rows.orderKey(end, row), EMPTY)
  }

  #addSum(operations: Operation[], { author, day, lanes }: SumChange): void {
    const key = rows.sumKey(author, day)
    if (lanes === undefined) this.#delete(operations, 'sums', key)
    else this.#put(operations, 'sums', key, new Uint8Array(lanes.slice().buffer))
  }

  #addGone(operations: Operation[], changes: Changes): void {
    for (const { author, seq, expires } of changes.payloadsGone) {
      const key = rows.logKey(author, seq)
      this.#delete(operations, 'payloads', key)
      this.#delete(operations, 'payload-order', rows.orderKey(expires, key))
    }
    for (const { author, seq, number } of changes.headersGone) {
      this.#delete(operations, 'headers', rows.logKey(author, seq))
      this.#delete(operations, 'feed', rows.numberKey(number))
    }
  }

  #addLists(operations: Operation[], changes: Changes): void {
    for (const { number, atMs, change } of changes.rosterChanges) {
      const feed = rows.feedRow(['roster', atMs, change])
      this.#put(operations, 'feed', rows.numberKey(number), feed)
      const name = Buffer.from(change.kind === 'put' ? change.member.name : change.name)
      if (change.kind === 'remove') {
        this.#delete(operations, 'roster', name)
      } else {
        this.#put(operations, 'roster', name, rows.jsonRow(change.member))
      }
    }
    for (const token of changes.tokens) {
      this.#put(operations, 'tokens', Buffer.from(token.name), rows.jsonRow(token))
    }
    for (const name of changes.tokensGone) {
      this.#delete(operations, 'tokens', Buffer.from(name))
    }
  }

  #addReceipts(operations: Operation[], changes: Changes): void {
    for (const receipt of changes.receipts) {
      const key = Buffer.from(receipt.key, 'hex')
      this.#put(operations, 'receipts', key, rows.jsonRow([receipt.expiresMs, receipt.answer]))
      const order = rows.orderKey(receipt.expiresMs, key)
      this.#put(operations, 'receipt-order', order, EMPTY)
    }
    for (const { key, expiresMs } of changes.receiptsGone) {
      const bytes = Buffer.from(key, 'hex')
      this.#delete(operations, 'receipts', bytes)
      const order = rows.orderKey(expiresMs, bytes)
      this.#delete(operations, 'receipt-order', order)
    }
  }

  #put(operations: Operation[], name: Name, key: Buffer, value: Uint8Array): void {
    operations.push({
      type: 'put',
      key: this.#sub[name].prefixKey(key, 'buffer', false),
      value: rows.guard(key, value),
    })
  }

  #delete(operations: Operation[], name: Name, key: Buffer): void {
    operations.push({ type: 'del', key: this.#sub[name].prefixKey(key, 'buffer', false) })
  }

  async #write(operations: Operation[]): Promise<void> {
    try {
      // sync: always. A commit is what an answer, an advertised head and our own next seq rest on.
      await this.#database.batch(operations, { sync: true } as object)
    } catch (error) {
      throw new StoreError('disk-failed', 'the database could not be written', { cause: error })
    }
  }

  async logRows(author: AuthorId, from: number, to: number, bytesMax: number): Promise<LogRow[]> {
    return this.#reading(async () => {
      const range = { gte: rows.logKey(author, from), lte: rows.logKey(author, to) }
      const found: LogRow[] = []
      let bytes = 0
      for await (const [key, value] of this.#scan('headers', range)) {
        const row = rows.readHeaderRow(value)
        if (row === undefined) throw rows.damaged('a header')
        if (rows.logPlace(key).seq !== from + found.length) break // a hole: nothing beyond it counts
        const payload = await this.#get('payloads', Buffer.from(key))
        bytes += row.header.length + (payload?.length ?? 0) + 80
        if (found.length > 0 && bytes > bytesMax) break
        found.push({ ...row, payload: payload ?? null })
      }
      return found
    })
  }

  async payloadsEnded(before: number, limit: number): Promise<LogPlace[]> {
    return this.#reading(async () => {
      const ended: LogPlace[] = []
      const range = { lt: rows.numberKey(before), limit }
      for await (const [key, value] of this.#scan('payload-order', range)) {
        const place = rows.logPlace(key.subarray(8))
        ended.push({ ...place, expires: rows.numberOf(key), number: rows.numberOf(value) })
      }
      return ended
    })
  }

  async receipt(key: string): Promise<Receipt | undefined> {
    return this.#reading(async () => {
      const value = await this.#get('receipts', Buffer.from(key, 'hex'))
      if (value === undefined) return undefined
      const [expiresMs, answer] = rows.readJsonRow(value) as [number, string]
      return { key, answer, expiresMs }
    })
  }

  async receiptsEnded(now: number, limit: number): Promise<{ key: string; expiresMs: number }[]> {
    return this.#reading(async () => {
      const ended: { key: string; expiresMs: number }[] = []
      for await (const [key] of this.#scan('receipt-order', { lt: rows.numberKey(now), limit })) {
        ended.push({ key: key.subarray(8).toString('hex'), expiresMs: rows.numberOf(key) })
      }
      return ended
    })
  }

  async claimsEnded(
    before: number,
    limit: number,
  ): Promise<{ key: IndicatorKey; author: AuthorId }[]> {
    return this.#reading(async () => {
      const ended: { key: IndicatorKey; author: AuthorId }[] = []
      for await (const [key] of this.#scan('expiry', { lt: rows.numberKey(before), limit })) {
        ended.push(rows.claimPlace(key.subarray(8)))
      }
      return ended
    })
  }

  async replaceClaims(
    claims: Iterable<readonly ClaimChange[]>,
    sums: () => readonly SumChange[],
  ): Promise<void> {
    // Not one batch: a crash in between leaves sums and claims that disagree, and the next start,
    // which compares them, does this again.
    for (const name of ['sums', 'claims', 'expiry'] as const) {
      await this.#reading(() => this.#sub[name].clear())
    }
    for (const page of claims) {
      const operations: Operation[] = []
      for (const claim of page) this.#addClaim(operations, { ...claim, endedBefore: 0 })
      await this.#write(operations)
    }
    const operations: Operation[] = []
    for (const sum of sums()) this.#addSum(operations, sum)
    await this.#write(operations)
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  async #get(name: Name, key: Buffer): Promise<Buffer | undefined> {
    const row = await this.#sub[name].get(key)
    if (row === undefined) return undefined
    const value = rows.unguard(key, row)
    if (value === undefined) throw rows.damaged(`in ${name}`)
    return value
  }

  /** Rows of a sublevel. `onDamage` makes a damaged row's value undefined instead of an error. */
  #scan(name: Name, range?: object): AsyncGenerator<[Buffer, Buffer]>
  #scan(
    name: Name,
    range: object,
    onDamage: () => undefined,
  ): AsyncGenerator<[Buffer, Buffer | undefined]>
  async *#scan(
    name: Name,
    range: object = {},
    onDamage?: () => undefined,
  ): AsyncGenerator<[Buffer, Buffer | undefined]> {
    const iterator = this.#sub[name].iterator(range)
    try {
      for (;;) {
        const page = await iterator.nextv(PAGE_ROWS)
        if (page.length === 0) return
        for (const [key, row] of page) {
          const value = rows.unguard(key, row)
          if (value === undefined && onDamage === undefined) throw rows.damaged(`in ${name}`)
          yield [key, value]
        }
      }
    } finally {
      await iterator.close()
    }
  }

  async #reading<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof StoreError) throw error
      throw new StoreError('disk-failed', 'the database could not be read', { cause: error })
    }
  }
}
