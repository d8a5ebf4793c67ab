/**
 * The verdict rules on one key (DESIGN.md §8, first form). In order:
 *  1. special-purpose addresses never act, and nothing an observer said before it became one;
 *  2. a report acts from its time on (ten minutes of clock error forgiven) until its life, clipped
 *     to the type's maximum, is over;
 *  3. second-hand reports, reports below the confidence floor and marks stricter than the PAP floor
 *     only observe (our own reports are exempt from the floor: we need no reminder of our own
 *     doubt);
 *  4. one report acts up to min(what it asks, its type's alone cap, its member's trust cap);
 *  5. an own first-hand report acts up to its type's together cap, and so do reports of a quorum of
 *     distinct members.
 * Nothing lifts a key above its type's together cap.
 */
import { ACTION, type Action } from '../core/codes.js'
import { actsFrom, actsUntil, type Claim } from '../core/claims.js'
import { strongest, typeOf, weakest, type Indicator } from '../core/indicator.js'
import type { Member } from '../core/roster.js'
import type { Policy } from './rules.js'
import { isSpecialPurpose } from './special-ranges.js'

export interface Evidence {
  readonly claim: Claim
  /** Name of the member (an organisation, whatever its number of keys), or our own. */
  readonly member: string
  readonly standing: Member | 'own'
  /** The author signed two histories: nothing it says acts. */
  readonly forked: boolean
}

export interface Judged {
  readonly action: Action
  /** Combined confidence of the members behind the action, 0 to 1. */
  readonly score: number
  /** When the action could first weaken because a report behind it ends; milliseconds. */
  readonly endsMs: number
  readonly parts: readonly { readonly evidence: Evidence; readonly held: string | undefined }[]
}

type Part = {
  readonly evidence: Evidence
  /** What this report causes by itself. */
  readonly alone: Action
  /** What it supports in a quorum. */
  readonly support: Action
  readonly held: string | undefined
}

export function judge(
  policy: Policy,
  key: Indicator,
  evidence: readonly Evidence[],
  now: number,
): Judged {
  const parts = evidence.map((one) => weigh(policy, key, one, now))
  let action: Action = 'allow'
  for (const part of parts) action = strongest(action, part.alone)
  action = strongest(action, quorumAction(policy, parts))
  const behind = parts.filter((part) => action !== 'allow' && reaches(part, action))
  return {
    action,
    score: 1 - doubt(behind),
    endsMs: endOfSupport(policy, parts, behind, action),
    parts: parts.map(({ evidence: from, held, support }) => ({
      evidence: from,
      held: held ?? heldBack(from, action, support),
    })),
  }
}

function weigh(policy: Policy, key: Indicator, evidence: Evidence, now: number): Part {
  const held = whyHeld(policy, key, evidence, now)
  const part = { evidence, held }
  if (held !== undefined && NEVER.has(held)) return { ...part, alone: 'allow', support: 'allow' }
  if (held !== undefined) return { ...part, alone: 'observe', support: 'allow' }
  const { standing, claim } = evidence
  const asked = ACTION.name(claim.report.action)!
  const type = typeOf(key.type)
  const support = weakest(asked, type.together(key.value))
  if (standing === 'own') return { ...part, alone: support, support: 'allow' }
  const cap = policy.trustCap[standing.trust]
  const alone = weakest(weakest(asked, type.alone(key.value)), cap ?? asked)
  const counts = policy.counts.includes(standing.trust)
  return { ...part, alone, support: counts ? support : 'allow' }
}

/** Reasons under which a report does not even observe. */
const NEVER = new Set(['special-purpose', 'observer', 'not-yet', 'over'])

function whyHeld(
  policy: Policy,
  key: Indicator,
  evidence: Evidence,
  now: number,
): string | undefined {
  const { claim, standing } = evidence
  if (isSpecialPurpose(key)) return 'special-purpose'
  if (standing !== 'own' && standing.role === 'observer') return 'observer'
  if (now < actsFrom(claim)) return 'not-yet'
  if (now >= actsUntil(claim)) return 'over'
  if (evidence.forked) return 'forked'
  if (!claim.report.firstHand) return 'second-hand'
  if (claim.report.pap < policy.papFloor) return 'pap'
  if (standing !== 'own' && claim.report.confidence < policy.confidenceFloor)
    return 'low-confidence'
  return undefined
}

/** Why a report that acts stays below what it asks for. */
function heldBack(evidence: Evidence, action: Action, support: Action): string | undefined {
  if (ACTION.code(action) >= evidence.claim.report.action) return undefined
  return ACTION.code(support) > ACTION.code(action) ? 'needs-more-members' : 'capped'
}

/** The strongest action that enough distinct members ask for at least. */
function quorumAction(policy: Policy, parts: readonly Part[]): Action {
  const byMember = new Map<string, Action>()
  for (const { evidence, support } of parts) {
    if (support === 'allow') continue
    byMember.set(evidence.member, strongest(byMember.get(evidence.member) ?? 'allow', support))
  }
  const actions = [...byMember.values()].sort((a, b) => ACTION.code(b) - ACTION.code(a))
  return actions[policy.quorum - 1] ?? 'allow'
}

function reaches(part: Part, action: Action): boolean {
  return ACTION.code(strongest(part.alone, part.support)) >= ACTION.code(action)
}

/** Members are independent witnesses; the keys of one member are not. */
function doubt(parts: readonly Part[]): number {
  const byMember = new Map<string, number>()
  for (const { evidence } of parts) {
    const { confidence } = evidence.claim.report
    byMember.set(evidence.member, Math.max(byMember.get(evidence.member) ?? 0, confidence))
  }
  return [...byMember.values()].reduce((product, confidence) => product * (1 - confidence / 100), 1)
}

/** The last moment at which enough of `behind` is live to cause the same action. */
function endOfSupport(
  policy: Policy,
  parts: readonly Part[],
  behind: readonly Part[],
  action: Action,
): number {
  const ends = (some: readonly Part[]) => some.map((part) => actsUntil(part.evidence.claim))
  const alone = ends(behind.filter((part) => ACTION.code(part.alone) >= ACTION.code(action)))
  const byMember = new Map<string, number>()
  for (const part of parts) {
    if (part.support === 'allow' || ACTION.code(part.support) < ACTION.code(action)) continue
    const end = actsUntil(part.evidence.claim)
    byMember.set(part.evidence.member, Math.max(byMember.get(part.evidence.member) ?? 0, end))
  }
  const quorumEnd = [...byMember.values()].sort((a, b) => b - a)[policy.quorum - 1] ?? 0
  return Math.max(0, quorumEnd, ...alone)
}
