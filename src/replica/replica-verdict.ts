/**
 * What a replica answers. Every field is read through the object and none can be set, so nothing
 * that is handed one (a hook, a log) can change what its caller does. What costs something, the
 * decision id, is made when it is read.
 */
import type { Action } from '../core/codes.js'
import type { ReplicaFreshness } from './fail-rules.js'

/**
 * MATCH: something acts. NO_MATCH: nothing is known that does. ALLOWLISTED: a guard takes it out.
 * SHADOW: it would act. DEGRADED_RULE: the declared rule for an old or missing copy. ERROR: the
 * question could not be read; see `errorCode`.
 */
export const REASONS = [
  'MATCH',
  'NO_MATCH',
  'ALLOWLISTED',
  'SHADOW',
  'DEGRADED_RULE',
  'ERROR',
] as const
export type ReplicaReason = (typeof REASONS)[number]

/** Why there is no verdict of its own. CLOSED: after `close`. KEYED_OFF: ask the node. */
export type ReplicaErrorCode =
  'NOT_READY' | 'TYPE_UNKNOWN' | 'PARSE_ERROR' | 'KEYED_OFF' | 'CLOSED' | 'INTERNAL'

export interface VerdictFields {
  readonly action: Action
  readonly reason: ReplicaReason
  readonly freshness: ReplicaFreshness
  /** How long ago the node signed what this rests on; Infinity where it never did. */
  readonly ageMs: number
  /** What it would be but for shadow mode or a declared rule, where that differs. */
  readonly wouldBe?: Action | undefined
  /** When the action could first weaken; milliseconds, Infinity where nothing acts. */
  readonly endsMs: number
  readonly errorCode?: ReplicaErrorCode | undefined
}

/** What few read is made when they do. */
export interface VerdictSources {
  readonly revision: () => string
  readonly decisionId: () => string
}

export class ReplicaVerdict {
  readonly #fields: VerdictFields
  readonly #sources: VerdictSources
  #decisionId: string | undefined

  constructor(fields: VerdictFields, sources: VerdictSources) {
    this.#fields = fields
    this.#sources = sources
  }

  get action(): Action {
    return this.#fields.action
  }

  get reason(): ReplicaReason {
    return this.#fields.reason
  }

  get freshness(): ReplicaFreshness {
    return this.#fields.freshness
  }

  get ageMs(): number {
    return this.#fields.ageMs
  }

  get wouldBe(): Action | undefined {
    return this.#fields.wouldBe
  }

  /** Place in the node's change feed, `epoch:number`. */
  get revision(): string {
    return this.#sources.revision()
  }

  get errorCode(): ReplicaErrorCode | undefined {
    return this.#fields.errorCode
  }

  /** ISO 8601, where something acts. */
  get expiresAt(): string | undefined {
    const { endsMs } = this.#fields
    return endsMs === Infinity ? undefined : new Date(endsMs).toISOString()
  }

  /** Opaque; the node explains it (`tocsin explain ID`). Never says anything by itself. */
  get decisionId(): string {
    return (this.#decisionId ??= this.#sources.decisionId())
  }

  /** What `JSON.stringify` shows. */
  toJSON(): object {
    const { action, reason, freshness, ageMs, wouldBe, revision, errorCode, expiresAt } = this
    const { decisionId } = this
    return {
      ...{ action, reason, freshness, ageMs, wouldBe, revision, errorCode, expiresAt, decisionId },
    }
  }
}
