/**
 * The live claims on a key of those whom this node hears: its own and its members'. A member that
 * lost a key takes back what that key said with another one; nobody can do so for another member.
 */
import { claimAt, standing, type Claim } from '../core/claims.js'
import type { AuthorId } from '../core/identity.js'
import type { Question } from '../core/indicator.js'
import type { Member } from '../core/roster.js'
import type { AuthorClaims } from './claim-index.js'
import type { LiveState } from './live-state.js'
import { registersOn } from './registers.js'

export interface StandingClaim {
  readonly claim: Claim
  readonly author: AuthorId
  /** Undefined: our own key. */
  readonly member: Member | undefined
}

export function* standingClaims(
  state: LiveState,
  key: Question,
  now: number,
  said = registersOn(state.claims, key),
): Generator<StandingClaim> {
  for (const { author, kind, about, staircase } of said) {
    if (kind !== 'claim' || about !== null) continue
    const member = author === state.own ? undefined : state.roster.memberOf(author)
    if (author !== state.own && member === undefined) continue
    const claim = claimAt(staircase, now)
    if (claim === undefined || takenBack(state, said, claim, now)) continue
    yield { claim, author, member }
  }
}

/** Whether a sibling key of the same member has revoked what this key said before. */
export function takenBack(
  state: LiveState,
  said: readonly AuthorClaims[],
  claim: Claim,
  now: number,
): boolean {
  const { author, time } = claim.envelope
  return said.some((other) => {
    if (other.kind !== 'claim' || other.about !== author) return false
    if (!areSiblings(state, other.author, author)) return false
    const revocation = standing(other.staircase, now)
    return revocation !== undefined && revocation.envelope.time >= time
  })
}

/** Keys that our roster puts under one member; a member of our own name is ourselves. */
function areSiblings(state: LiveState, a: AuthorId, b: AuthorId): boolean {
  const one = state.organisationOf(a)
  return one !== undefined && one === state.organisationOf(b)
}
