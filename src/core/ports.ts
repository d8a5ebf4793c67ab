/**
 * What the folders above ask of each other: types only. A folder receives these in its constructor
 * and never imports the sibling behind them (DESIGN.md §2).
 */
import type { AuthorId, EnvelopeId } from './identity.js'
import type { InputCode, Outcome } from './outcome.js'
import type { OwnChange } from './own-rows.js'
import type { Selection } from './selection.js'
import type { Void } from './statement.js'
import type { Tell } from './work.js'

/** Milliseconds since 1970 UTC. Handed in, so that tests and the simulation own time. */
export type Clock = () => number

/** Structured lines with a stable code; never an indicator's value. */
export interface Log {
  /** What happens all the time: for whoever looks for the cause of something. */
  debug(code: string, fields?: Readonly<Record<string, unknown>>): void
  info(code: string, fields?: Readonly<Record<string, unknown>>): void
  warn(code: string, fields?: Readonly<Record<string, unknown>>): void
  error(code: string, fields?: Readonly<Record<string, unknown>>): void
}

/** The console as a browser loads it. */
export interface Pages {
  readonly html: string
  /** Content-Security-Policy under which it runs. */
  readonly policy: string
  /** By name, without a path. */
  file(
    name: string,
  ): { readonly type: string; readonly body: Buffer; readonly etag: string } | undefined
}

/** How an envelope came to us; decides who is charged and whether it is published on. */
export type Origin = { readonly via: 'own' } | Received

export interface Received {
  readonly via: 'gossip' | 'catch-up'
  readonly from: AuthorId
}

/**
 * The one door's answer. `judged` is known at once and is what gossip is told; `committed` settles
 * after the durable write (or is `judged` where nothing is written) and is what others may be told.
 */
export interface Judgement {
  readonly judged: Outcome
  readonly committed: Promise<Outcome>
}

/** Answers in its turn, or at once. */
export type Accept = (bytes: Uint8Array, origin: Received) => Promise<Judgement> | Judgement

/**
 * Answers how many members the envelope was handed to at once; catch-up carries it to the others.
 */
export type Publish = (bytes: Uint8Array) => Promise<number>

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
  /** Why an allowed or listed value is to be published all the same; recorded. */
  readonly force?: string
}

export interface RevocationItem {
  readonly type: string
  readonly value: string
  readonly reason: string
}

export interface SightingItem {
  readonly type: string
  readonly value: string
  /** A bucket, like `5-19`. */
  readonly count?: string
  /** When, as an ISO 8601 time; absent: today. */
  readonly seen?: string
}

export interface DisputeItem {
  readonly type: string
  readonly value: string
  /** A name of SURFACE.md; `withdrawn` takes an earlier dispute back. */
  readonly reason: string
  /** A member's name or PeerId whose report is meant; absent: everybody's. */
  readonly member?: string
}

export interface SayOptions {
  /** Hex SHA-256: a repeated request is answered as the first one was, writing nothing. */
  readonly receipt?: string
  /** Name of the token the request came with; kept beside our log. */
  readonly by?: string
  /** Who approved that it leaves; kept beside our log. */
  readonly approver?: string
  /** Whether that token may overrule the guards: an operator's. */
  readonly mayForce?: boolean
  /** Everything is judged as if it were said, and nothing is said, written or remembered. */
  readonly dryRun?: boolean
  /** What comes from elsewhere: it neither replaces nor takes back what we say first-hand. */
  readonly sparesFirstHand?: boolean
}

/** Of what is said in many parts: a receipt of the whole would be that of the first. */
export type ManyOptions = Omit<SayOptions, 'receipt'>

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
  | 'publish-paused'

export class VoiceError extends Error {
  constructor(
    readonly code: VoiceCode,
    message: string,
    /** When that ends by itself, where it does; milliseconds. */
    readonly untilMs?: number,
  ) {
    super(message)
  }
}

/**
 * Our own voice. Resolves after the durable commit, one result per item in order; throws
 * `VoiceError`.
 */
export interface Voice {
  report(items: readonly ReportItem[], options?: SayOptions): Promise<readonly ItemResult[]>
  revoke(items: readonly RevocationItem[], options?: SayOptions): Promise<readonly ItemResult[]>
  sight(items: readonly SightingItem[], options?: SayOptions): Promise<readonly ItemResult[]>
  dispute(items: readonly DisputeItem[], options?: SayOptions): Promise<readonly ItemResult[]>
}

/** Which of our own live reports are meant, as a person says it. All that is named must hold. */
export interface SelectionItem {
  /** ISO 8601 time with its zone, or how long ago, like `24h`: said then or later. */
  readonly since?: string
  /** Name of the token they were made with. */
  readonly token?: string
  readonly campaign?: string
  readonly type?: string
}

export interface OwnReport {
  readonly type: string
  readonly value: string
  readonly envelope: EnvelopeId
  /** Milliseconds since 1970 UTC. */
  readonly timeMs: number
}

/** What a selection found and what became of it. */
export interface SelectedRevocation {
  readonly matched: number
  readonly revoked: number
  /** Found and not yet taken back: the same call again goes on. */
  readonly left: number
  /** The first few. */
  readonly sample: readonly OwnReport[]
}

/** Takes back what a selection names. Both throw `VoiceError` and `StoreError`. */
export interface BulkRevoker {
  count(selection: Selection): Promise<SelectedRevocation>
  /** At most `LIMITS.selectedMax` of them, so that a call ends in bounded time. */
  revoke(selection: Selection, reason: string, options?: ManyOptions): Promise<SelectedRevocation>
}

/** One void statement: which, whose, and why it means nothing here. */
export interface VoidEntry extends Void, LogPosition {
  readonly envelope: EnvelopeId
  /** Place in the payload, from 0. */
  readonly index: number
}

export interface VoidPage {
  readonly entries: readonly VoidEntry[]
  /** Where the next page begins, if there is more. */
  readonly next?: LogPosition
}

export interface LogPosition {
  readonly author: AuthorId
  readonly seq: number
}

/** Void statements of the given authors, by author and place in their logs, from `from` on. */
export type ReadVoids = (
  authors: readonly AuthorId[] | undefined,
  from?: LogPosition,
) => Promise<VoidPage>

/**
 * Changes to this node's own lists; durable when they resolve, and seen by every reader at once.
 */
export interface Registrar {
  change(...changes: readonly OwnChange[]): Promise<void>
}

/** How the slow check of everything on disk stands. */
export interface ScrubStatus {
  /** Complete passes since the start. */
  readonly passes: number
  readonly running?: { readonly part: 'tables' | 'logs' | 'claims'; readonly bytes: number }
  /** When the last pass ended. */
  readonly lastMs?: number
  readonly finding?: { readonly what: string; readonly atMs: number }
  /** Rows that cannot be read now and are not served; fetched again where a peer has them. */
  readonly damaged: readonly { readonly author: AuthorId; readonly seq: number }[]
}

/** How many answers the API gave to a kind of route, by class of the status. */
export interface AnswerCount {
  readonly route: string
  /** Like `2xx`. */
  readonly status: string
  readonly count: number
}

/** Programs that pull lists from this node, by the name of their token. */
export interface ConsumerCounts {
  /** Milliseconds since 1970 UTC. */
  readonly lastPullMs: ReadonlyMap<string, number>
  /** Requests or packets they say they dropped for us. */
  readonly dropped: ReadonlyMap<string, number>
}

/** Numbers about this node as Prometheus reads them. */
export interface Scrape {
  readonly contentType: string
  text(): Promise<string>
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

/** Copies the folder of a running node as of one moment; answers how many rows. */
export type BackUp = (folder: string, withKey: boolean, tell?: Tell) => Promise<number>

/** Bytes on disk, about: LevelDB's own estimate, which leaves out what is not yet compacted. */
export interface DiskUse {
  readonly byTable: Readonly<Record<string, number>>
  readonly byAuthor: readonly { readonly author: AuthorId; readonly bytes: number }[]
}

/** Slow work on the whole folder, by an operator's command. */
export interface Maintenance {
  verify(tell?: Tell): Promise<VerifyReport>
  /** Makes all claims anew from the logs; answers how many rows there are now. */
  rebuild(tell?: Tell): Promise<number>
}
