/**
 * What storage is asked for: everything one commit changes, everything a start reads back. Types
 * only, but for the one error a disk may cause.
 */
import type { ClaimEntry, Register, Staircase } from './claims.js'
import type { Envelope } from './envelope.js'
import type { FeedPage } from './feed.js'
import type { ForkProof } from './fork.js'
import type { Head, Lanes } from './heads.js'
import type { AuthorId } from './identity.js'
import type { VoidCode } from './outcome.js'
import type { OwnChange } from './own-rows.js'
import type { LogPosition } from './ports.js'
import type { Stopped } from './stopped.js'

/** A register after a change; an empty staircase removes the row. */
export interface ClaimChange extends Register {
  readonly staircase: Staircase
}

export interface SumChange {
  readonly author: AuthorId
  readonly day: number
  /** Undefined removes the day. */
  readonly lanes: Lanes | undefined
}

/** What an idempotency key was answered with; expires after `LIMITS.receiptMs`. */
export interface Receipt {
  /** SHA-256 in hex. */
  readonly key: string
  readonly answer: string
  readonly expiresMs: number
}

/** An envelope with claims that end on a day: what finds them when that day is over. */
export interface ClaimsEnd {
  readonly day: number
  readonly author: AuthorId
  readonly seq: number
}

/** A row of a log, with what finds its neighbours in the orders kept beside it. */
export interface LogPlace {
  readonly author: AuthorId
  readonly seq: number
  readonly number: number
  readonly expires: number
}

/** With which token which statements of one of our own envelopes were made. */
export interface Spoken {
  readonly seq: number
  /** In the order of the payload. */
  readonly runs: readonly SpokenRun[]
}

export interface SpokenRun {
  /** Its name, which outlives it. */
  readonly token: string
  /** Place in the payload, from 0. */
  readonly from: number
  readonly count: number
  /** Who approved that it leaves, as the request says. */
  readonly approver?: string
  /** The legal basis that the settings named then. */
  readonly basis?: string
}

/** How many statements of an envelope mean nothing here, and why; what they say is in the log. */
export interface VoidRow extends LogPosition {
  readonly counts: VoidCountsByCode
}

export type VoidCountsByCode = Readonly<Partial<Record<VoidCode, number>>>

/** An author's log ends below a fork. */
export interface ForkEnd {
  readonly proof: ForkProof
  /** What is then the head, if this node holds anything below. */
  readonly head: Head | undefined
}

export type ForkRevocation = Pick<Register, 'author' | 'key'>

/** Up to which number of the order of commits look-ups answered from a time on. */
export interface Seen {
  readonly number: number
  readonly atMs: number
}

/**
 * Everything one atomic batch changes. Numbers run on through envelopes and own lists alike.
 */
export interface Changes {
  /** Of the commit before this one: only when one is over is it known when it became visible. */
  readonly seen?: Seen
  readonly envelopes: readonly {
    readonly number: number
    readonly arrivedMs: number
    readonly envelope: Envelope
  }[]
  readonly claims: readonly ClaimChange[]
  readonly sums: readonly SumChange[]
  readonly receipts: readonly Receipt[]
  readonly receiptsGone: readonly { readonly key: string; readonly expiresMs: number }[]
  readonly own: readonly {
    readonly number: number
    readonly atMs: number
    readonly change: OwnChange
  }[]
  readonly forks: readonly ForkEnd[]
  readonly spoken: readonly Spoken[]
  /** What was kept from leaving; the first may take the place of the newest row. */
  readonly stopped: readonly Stopped[]
  readonly voids: readonly VoidRow[]
  readonly claimsSwept: readonly ClaimsEnd[]
  readonly payloadsGone: readonly LogPlace[]
  /** Of our own payloads that are gone: their numbers. */
  readonly spokenGone: readonly number[]
  readonly voidsGone: readonly LogPosition[]
  readonly headersGone: readonly LogPlace[]
  /** Values that an author revoked at or beyond its fork, on whatever branch. */
  readonly forkRevocations: readonly ForkRevocation[]
  /** Rows of a log written anew, as they were: nothing that readers see changes. */
  readonly mended: Changes['envelopes']
}

export interface Loaded {
  /** The last number used. */
  readonly number: number
  /** When what has that number arrived; absent where nothing was ever committed. */
  readonly lastMs?: number
  readonly heads: readonly Head[]
  /** The first seq held of each log: 1, or that of a base. */
  readonly floors: readonly { readonly author: AuthorId; readonly seq: number }[]
  /** All rows of this node's own lists. */
  readonly own: readonly OwnChange[]
  readonly sums: readonly SumChange[]
  /** The newest row of what was kept from leaving. */
  readonly stopped?: Stopped
  readonly forks: readonly ForkProof[]
  readonly forkRevocations: readonly ForkRevocation[]
  readonly voids: readonly VoidRow[]
  /** Logs whose chain breaks beyond their head: rows are missing or damaged there. */
  readonly broken: readonly AuthorId[]
  /** Why the claim rows cannot be trusted, if that is known before they are read. */
  readonly doubt?: string
}

/** A row as it lies in a log. */
export interface LogRow {
  readonly number: number
  readonly arrivedMs: number
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly payload: Uint8Array | null
}

/** What is known of a row that cannot be read: of itself, and of the one after it. */
export interface Remains {
  readonly number: number | undefined
  /** Of the row itself, or of the next one: no earlier than its own. */
  readonly arrivedMs: number | undefined
  /** Header of the next row, which names the id of this one. */
  readonly next: Uint8Array | undefined
}

/** Some claim rows of a scan that sees one moment. */
export interface ClaimScan {
  readonly bytes: number
  /** Without the ids and times of their envelopes, which the rows do not hold. */
  readonly entries: readonly ClaimEntry[]
  readonly damaged: boolean
}

/**
 * The durable side. Reads may run while a commit is under way and see the state before or after it,
 * never between. Every method throws `StoreError` on a broken disk or damaged row, and nothing
 * else.
 */
export interface Store {
  load(): Promise<Loaded>
  /** All claim rows, page by page; once after `load`. */
  claims(): AsyncIterable<readonly ClaimChange[]>
  /** They are not going to be read: forgets what `load` kept for that. */
  skipClaims(): void
  /**
   * Closes and opens the database again, and writes a row to see that it can. LevelDB stays broken
   * after an error of the disk until it is reopened, whatever the disk does. Throws while it
   * cannot.
   */
  recover(): Promise<void>
  /** Durable (fsync) when it resolves; all or nothing. */
  commit(changes: Changes): Promise<void>
  /**
   * Rows of one log from `from` on, in order, stopping before `bytesMax` is passed (at least one)
   * and before a row that cannot be read. Throws `DamagedRow` where that is the first.
   */
  logRows(author: AuthorId, from: number, to: number, bytesMax: number): Promise<LogRow[]>
  /** Envelopes that expired before `before` and still have their payload, at most `limit`. */
  payloadsEnded(before: number, limit: number): Promise<LogPlace[]>
  /**
   * What was committed after `after` and up to `to`, in order: at least one row where there is
   * one, and not many more than `bytesMax` bytes of payloads. Throws `StoreError` where a row is
   * damaged.
   */
  feedPage(after: number, to: number, bytesMax: number): Promise<FeedPage>
  /** As `feedPage`, with every own row: what was in force when. */
  historyPage(after: number, to: number, bytesMax: number): Promise<FeedPage>
  /** What look-ups answered from at a time; undefined where that is older than what is kept. */
  seenAt(ms: number): Promise<Seen | undefined>
  receipt(key: string): Promise<Receipt | undefined>
  /** Receipts that ended before `now`, at most `limit`. */
  receiptsEnded(now: number, limit: number): Promise<{ key: string; expiresMs: number }[]>
  /**
   * Envelopes whose claims ended on a day (days since 1970 UTC) before `day` and have not been
   * swept, oldest first, at most `limit`.
   */
  claimsEnded(day: number, limit: number): Promise<ClaimsEnd[]>
  /** Which token said what, of our own envelopes numbered `from` and above, at most `limit`. */
  spoken(from: number, limit: number): Promise<Spoken[]>
  /** What was kept from leaving, from row `from` on, at most `limit`. */
  stopped(from: number, limit: number): Promise<Stopped[]>
  /**
   * Replaces all claims and sums by those given, and puts the rows of void statements anew; used
   * when they disagree with the log.
   */
  replaceClaims(
    claims: Iterable<readonly ClaimChange[]>,
    sums: readonly SumChange[],
    voids: Iterable<VoidRow>,
  ): Promise<void>
  remains(author: AuthorId, seq: number): Promise<Remains>
  /** All claim rows as of when the first page is asked for, damaged ones and sums included. */
  claimScan(): AsyncGenerator<ClaimScan>
  close(): Promise<void>
}

export type StoreCode =
  | 'data-in-use'
  | 'data-of-another-network'
  | 'data-format-newer'
  | 'data-format-older'
  | 'data-missing'
  | 'row-damaged'
  | 'log-broken'
  | 'disk-failed'

/** A disk that fails or holds something else than was written: ours alone, nobody is blamed. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A row of a log that is there and is not what was written. */
export class DamagedRow extends StoreError {
  constructor(
    readonly author: AuthorId,
    readonly seq: number,
  ) {
    super('row-damaged', `a damaged row was found: in a log, at ${seq}`)
  }
}
