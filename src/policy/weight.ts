/**
 * What one report weighs: whether it acts at all, up to what, and if less than it asks, why. The
 * order of the reasons is the order of precedence; the first that holds is the one that is shown.
 */
import { ACTION, PAP, TLP, type Action } from '../core/codes.js'
import { actsFrom, actsUntil, type Claim } from '../core/claims.js'
import { typeOf, weakest, type Indicator } from '../core/indicator.js'
import type { Member } from '../core/roster.js'
import type { Hold } from '../core/own-rows.js'
import { isTooWide } from './brake.js'
import type { Guard } from './guards.js'
import type { Policy } from './rules.js'

/**
 * epoch-over: said under an epoch key that was no longer to be used then. Of a sketch that a prompt
 * contains: this account has not met it often enough, too little of it is there, it is not armed
 * here, there are more than can be told apart, or it is disputed.
 */
export type Weakness =
  | 'epoch-over'
  | 'few-matches'
  | 'watch-band'
  | 'unarmed'
  | 'too-many-sketches'
  | 'disputed'
  | 'disputed-here'

export interface Evidence {
  readonly claim: Claim
  /** Name of the member (an organisation, whatever its number of keys), or our own. */
  readonly member: string
  readonly standing: Member | 'own'
  /** The author signed two histories: nothing it says acts. */
  readonly forked: boolean
  /** Beyond the member's share of what acts. */
  readonly overflow: boolean
  /** What it would meet of our own look-ups, where that was much and nobody has confirmed it. */
  readonly hold?: Hold | undefined
  /** Why it is no more than a hint, where it is one. */
  readonly weak?: Weakness | undefined
  /** The member gave out what the report names. */
  readonly issued?: boolean
}

/** How far reports of a key may go. */
export interface Caps {
  readonly alone: Action
  readonly together: Action
}

export interface Weight {
  /** What this report causes by itself. */
  readonly alone: Action
  /** What it supports together with others; our own report needs no others. */
  readonly support: Action
  /** Why it does not act, if so. */
  readonly held: string | undefined
  /** Worked out and shown, but not acting: what it would do is in `alone` and `support`. */
  readonly shadow: boolean
  /** When it stops acting; milliseconds. */
  readonly endsMs: number
  /** 0 to 100, as far as it has not decayed. */
  readonly confidence: number
}

/**
 * A type's caps as the policy has them; space of a rented cloud acts no further than it says. Who
 * gave out an account or API key knows alone what it was used for.
 */
export function capsOf(policy: Policy, key: Indicator, guard?: Guard, issued = false): Caps {
  const type = typeOf(key.type)
  const own = policy.types[type.name]
  const together = own?.together ?? type.together(key.value)
  // A policy that lowers what all may cause together lowers what one may.
  const alone = weakest(own?.alone ?? (issued ? together : type.alone(key.value)), together)
  if (guard?.effect !== 'cap') return { alone, together }
  const { cloud } = policy.lists
  return { alone: weakest(alone, cloud), together: weakest(together, cloud) }
}

const NOTHING = { alone: 'allow', support: 'allow' } as const
const WATCHED = { alone: 'observe', support: 'allow' } as const
/** Reasons under which a report does not even observe. */
const SILENT = new Set(['observer', 'not-yet', 'over'])

export function weigh(
  policy: Policy,
  key: Indicator,
  evidence: Evidence,
  guard: Guard | undefined,
  now: number,
): Weight {
  const { standing, claim } = evidence
  const known = {
    endsMs: endOf(policy, evidence),
    confidence: confidenceAt(policy, claim, now),
    shadow: isShadow(policy, key, evidence),
  }
  if (guard?.effect === 'out') return { ...known, ...NOTHING, held: guard.name }
  const held = whyHeld(policy, evidence, known.confidence, now)
  if (held !== undefined) return { ...known, ...(SILENT.has(held) ? NOTHING : WATCHED), held }
  const caps = capsOf(policy, key, guard, evidence.issued)
  const asked = weakest(ACTION.name(claim.report.action)!, markCap(policy, claim))
  const together = weakest(asked, caps.together)
  if (standing === 'own') return { ...known, alone: together, support: 'allow', held }
  const trust = policy.trust[standing.trust]
  const alone = weakest(weakest(asked, caps.alone), trust.alone)
  return { ...known, alone, support: trust.counts ? together : 'allow', held }
}

function whyHeld(
  policy: Policy,
  { claim, standing, forked, overflow, hold, weak }: Evidence,
  confidence: number,
  now: number,
): string | undefined {
  if (standing !== 'own' && standing.role === 'observer') return 'observer'
  if (now < actsFrom(claim)) return 'not-yet'
  if (now >= actsUntil(claim)) return 'over'
  if (forked) return 'forked'
  if (weak !== undefined) return weak
  if (!claim.report.firstHand) return 'second-hand'
  if (policy.pap[PAP.name(claim.report.pap)!] === 'observe') return 'pap'
  if (policy.tlp[TLP.name(claim.report.tlp)!].act === 'observe') return 'tlp'
  if (hold !== undefined && isTooWide(policy, hold)) return 'blast-radius'
  // We need no reminder of our own doubt, and bound nobody's flood by our own.
  if (standing === 'own') return undefined
  if (confidence < policy.confidence.floor) return 'low-confidence'
  return overflow ? 'bulkhead' : undefined
}

/** The strongest action that the marks of a report permit. */
export function markCap(policy: Policy, { report }: Claim): Action {
  return weakest(policy.pap[PAP.name(report.pap)!], policy.tlp[TLP.name(report.tlp)!].act)
}

function isShadow({ shadow }: Policy, key: Indicator, { member }: Evidence): boolean {
  return (
    shadow.all || shadow.members.includes(member) || shadow.types.includes(typeOf(key.type).name)
  )
}

/** Confidence falls evenly from the report's time to the end of its life. */
function confidenceAt({ confidence: { decay } }: Policy, claim: Claim, now: number): number {
  const { confidence } = claim.report
  const { time } = claim.envelope
  if (decay === 0 || now <= time) return confidence
  const lived = Math.min(1, (now - time) / (actsUntil(claim) - time))
  return confidence * (1 - (decay / 100) * lived)
}

/** When a report stops acting: its end, or the moment its confidence falls below the floor. */
export function endOf(
  { confidence: { decay, floor } }: Policy,
  { claim, standing }: Pick<Evidence, 'claim' | 'standing'>,
): number {
  const end = actsUntil(claim)
  const { confidence } = claim.report
  if (decay === 0 || standing === 'own' || confidence < floor) return end
  const lived = (1 - floor / confidence) / (decay / 100)
  const { time } = claim.envelope
  return lived >= 1 ? end : Math.floor(time + lived * (end - time)) + 1
}
