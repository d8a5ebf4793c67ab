/** From what was found, or why nothing was, to what is answered: shadow mode and declared rules. */
import { ACTION, type Action } from '../core/codes.js'
import type { Indicator } from '../core/indicator.js'
import { replacing, type FailRules, type ReplicaFreshness } from './fail-rules.js'
import { REASONS, type ReplicaErrorCode, type VerdictFields } from './replica-verdict.js'

export interface Found {
  readonly action: Action
  /** Something takes the question out of the evidence. */
  readonly guarded: boolean
  /** When the action could first weaken; milliseconds, Infinity where nothing acts. */
  readonly endsMs: number
  readonly asked: readonly Indicator[]
}

export interface Unanswerable {
  readonly errorCode: ReplicaErrorCode
}

export type Judged = Found | Unanswerable

export class Judgements {
  readonly #rules: FailRules
  readonly #shadow: boolean
  /** By action, then reason. */
  readonly #counts = ACTION.names.map(() => REASONS.map(() => 0))

  constructor(rules: FailRules, shadow: boolean) {
    this.#rules = rules
    this.#shadow = shadow
  }

  fieldsOf(judged: Judged, freshness: ReplicaFreshness, ageMs: number): VerdictFields {
    const fields = this.#fieldsOf(judged, freshness, ageMs)
    this.#counts[ACTION.code(fields.action)]![REASONS.indexOf(fields.reason)]!++
    return fields
  }

  #fieldsOf(judged: Judged, freshness: ReplicaFreshness, ageMs: number): VerdictFields {
    const at = { freshness, ageMs }
    if ('errorCode' in judged) {
      const { errorCode } = judged
      const reason = errorCode === 'NOT_READY' ? 'DEGRADED_RULE' : 'ERROR'
      const action = this.#rules.neverSynced
      const endsMs = Infinity
      if (!this.#shadow || action === 'allow') return { ...at, action, reason, endsMs, errorCode }
      return { ...at, action: 'allow', reason, endsMs, errorCode, wouldBe: action }
    }
    const { action, endsMs, guarded } = judged
    const instead = this.#instead(action, freshness)
    const reached = instead ?? action
    if (this.#shadow && reached !== 'allow') {
      return { ...at, action: 'allow', reason: 'SHADOW', endsMs, wouldBe: reached }
    }
    if (instead !== undefined) {
      return { ...at, action: instead, reason: 'DEGRADED_RULE', endsMs, wouldBe: action }
    }
    const reason = guarded ? 'ALLOWLISTED' : action === 'allow' ? 'NO_MATCH' : 'MATCH'
    return { freshness, ageMs, action, reason, endsMs }
  }

  #instead(action: Action, freshness: ReplicaFreshness): Action | undefined {
    if (freshness === 'fresh') return undefined
    return replacing(freshness === 'stale' ? this.#rules.stale : this.#rules.expired, action)
  }

  /** Verdicts so far, those that there were. */
  *counts(): Generator<{
    readonly action: Action
    readonly reason: string
    readonly count: number
  }> {
    for (const [code, counts] of this.#counts.entries()) {
      for (const [i, count] of counts.entries()) {
        if (count > 0) yield { action: ACTION.name(code)!, reason: REASONS[i]!, count }
      }
    }
  }
}
