/**
 * What this node's policy makes of what is said about a question, with its reasons. Pure and in
 * memory: it reads the state of the last commit and the clock it is handed, so what has expired
 * does not act one millisecond later, whatever the sweeper does.
 */
import { parseNetwork } from '../core/address.js'
import { ACTION, CATEGORY, type Action } from '../core/codes.js'
import { peerNameOf } from '../core/identity.js'
import type { Freshness } from '../core/mark.js'
import { typeOf, weakest, type Question } from '../core/indicator.js'
import type { Guard } from '../policy/guards.js'
import type { Attribute } from '../policy/joint.js'
import { judge, type Part } from '../policy/judge.js'
import { policyHash, type Policy } from '../policy/rules.js'
import type { Decisions } from './decision.js'
import { keysAbout } from './keys-about.js'
import { further, NO_REACH, type Reach } from './reach.js'
import { saidOn as saidHere, type Sources } from './said.js'

export type { Freshness } from '../core/mark.js'

/** One claim behind a verdict; the JSON of SURFACE.md. Times are ISO 8601. */
export interface Reason {
  readonly type: string
  readonly value: string
  readonly member: string
  readonly author: string
  readonly action: Action
  readonly confidence: number
  readonly firstHand: boolean
  readonly category: string
  readonly campaign?: string
  readonly validUntil: string
  readonly envelope: string
  /** Why it does not act, or acts less than it asks. */
  readonly held?: string
}

export interface Verdict {
  readonly type: string
  readonly value: string
  readonly action: Action
  /** Combined confidence of what acts, 0 to 1. */
  readonly score: number
  readonly freshness: Freshness
  readonly asOf: string
  /** When the action as a whole could first weaken; absent where nothing acts. */
  readonly expiresAt?: string
  readonly decisionId: string
  /** Something in shadow would make it stronger: `wouldBe`. */
  readonly shadow: boolean
  readonly wouldBe?: Action
  /** What takes the question out of the evidence, if anything: `allowed`, `list:…`, … */
  readonly guard?: string
  /** Enforcement is paused: no verdict is more than `observe`. */
  readonly paused?: true
  readonly reasons: readonly Reason[]
  readonly policy: string
}

export interface Lookup extends Sources {
  readonly policy: Policy
  readonly freshness: Freshness
  /** The operator has paused enforcement. */
  readonly paused: boolean
  readonly decisions: Decisions
}

/** What is made of one question, before it is told. */
export interface Finding extends Reach {
  readonly indicator: Question
  readonly guard: Guard | undefined
  readonly attributes: readonly Attribute[]
}

/**
 * The strongest over every key that speaks about the question, unless something guards it. With
 * another `saidOn`: what it would be if something else were said.
 */
export function findingOn(
  lookup: Lookup,
  indicator: Question,
  now: number,
  saidOn: typeof saidHere = saidHere,
): Finding {
  const guard = lookup.guards.on(indicator, now) ?? holed(lookup, indicator, now)
  const attributes: Attribute[] = []
  let reach = NO_REACH
  for (const key of keysAbout(lookup.state.claims, indicator)) {
    const said = saidOn(lookup, key, now)
    if (said === undefined) continue
    const judged = judge(lookup.policy, key, { ...said, guard: guardOf(guard, said.guard) }, now)
    attributes.push({ key, parts: judged.parts })
    const { action, wouldBe, score, endsMs } = judged
    reach = further(reach, { action, wouldBe, doubt: 1 - score, endsMs })
  }
  return { indicator, guard, attributes, ...reach }
}

/** What guards the question guards every key it is asked of; `out` before `cap`. */
function guardOf(question: Guard | undefined, key: Guard | undefined): Guard | undefined {
  return key?.effect === 'out' ? key : (question ?? key)
}

/** A network with protected addresses in it does not act as a whole: ask about what is in it. */
function holed({ guards }: Lookup, indicator: Question, now: number): Guard | undefined {
  if (typeOf(indicator.type).name !== 'net.cidr') return undefined
  const network = parseNetwork(indicator.value)
  if (!network.ok || guards.holes(network.value, now).length === 0) return undefined
  return { effect: 'out', name: 'holds-protected' }
}

/** The verdict on a canonical indicator. */
export function verdictOn(lookup: Lookup, indicator: Question, now: number): Verdict {
  return toVerdict(lookup, findingOn(lookup, indicator, now), now)
}

/** What may be done at the most while enforcement is paused. */
export function enforceable({ paused }: Pick<Lookup, 'paused'>, action: Action): Action {
  return paused ? weakest(action, 'observe') : action
}

export function toVerdict(lookup: Lookup, finding: Finding, now: number): Verdict {
  const { indicator, guard, wouldBe, endsMs, attributes } = finding
  const action = enforceable(lookup, finding.action)
  const shadow = ACTION.code(wouldBe) > ACTION.code(finding.action)
  const policy = policyHash(lookup.policy)
  return {
    type: typeOf(indicator.type).name,
    value: indicator.value,
    action,
    score: scoreOf(finding.doubt),
    freshness: lookup.freshness,
    asOf: new Date(now).toISOString(),
    ...(endsMs === Infinity ? {} : { expiresAt: new Date(endsMs).toISOString() }),
    decisionId: lookup.decisions.seal({ timeMs: now, policy, action, asked: [indicator] }),
    shadow,
    ...(shadow ? { wouldBe } : {}),
    ...(guard?.effect === 'out' ? { guard: guard.name } : {}),
    ...(lookup.paused ? { paused: true } : {}),
    reasons: attributes.flatMap(({ parts }) => parts.map(reasonOf)),
    policy,
  }
}

export function scoreOf(doubt: number): number {
  return Math.round((1 - doubt) * 1e4) / 1e4
}

export function reasonOf({ evidence, held }: Part): Reason {
  const { report, envelope } = evidence.claim
  return {
    type: typeOf(report.type).name,
    value: report.value,
    member: evidence.member,
    author: peerNameOf(envelope.author),
    action: ACTION.name(report.action)!,
    confidence: report.confidence,
    firstHand: report.firstHand,
    category: CATEGORY.name(report.category)!,
    ...(report.campaign === null ? {} : { campaign: report.campaign }),
    validUntil: new Date(report.until).toISOString(),
    envelope: envelope.id,
    ...(held === undefined ? {} : { held }),
  }
}
