/**
 * What the folders above ask of each other: types only. A folder receives these in its constructor
 * and never imports the sibling behind them (DESIGN.md §2).
 */
import type { ClaimEntry, Staircase } from './claims.js'
import type { Envelope, EnvelopeRef } from './envelope.js'
import type { ForkProof } from './fork.js'
import type { Head, Lanes } from './heads.js'
import type { AuthorId, EnvelopeId } from './identity.js'
import type { IndicatorKey } from './indicator.js'
import type { InputCode, Outcome } from './outcome.js'
import type { Member, RosterChange } from './roster.js'

/** Milliseconds since 1970 UTC. Handed in, so that tests and the simulation own time. */
export type Clock = () => number

/** Structured lines with a stable code; never an indicator's value. */
export interface Log {
  info(code: string, fields?: Readonly<Record<string, unknown>>): void
  warn(code: string, fields?: Readonly<Record<string, unknown>>): void
  error(code: string, fields?: Readonly<Record<string, unknown>>): void
}

/** How an envelope came to us; decides who is charged and whether it is published on. */
export type Origin =
  { readonly via: 'own' } | { readonly via: 'gossip' | 'catch-up'; readonly from: AuthorId }

/**
 * The one door's answer. `judged` is known at once and is what gossip is told; `committed` settles
 * after the durable write (or is `judged` where nothing is written) and is what others may be told.
 */
export interface Judgement {
  readonly judged: Outcome
  readonly committed: Promise<Outcome>
}
export type Accept = (bytes: Uint8Array, origin: Origin) => Judgement

/**
 * Answers how many members the envelope was handed to at once; catch-up carries it to the others.
 */
export type Publish = (bytes: Uint8Array) => Promise<number>

export type TokenRole = 'gateway' | 'detector' | 'operator'

export interface StoredToken {
  readonly name: string
  readonly role: TokenRole
  /** SHA-256 of the token, hex. The token itself is shown once and kept nowhere. */
  readonly hash: string
  readonly createdMs: number
}

/** One author's standing on one key after a change; an empty staircase removes the row. */
export interface ClaimChange {
  readonly key: IndicatorKey
  readonly author: AuthorId
  /** A sibling key whose statements the author takes back; null: what it says itself. */
  readonly about: AuthorId | null
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

/** An author's log ends below a fork. */
export interface ForkEnd {
  readonly proof: ForkProof
  /** What is then the head, if this node holds anything below. */
  readonly head: Head | undefined
}

/**
 * Everything one atomic batch changes. Numbers run on through envelopes and roster changes alike.
 */
export interface Changes {
  readonly envelopes: readonly {
    readonly number: number
    readonly arrivedMs: number
    readonly envelope: Envelope
  }[]
  readonly claims: readonly ClaimChange[]
  readonly sums: readonly SumChange[]
  readonly receipts: readonly Receipt[]
  readonly receiptsGone: readonly { readonly key: string; readonly expiresMs: number }[]
  readonly rosterChanges: readonly {
    readonly number: number
    readonly atMs: number
    readonly change: RosterChange
  }[]
  readonly forks: readonly ForkEnd[]
  readonly claimsSwept: readonly ClaimsEnd[]
  readonly payloadsGone: readonly LogPlace[]
  readonly headersGone: readonly LogPlace[]
  readonly tokens: readonly StoredToken[]
  readonly tokensGone: readonly string[]
}

export interface Loaded {
  /** The last number used. */
  readonly number: number
  readonly heads: readonly Head[]
  /** The first seq held of each log: 1, or that of a base. */
  readonly floors: readonly { readonly author: AuthorId; readonly seq: number }[]
  readonly members: readonly Member[]
  readonly tokens: readonly StoredToken[]
  readonly sums: readonly SumChange[]
  readonly forks: readonly ForkProof[]
  /** Logs whose chain breaks beyond their head: rows are missing or damaged there. */
  readonly broken: readonly AuthorId[]
}

/** A row as it lies in a log. */
export interface LogRow {
  readonly number: number
  readonly arrivedMs: number
  readonly header: Uint8Array
  readonly signature: Uint8Array
  readonly payload: Uint8Array | null
}

/**
 * The durable side. Reads may run while a commit is under way and see the state before or after it,
 * never between. Every method throws `StoreError` on a broken disk or damaged row, and nothing
 * else.
 */
export interface Store {
  load(): Promise<Loaded>
  /** All claim rows, page by page. */
  claims(): AsyncIterable<readonly ClaimChange[]>
  /**
   * Closes and opens the database again, and writes a row to see that it can. LevelDB stays broken after
   * an error of the disk until it is reopened, whatever the disk does. Throws while it cannot.
   */
  recover(): Promise<void>
  /** Durable (fsync) when it resolves; all or nothing. */
  commit(changes: Changes): Promise<void>
  /**
   * Rows of one log from `from` on, in order, stopping before `bytesMax` is passed (at least one).
   */
  logRows(author: AuthorId, from: number, to: number, bytesMax: number): Promise<LogRow[]>
  /** Envelopes that expired before `before` and still have their payload, at most `limit`. */
  payloadsEnded(before: number, limit: number): Promise<LogPlace[]>
  receipt(key: string): Promise<Receipt | undefined>
  /** Receipts that ended before `now`, at most `limit`. */
  receiptsEnded(now: number, limit: number): Promise<{ key: string; expiresMs: number }[]>
  /**
   * Envelopes whose claims ended on a day (days since 1970 UTC) before `day` and have not been swept,
   * oldest first, at most `limit`.
   */
  claimsEnded(day: number, limit: number): Promise<ClaimsEnd[]>
  /**
   * Replaces all claims and sums by what `rebuilt` yields; used when they disagree with the log.
   */
  replaceClaims(claims: Iterable<readonly ClaimChange[]>, sums: readonly SumChange[]): Promise<void>
  close(): Promise<void>
}

export type StoreCode =
  | 'data-in-use'
  | 'data-of-another-network'
  | 'data-format-newer'
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

export type { ClaimEntry, EnvelopeRef }

/** One item of a reports request, as JSON, CSV or the command line has it: strings and numbers. */
export interface ReportItem {
  readonly type: string
  readonly value: string
  readonly confidence?: number
  readonly action?: string
  /** Like `7d`; or `validUntil`, an ISO 8601 time. */
  readonly ttl?: string
  readonly validUntil?: string
  readonly category?: string
  readonly campaign?: string
  readonly tlp?: string
  readonly pap?: string
  readonly evidence?: string
  readonly firstHand?: boolean
  readonly labels?: readonly string[]
}

export interface RevocationItem {
  readonly type: string
  readonly value: string
  readonly reason: string
}

/** What became of one item; `type` and `value` are the canonical ones where the item has them. */
export interface ItemResult {
  readonly status: 'accepted' | 'duplicate' | 'refused'
  readonly code?: InputCode
  readonly detail?: string
  readonly type?: string
  readonly value?: string
  readonly envelope?: EnvelopeId
}

/** Why our own voice could say nothing at all; nothing of the request was written. */
export type VoiceCode =
  | 'overload'
  | 'store-failed'
  | 'stopping'
  | 'clock-wrong'
  | 'own-log-behind'
  | 'own-log-forked'
  | 'own-head-unasked'
  | 'own-key-elsewhere'
  | 'idempotency-mismatch'

export class VoiceError extends Error {
  constructor(
    readonly code: VoiceCode,
    message: string,
  ) {
    super(message)
  }
}

/**
 * Our own voice. Resolves after the durable commit, one result per item in order; throws
 * `VoiceError`. With a `receipt` (hex SHA-256) a repeated request is answered as the first one was,
 * writing nothing.
 */
export interface Voice {
  report(items: readonly ReportItem[], receipt?: string): Promise<readonly ItemResult[]>
  revoke(items: readonly RevocationItem[], receipt?: string): Promise<readonly ItemResult[]>
}

/**
 * Changes to this node's own lists; durable when they resolve, and seen by every reader at once.
 */
export interface Registrar {
  changeRoster(change: RosterChange): Promise<void>
  addToken(token: StoredToken): Promise<void>
  removeToken(name: string): Promise<void>
}

export type LinkState = 'up' | 'down' | 'refused' | 'wrong-network'

/** One member key as the mesh sees it. `up` means subscribed on our topic, not merely connected. */
export interface Link {
  readonly author: AuthorId
  readonly link: LinkState
  /** Round trip of the last ping in milliseconds. */
  readonly lagMs?: number
  /** Envelopes from this neighbour by outcome since start; what a neighbour is charged for. */
  readonly counts: Readonly<Record<string, number>>
  /** A beacon of this key is recent, and we hold the head of its own log that it names. */
  readonly current: boolean
  /** How long ago its newest beacon was heard, by whatever path. */
  readonly beaconAgeMs?: number
  /** The link is up and brought nothing for long, while others were heard: a path that is held. */
  readonly quiet: boolean
}

/** How catch-up stands. */
export interface CatchUpStatus {
  readonly running: number
  /** When a session last ended with both sides level, by the node's clock. */
  readonly lastMs?: number
  /** Envelopes that others have shown to hold and we lack, by log; absent where there are none. */
  readonly missing?: readonly { readonly author: AuthorId; readonly envelopes: number }[]
}

/** What checking a node's folder found. */
export interface VerifyReport {
  readonly ok: boolean
  readonly logs: readonly {
    readonly peerId: string
    /** Envelopes walked: signature, chain, payload and checksum of each. */
    readonly envelopes: number
    readonly seq: number
    readonly ok: boolean
    /** The first thing wrong, by code and place. */
    readonly problem?: string
  }[]
  /** Claim rows compared with what the logs say. */
  readonly claims: { readonly rows: number; readonly ok: boolean; readonly problem?: string }
}

/** Slow work on the whole folder, by an operator's command. */
export interface Maintenance {
  verify(): Promise<VerifyReport>
  /** Makes all claims anew from the logs; answers how many rows there are now. */
  rebuild(): Promise<number>
}
