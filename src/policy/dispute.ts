/**
 * Disputes on a key. Our own lowers what it names here at once. Elsewhere one alone changes
 * nothing: distinct disputing members, not observers and not the author's, must be at least
 * `disputers` and at least as many as the key's first-hand supporters. Nobody's dispute lowers our
 * own report, nor one that we confirmed by a sighting of our own.
 */
import type { AuthorId } from '../core/identity.js'
import type { Member } from '../core/roster.js'
import type { Policy } from './rules.js'
import type { Evidence } from './weight.js'

export interface Dispute {
  /** Name of the disputing member, or our own. */
  readonly member: string
  readonly standing: Member | 'own'
  /** The author whose report is meant; null: everybody's. */
  readonly about: AuthorId | null
  readonly forked: boolean
  /** Beyond the member's share of what acts. */
  readonly overflow: boolean
}

/** Why a report that would act does not, if it is disputed. */
export function whyDisputed(
  policy: Policy,
  { claim, member, standing }: Evidence,
  disputes: readonly Dispute[],
  supporters: number,
  confirmed: boolean,
): 'disputed-here' | 'disputed' | undefined {
  if (standing === 'own') return undefined
  const { author } = claim.envelope
  const naming = disputes.filter(({ about }) => about === null || about === author)
  if (naming.some((dispute) => dispute.standing === 'own')) return 'disputed-here'
  if (confirmed) return undefined
  const against = new Set(
    naming.filter((one) => counts(policy, one) && one.member !== member).map((one) => one.member),
  )
  return against.size >= Math.max(policy.disputers, supporters) ? 'disputed' : undefined
}

function counts(policy: Policy, { standing, forked, overflow }: Dispute): boolean {
  if (standing === 'own' || forked || overflow) return false
  return standing.role === 'member' && policy.trust[standing.trust].counts
}
