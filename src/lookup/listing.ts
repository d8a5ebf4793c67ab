/**
 * Walks over everything live: counts for `status`, rows for exports. Slow by nature (every key), so
 * counts are kept for a second per revision.
 */
import { ACTION } from '../core/codes.js'
import type { Claim } from '../core/claims.js'
import { indicatorOf, typeOf, type Indicator } from '../core/indicator.js'
import type { LiveState } from './live-state.js'
import { standingClaims } from './standing-claims.js'

export interface LiveKey {
  readonly indicator: Indicator
  /** Live claims of our own and of admitted members. */
  readonly claims: readonly Claim[]
}

/** Every key with a live claim of ours or of an admitted member, whatever the verdict. */
export function* liveKeys(state: LiveState, now: number): Generator<LiveKey> {
  for (const [key, said] of state.claims.entries()) {
    const indicator = indicatorOf(key)
    const claims = [...standingClaims(state, indicator, now, said)].map(({ claim }) => claim)
    if (claims.length > 0) yield { indicator, claims }
  }
}

export interface LiveCounts {
  readonly live: number
  readonly byType: Readonly<Record<string, number>>
  /** By the strongest action asked for, before policy. */
  readonly byAction: Readonly<Record<string, number>>
}

const COUNTS_KEPT_MS = 1_000

/** Counts of `liveKeys`, at most a second old. */
export class LiveCounter {
  #counts: LiveCounts | undefined
  #revision = -1
  #atMs = 0

  constructor(readonly state: LiveState) {}

  at(now: number): LiveCounts {
    const kept =
      this.#revision === this.state.revision && Math.abs(now - this.#atMs) < COUNTS_KEPT_MS
    if (!kept || this.#counts === undefined) {
      this.#counts = count(this.state, now)
      this.#revision = this.state.revision
      this.#atMs = now
    }
    return this.#counts
  }
}

function count(state: LiveState, now: number): LiveCounts {
  const byType: Record<string, number> = {}
  const byAction: Record<string, number> = {}
  let live = 0
  for (const { indicator, claims } of liveKeys(state, now)) {
    const type = typeOf(indicator.type).name
    const action = ACTION.name(Math.max(...claims.map((claim) => claim.report.action)))!
    byType[type] = (byType[type] ?? 0) + 1
    byAction[action] = (byAction[action] ?? 0) + 1
    live++
  }
  return { live, byType, byAction }
}
