/** Walks over everything live, with its claims. Slow by nature: every key is made an object. */
import type { Claim } from '../core/claims.js'
import { indicatorOf, type Indicator } from '../core/indicator.js'
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
