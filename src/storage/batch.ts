/** What one commit writes: every change as rows, in the orders the node reads them back. */
import { dayOf } from '../core/heads.js'
import type { ForkProof } from '../core/fork.js'
import type {
  Changes,
  ClaimChange,
  ForkRevocation,
  Seen,
  SumChange,
  VoidRow,
} from '../core/store-port.js'
import * as rows from './rows.js'
import type { Operation, TableName, Tables } from './tables.js'

const EMPTY = Buffer.alloc(0)

/** Collects operations; small methods so that each kind of change can be read by itself. */
export class Batch {
  readonly operations: Operation[] = []
  readonly #tables: Tables
  /** Until a row of the feed has taken it along. */
  #seen: Seen | undefined

  constructor(tables: Tables, seen?: Seen) {
    this.#tables = tables
    this.#seen = seen
  }

  #feed(number: number, entry: rows.FeedEntry): void {
    // A row that is written anew under its old number says nothing of what came before it.
    const seen = number > (this.#seen?.number ?? Infinity) ? this.#seen : undefined
    if (seen !== undefined) this.#seen = undefined
    this.#put('feed', rows.numberKey(number), rows.feedRow(entry, seen))
  }

  #put(name: TableName, key: Buffer, value: Uint8Array): void {
    this.operations.push(this.#tables.put(name, key, value))
  }

  #del(name: TableName, key: Buffer): void {
    this.operations.push(this.#tables.del(name, key))
  }

  addEnvelope(entry: Changes['envelopes'][number]): void {
    const { envelope, number, arrivedMs } = entry
    const { author, seq, header, signature, payload } = envelope
    const key = rows.logKey(author, seq)
    this.#put('headers', key, rows.headerRow({ number, arrivedMs, header, signature }))
    if (payload !== null) {
      this.#put('payloads', key, payload)
      this.#put('payload-order', rows.orderKey(envelope.expires, key), rows.numberKey(number))
    }
    this.#feed(number, ['envelope', author, seq])
    // One row per envelope and day, not per claim: a feed's claims end together.
    for (const day of new Set(envelope.statements.map(({ until }) => dayOf(until)))) {
      this.#put('expiry', rows.claimsEndKey({ day, author, seq }), EMPTY)
    }
  }

  addClaim(claim: ClaimChange): void {
    const row = rows.claimKey(claim)
    if (claim.staircase.length === 0) this.#del('claims', row)
    else this.#put('claims', row, rows.claimRow(claim.staircase))
  }

  /** What finds the claim when its days are over. */
  addEnds({ staircase }: ClaimChange): void {
    for (const { envelope, statement } of staircase) {
      const { author, seq } = envelope
      const day = dayOf(statement.until)
      this.#put('expiry', rows.claimsEndKey({ day, author, seq }), EMPTY)
    }
  }

  addSum({ author, day, lanes }: SumChange): void {
    const key = rows.sumKey(author, day)
    if (lanes === undefined) this.#del('sums', key)
    else this.#put('sums', key, new Uint8Array(lanes.slice().buffer))
  }

  addFork(proof: ForkProof): void {
    this.#put('forks', Buffer.from(proof.author, 'hex'), proof.bytes)
  }

  addForkRevocation(revocation: ForkRevocation): void {
    this.#put('fork-revocations', rows.forkRevocationKey(revocation), EMPTY)
  }

  addSpoken({ seq, runs }: Changes['spoken'][number]): void {
    this.#put('spoken', rows.numberKey(seq), rows.jsonRow(runs))
  }

  addStopped(row: Changes['stopped'][number]): void {
    this.#put('stopped', rows.numberKey(row.n), rows.jsonRow(row))
  }

  addVoids({ author, seq, counts }: VoidRow): void {
    this.#put('voids', rows.logKey(author, seq), rows.jsonRow(counts))
  }

  addGone(changes: Changes): void {
    for (const end of changes.claimsSwept) this.#del('expiry', rows.claimsEndKey(end))
    for (const { author, seq, expires } of changes.payloadsGone) {
      const key = rows.logKey(author, seq)
      this.#del('payloads', key)
      this.#del('payload-order', rows.orderKey(expires, key))
    }
    for (const seq of changes.spokenGone) this.#del('spoken', rows.numberKey(seq))
    for (const { author, seq } of changes.voidsGone) this.#del('voids', rows.logKey(author, seq))
    for (const { author, seq, number } of changes.headersGone) {
      this.#del('headers', rows.logKey(author, seq))
      this.#del('feed', rows.numberKey(number))
    }
  }

  addOwn({ number, atMs, change }: Changes['own'][number]): void {
    const { table, name, row } = change
    this.#feed(number, ['own', atMs, change])
    if (row === null) this.#del(table, Buffer.from(name))
    else this.#put(table, Buffer.from(name), rows.jsonRow(row))
  }

  addReceipts(changes: Changes): void {
    for (const receipt of changes.receipts) {
      const key = Buffer.from(receipt.key, 'hex')
      this.#put('receipts', key, rows.jsonRow([receipt.expiresMs, receipt.answer]))
      const order = rows.orderKey(receipt.expiresMs, key)
      this.#put('receipt-order', order, EMPTY)
    }
    for (const { key, expiresMs } of changes.receiptsGone) {
      const bytes = Buffer.from(key, 'hex')
      this.#del('receipts', bytes)
      const order = rows.orderKey(expiresMs, bytes)
      this.#del('receipt-order', order)
    }
  }
}

export function operationsOf(tables: Tables, changes: Changes): Operation[] {
  const batch = new Batch(tables, changes.seen)
  for (const entry of changes.envelopes) batch.addEnvelope(entry)
  for (const entry of changes.mended) batch.addEnvelope(entry)
  for (const claim of changes.claims) batch.addClaim(claim)
  for (const sum of changes.sums) batch.addSum(sum)
  for (const { proof } of changes.forks) batch.addFork(proof)
  for (const revocation of changes.forkRevocations) batch.addForkRevocation(revocation)
  for (const spoken of changes.spoken) batch.addSpoken(spoken)
  for (const row of changes.stopped) batch.addStopped(row)
  for (const row of changes.voids) batch.addVoids(row)
  batch.addGone(changes)
  for (const entry of changes.own) batch.addOwn(entry)
  batch.addReceipts(changes)
  return batch.operations
}
