/**
 * What this node's policy makes of the claims on a key, with its reasons. Pure and in memory: it
 * reads the state of the last commit and the clock it is handed, so what has expired does not act
 * one millisecond later, whatever the sweeper does.
 */
import { parseAddress, parseNetwork, networkText } from '../core/address.js'
import { ACTION, CATEGORY, type Action } from '../core/codes.js'
import { peerNameOf } from '../core/identity.js'
import { keyOf, strongest, typeByName, typeOf, type Indicator } from '../core/indicator.js'
import { judge, type Evidence } from '../policy/judge.js'
import { policyHash, type Policy } from '../policy/rules.js'
import type { LiveState } from './live-state.js'
import { standingClaims } from './standing-claims.js'

export type Freshness = 'fresh' | 'stale' | 'degraded'

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
  readonly reasons: readonly Reason[]
  readonly policy: string
}

export interface Lookup {
  readonly state: LiveState
  readonly policy: Policy
  /** Our own name, for reasons that are our own reports. */
  readonly name: string
  readonly freshness: Freshness
}

/** The verdict on a canonical indicator: the strongest over every key that speaks about it. */
export function verdictOn(lookup: Lookup, indicator: Indicator, now: number): Verdict {
  let action: Action = 'allow'
  let doubt = 1
  let endsMs = Infinity
  const reasons: Reason[] = []
  for (const key of keysAbout(lookup.state, indicator)) {
    const evidence = evidenceOn(lookup, key, now)
    if (evidence.length === 0) continue
    const judged = judge(lookup.policy, key, evidence, now)
    for (const { evidence: from, held } of judged.parts) reasons.push(reasonOf(key, from, held))
    if (judged.action === 'allow') continue
    if (ACTION.code(judged.action) > ACTION.code(action)) endsMs = judged.endsMs
    else if (judged.action === action) endsMs = Math.max(endsMs, judged.endsMs)
    action = strongest(action, judged.action)
    doubt *= 1 - judged.score
  }
  return {
    type: typeOf(indicator.type).name,
    value: indicator.value,
    action,
    score: Math.round((1 - doubt) * 1e4) / 1e4,
    freshness: lookup.freshness,
    asOf: new Date(now).toISOString(),
    ...(endsMs === Infinity ? {} : { expiresAt: new Date(endsMs).toISOString() }),
    reasons,
    policy: policyHash(lookup.policy),
  }
}

function evidenceOn({ state, name }: Lookup, key: Indicator, now: number): Evidence[] {
  return [...standingClaims(state, keyOf(key), now)].map(({ claim, author, member }) => ({
    claim,
    member: member?.name ?? name,
    // A second key of our own organisation is us.
    standing: member === undefined || member.name === state.name ? 'own' : member,
    forked: state.forks.has(author),
  }))
}

function reasonOf(key: Indicator, evidence: Evidence, held: string | undefined): Reason {
  const { report, envelope } = evidence.claim
  return {
    type: typeOf(key.type).name,
    value: key.value,
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

/**
 * The keys that speak about an indicator: itself, the networks that cover it, the domains above it.
 */
function keysAbout(state: LiveState, indicator: Indicator): Indicator[] {
  const type = typeOf(indicator.type).name
  const cidr = typeByName('net.cidr')!.code
  if (type === 'net.ipv4' || type === 'net.ipv6') {
    const address = parseAddress(indicator.value)
    if (!address.ok) return [indicator]
    const { version, bytes } = address.value
    const networks = state.claims
      .networkLengths(version)
      .map((length) => ({ type: cidr, value: networkText(bytes, length) }))
    return [indicator, ...networks]
  }
  if (type === 'net.cidr') {
    const network = parseNetwork(indicator.value)
    if (!network.ok) return [indicator]
    const { version, base, length } = network.value
    const wider = state.claims
      .networkLengths(version)
      .filter((other) => other < length)
      .map((other) => ({ type: cidr, value: networkText(base, other) }))
    return [indicator, ...wider]
  }
  if (type === 'net.domain') {
    const labels = indicator.value.split('.')
    return labels.slice(0, -1).map((_, i) => ({ ...indicator, value: labels.slice(i).join('.') }))
  }
  return [indicator]
}
