/**
 * One verdict on one API request: the strongest over its attributes, or more where reports of
 * distinct members agree on several kinds of evidence. An allow entry marked so allows the whole.
 */
import { ACTION } from '../core/codes.js'
import { strongest, type Question } from '../core/indicator.js'
import { jointAction } from '../policy/joint.js'
import { policyHash } from '../policy/rules.js'
import { further, NO_REACH, type Reach } from './reach.js'
import {
  enforceable,
  findingOn,
  scoreOf,
  toVerdict,
  type Finding,
  type Lookup,
  type Verdict,
} from './verdict.js'

export interface RequestVerdict extends Omit<Verdict, 'type' | 'value' | 'reasons'> {
  /** Kinds of evidence that members agree on lifted it above every attribute's own verdict. */
  readonly joint: boolean
  /** In the order of the question. */
  readonly attributes: readonly Verdict[]
}

/** `more`: what was found in its prompt. */
export function requestVerdictOn(
  lookup: Lookup,
  indicators: readonly Question[],
  now: number,
  noted?: (finding: Finding, now: number) => void,
  more: readonly Finding[] = [],
): RequestVerdict {
  const asked = indicators.map((indicator) => findingOn(lookup, indicator, now))
  const findings = [...asked, ...more]
  for (const finding of findings) noted?.(finding, now)
  const allowing = findings.find(({ guard }) => guard?.request === true)?.guard
  const whole: Whole =
    allowing === undefined ? wholeOf(lookup, findings) : { ...NO_REACH, joint: false }
  const action = enforceable(lookup, whole.action)
  const shadow = ACTION.code(whole.wouldBe) > ACTION.code(whole.action)
  const policy = policyHash(lookup.policy)
  const speaking = findings.filter(({ attributes }) => attributes.length > 0)
  return {
    action,
    score: scoreOf(whole.doubt),
    freshness: lookup.freshness,
    asOf: new Date(now).toISOString(),
    ...(whole.endsMs === Infinity ? {} : { expiresAt: new Date(whole.endsMs).toISOString() }),
    decisionId: lookup.decisions.seal({
      ...{ timeMs: now, policy, action },
      asked: speaking.map(({ indicator }) => indicator),
    }),
    shadow,
    ...(shadow ? { wouldBe: whole.wouldBe } : {}),
    ...(allowing === undefined ? {} : { guard: allowing.name }),
    ...(lookup.paused ? { paused: true } : {}),
    policy,
    joint: whole.joint,
    attributes: findings.map((finding) => toVerdict(lookup, finding, now)),
  }
}

interface Whole extends Reach {
  readonly joint: boolean
}

/** What the attributes reach each by itself, or more together. */
function wholeOf({ policy }: Lookup, findings: readonly Finding[]): Whole {
  const reach = findings.reduce(further, NO_REACH)
  const { action, wouldBe, doubt, endsMs } = reach
  const attributes = findings.flatMap((finding) => finding.attributes)
  const together = jointAction(policy, attributes, false)
  const would = strongest(wouldBe, jointAction(policy, attributes, true))
  if (strongest(action, together) === action) {
    return { action, wouldBe: would, doubt, endsMs, joint: false }
  }
  // It may weaken when the first report behind it ends.
  const supporting = attributes.flatMap(({ parts }) =>
    parts.filter((part) => part.support !== 'allow' || part.evidence.standing === 'own'),
  )
  const ends = Math.min(...supporting.map((part) => part.endsMs))
  return { action: together, wouldBe: would, doubt, endsMs: ends, joint: true }
}
