/**
 * What leaves of a key to programs outside the federation, for every export alike: the live claims
 * of our own and of our members whose marking permits it, and of a network only the pieces around
 * what it must not name.
 */
import type { Claim } from '../core/claims.js'
import { TLP } from '../core/codes.js'
import type { Indicator } from '../core/indicator.js'
import type { Policy } from '../policy/rules.js'
import type { AuthorClaims } from './claim-index.js'
import { leaving } from './leaving.js'
import { standingClaims } from './standing-claims.js'
import type { Lookup } from './verdict.js'

export interface Shared {
  /** The whole of the key, or its pieces; never none. */
  readonly values: readonly Indicator[]
  /** Never none. */
  readonly claims: readonly Claim[]
}

/** Undefined where nothing leaves. */
export function sharedOn(
  at: Lookup,
  indicator: Indicator,
  now: number,
  said?: readonly AuthorClaims[],
): Shared | undefined {
  const claims = [...standingClaims(at.state, indicator, now, said)]
    .map(({ claim }) => claim)
    .filter(({ report }) => mayLeave(at.policy, report.tlp))
  if (claims.length === 0) return undefined
  const values = leaving(at.guards, indicator, now)
  return values.length === 0 ? undefined : { values, claims }
}

/** RED and AMBER+STRICT never may, whatever the policy's file says. */
export function mayLeave(policy: Policy, tlp: number): boolean {
  const name = TLP.name(tlp)
  return name !== undefined && tlp >= TLP.code('amber') && policy.tlp[name].export
}
