/**
 * The verdict rules on one key (DESIGN.md §8). One order of precedence, strongest first; README.md
 * beside this has it for people, and a test holds that table against these rules:
 *  1. what guards the key (special ranges, own and members' addresses, allow entries, warning
 *     lists) takes all reports of it out; a cloud list caps them;
 *  2. a report acts from its time on (ten minutes of clock error forgiven) until its life, clipped
 *     to the type's maximum, is over; an observer says nothing;
 *  3. reports of forked logs, second-hand ones, those whose marks permit no more, those below the
 *     confidence floor and those beyond their member's bulkhead only observe (our own reports are
 *     exempt from the last two);
 *  4. disputed reports only observe;
 *  5. one report acts up to min(what it asks, its type's alone cap, its member's trust cap); an own
 *     first-hand report, and those of a quorum of distinct members, up to the type's together cap;
 *  6. what is in shadow is worked out and shown, and does not act; a pause (lookup/verdict.ts)
 *     lets nothing be more than observe.
 * Revocations stand before all of this: what is revoked is no claim.
 */
import { ACTION, type Action } from '../core/codes.js'
import { strongest, type Indicator } from '../core/indicator.js'
import { whyDisputed, type Dispute } from './dispute.js'
import type { Guard } from './guards.js'
import type { Policy } from './rules.js'
import { weigh, type Evidence, type Weight } from './weight.js'

/** Everything that is said about one key. */
export interface Said {
  readonly evidence: readonly Evidence[]
  readonly disputes: readonly Dispute[]
  /** Our own sighting: the operator has confirmed what others report. */
  readonly confirmed: boolean
  readonly guard: Guard | undefined
}

export interface Part extends Weight {
  readonly evidence: Evidence
}

export interface Judged {
  readonly action: Action
  /** What the action would be if nothing were in shadow. */
  readonly wouldBe: Action
  /** Combined confidence of the members behind the action, 0 to 1. */
  readonly score: number
  /** When the action could first weaken because a report behind it ends; milliseconds. */
  readonly endsMs: number
  /** In the order of the evidence; `held` also says why a report that acts stays below its wish. */
  readonly parts: readonly Part[]
}

export function judge(policy: Policy, key: Indicator, said: Said, now: number): Judged {
  const parts = partsOf(policy, key, said, now)
  const wouldBe = actionOf(policy, parts)
  const acting = parts.map(enforced)
  const action = wouldBe === 'allow' ? wouldBe : actionOf(policy, acting)
  const behind = acting.filter((part) => action !== 'allow' && reaches(part, action))
  return {
    action,
    wouldBe,
    score: 1 - doubt(behind),
    endsMs: endOfSupport(policy, acting, behind, action),
    parts: parts.map((part) => ({ ...part, held: part.held ?? heldBack(part, action) })),
  }
}

/** What each report weighs, disputes included. */
function partsOf(policy: Policy, key: Indicator, said: Said, now: number): Part[] {
  const parts = said.evidence.map((evidence): Part => {
    return { evidence, ...weigh(policy, key, evidence, said.guard, now) }
  })
  if (said.disputes.length === 0) return parts
  const supporters = new Set(
    parts.filter((part) => part.held === undefined).map((part) => part.evidence.member),
  )
  return parts.map((part) => {
    if (part.held !== undefined) return part
    const { disputes, confirmed } = said
    const held = whyDisputed(policy, part.evidence, disputes, supporters.size, confirmed)
    return held === undefined ? part : { ...part, alone: 'observe', support: 'allow', held }
  })
}

function enforced(part: Part): Part {
  if (!part.shadow || part.alone === 'allow') return part
  return { ...part, alone: 'observe', support: 'allow' }
}

function actionOf(policy: Policy, parts: readonly Part[]): Action {
  const alone = parts.reduce((action: Action, part) => strongest(action, part.alone), 'allow')
  return strongest(alone, quorumAction(policy, parts))
}

/** Why a report that acts stays below what it asks for. */
function heldBack(part: Part, action: Action): string | undefined {
  if (ACTION.code(action) >= part.evidence.claim.report.action) return undefined
  if (part.shadow) return 'shadow'
  return ACTION.code(part.support) > ACTION.code(action) ? 'needs-more-members' : 'capped'
}

/** The strongest action that enough distinct members ask for at least. */
function quorumAction(policy: Policy, parts: readonly Part[]): Action {
  if (parts.length < policy.quorum) return 'allow'
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
  for (const { evidence, confidence } of parts) {
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
  const alone = behind.filter((part) => ACTION.code(part.alone) >= ACTION.code(action))
  const byMember = new Map<string, number>()
  for (const { evidence, support, endsMs } of parts) {
    if (support === 'allow' || ACTION.code(support) < ACTION.code(action)) continue
    byMember.set(evidence.member, Math.max(byMember.get(evidence.member) ?? 0, endsMs))
  }
  const quorumEnd = [...byMember.values()].sort((a, b) => b - a)[policy.quorum - 1] ?? 0
  return Math.max(0, quorumEnd, ...alone.map((part) => part.endsMs))
}
