/** What the API is given: ports and the state of the last commit. Types only. */
import type { AuthorId, Federation } from '../core/identity.js'
import type { KeyRing, ReadValue } from '../core/key-ring.js'
import type { Link, Receipts } from '../core/mesh-port.js'
import type {
  BackUp,
  BulkRevoker,
  Clock,
  DiskUse,
  Log,
  Maintenance,
  Pages,
  ReadVoids,
  Registrar,
  ScrubStatus,
  Scrape,
  Voice,
} from '../core/ports.js'
import type { TokenRole, WarningList } from '../core/own-rows.js'
import type { LedgerWriter } from '../core/ledger.js'
import type { Store } from '../core/store-port.js'
import type { Activity } from '../lookup/activity.js'
import type { LiveState } from '../lookup/live-state.js'
import type { LookedUp, LookUps } from '../lookup/look-ups.js'
import type { Prompts } from '../lookup/prompts.js'
import type { QuickAnswers } from '../lookup/quick-answers.js'
import type { Lookup } from '../lookup/verdict.js'
import type { Policies } from '../policy/policies.js'
import type { Policy } from '../policy/rules.js'
import type { AnswerCounts } from './answer-counts.js'
import type { Bouncers } from './dialects/bouncers.js'
import type { Catalogue } from './catalogue.js'
import type { DialectOptions } from './dialects/dialect-routes.js'
import type { DoctorPort } from './doctor/seen.js'
import type { EnforcedView } from './enforced-view.js'
import type { Feed } from './feed.js'
import type { History } from './history.js'
import type { Sessions } from './sessions.js'

/** Told each look-up that was answered. */
export type Noted = (looked: LookedUp, now: number) => void

export interface HttpDependencies {
  readonly state: LiveState
  /** The look-up with the policy (or another one) and the freshness of this moment. */
  readonly lookup: (policy?: Policy) => Lookup
  /** Actions of this moment, without reasons. */
  readonly quick: () => QuickAnswers
  readonly policies: Policies
  /** Warning lists that come with the package. */
  readonly shippedLists: readonly WarningList[]
  readonly voice: Voice
  readonly bulkRevoker: BulkRevoker
  readonly voids: ReadVoids
  readonly registrar: Registrar
  readonly maintenance: Maintenance
  readonly backUp: BackUp
  readonly dialects: DialectOptions
  /** Addresses and networks that act, for programs that know nothing but lists. */
  readonly view: EnforcedView
  readonly bouncers: Bouncers
  /** What tools of threat intelligence are shown. */
  readonly catalogue: Catalogue
  /** Epoch keys of this moment. */
  readonly keyRing: () => KeyRing
  /** Reads values with them. */
  readonly read: ReadValue
  /** What prompts have to say. */
  readonly prompts: Prompts
  /** Of the ids of decisions that a follower with this token makes. */
  readonly decisionKeyOf: (token: string) => Uint8Array
  /** What replicas follow. */
  readonly feed: Feed
  /** What was looked up in at a time gone by. */
  readonly history: History
  /** Rows of a log, for the signed evidence behind an answer. */
  readonly readLog: Store['logRows']
  readonly diskUse: () => Promise<DiskUse>
  /** What left, and what was kept from leaving. */
  readonly ledger: {
    readonly writer: () => LedgerWriter
    readonly spoken: Store['spoken']
    readonly stopped: Store['stopped']
  }
  /** What was said, minute by minute. */
  readonly activity: Activity
  /** A sample of what was looked up here, and what puts look-ups into it. */
  readonly lookUps: LookUps
  readonly noted?: Noted
  /** On what ground this node publishes, and until when; undefined: none is named. */
  readonly legal: { readonly basis: string; readonly untilMs: number } | undefined
  /** What the operator's browser loads, and who has been let in. */
  readonly pages: Pages
  readonly sessions: Sessions
  readonly links: () => readonly Link[]
  readonly receipts: Receipts
  /** What catch-up is doing, for status; shown as it is. */
  readonly catchUp: () => unknown
  readonly scrub: () => ScrubStatus
  /** What else may be wrong with this node. */
  readonly doctor: DoctorPort
  readonly metrics: Scrape
  readonly answers?: AnswerCounts
  readonly own: AuthorId
  readonly name: string
  readonly version: string
  readonly federation: Federation
  readonly card: () => string
  readonly operatorToken: string
  readonly disk: () => { readonly ok: boolean; readonly code?: string }
  readonly clock: Clock
  readonly log: Log
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least role that may call the route; a route without one is for any token. */
    role?: TokenRole | 'public'
    /** Proxies send the Host of their visitors. */
    anyHost?: boolean
    /** For browsers: no part of the documented API. */
    isPage?: boolean
  }
  interface FastifyRequest {
    /** Name of the token the request came with. */
    caller: string
    /** By the process's monotonic clock, in milliseconds; where answers are counted. */
    readAt: number
    /** Whether that token is an operator's. */
    isOperator: boolean
    /** Code of the strictest marking that its token may take outside. */
    tlp: number
    /** Ends the bound on how long this request's body may take; for streams. */
    releaseBody: () => void
  }
}
