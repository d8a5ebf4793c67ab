/**
 * Everything that those whom this node hears say about a key, as policy reads it: live reports with
 * their authors' standing, disputes, and whether the operator confirmed it.
 */
import { standing } from '../core/claims.js'
import { DISPUTE_REASON } from '../core/codes.js'
import type { EnvelopeRef } from '../core/envelope.js'
import type { AuthorId } from '../core/identity.js'
import { keyOf, type Indicator, type IndicatorKey, type Question } from '../core/indicator.js'
import type { Hold } from '../core/own-rows.js'
import type { Dispute } from '../policy/dispute.js'
import type { Guards } from '../policy/guards.js'
import type { Said } from '../policy/judge.js'
import type { Evidence } from '../policy/weight.js'
import type { AuthorClaims } from './claim-index.js'
import type { LiveState } from './live-state.js'
import { registersOn } from './registers.js'
import { isForkedOn } from './release.js'
import { standingClaims } from './standing-claims.js'

/** Where policy finds what it asks of a key. */
export interface Sources {
  readonly state: LiveState
  /** Our own name, for reasons that are our own reports. */
  readonly name: string
  readonly guards: Guards
  /** Whether what an author said there is beyond its member's share. */
  readonly overflows: (envelope: EnvelopeRef) => boolean
  /** Whether a keyed value was reported under a key that was no longer to be used then. */
  readonly isLate: (key: Indicator, atMs: number) => boolean
}

/** Undefined where nobody reports it. */
export function saidOn(sources: Sources, key: Question, now: number): Said | undefined {
  const held = registersOn(sources.state.claims, key)
  if (held.length === 0) return undefined
  const said = wordsOn(sources, key, now, held)
  return said.evidence.length === 0 ? undefined : said
}

/** What is said, reports or not. */
export function wordsOn(
  sources: Sources,
  key: Question,
  now: number,
  held = registersOn(sources.state.claims, key),
): Said {
  const others = held.filter(({ kind }) => kind !== 'claim')
  const disputes: Dispute[] = []
  let confirmed = false
  for (const { author, kind, about, staircase } of others) {
    const entry = standing(staircase, now)
    const who = entry && whoIs(sources, author, keyOf(entry.statement))
    if (who === undefined || entry === undefined) continue
    if (kind === 'sighting') confirmed ||= who.standing === 'own'
    if (entry.statement.kind !== 'dispute' || isWithdrawn(entry.statement.reason)) continue
    disputes.push({ ...who, about, overflow: sources.overflows(entry.envelope) })
  }
  const hold = confirmed ? undefined : sources.state.lists.of('holds').get(keyOf(key))
  const evidence = evidenceOn(sources, key, held, now, hold)
  return { evidence, disputes, confirmed, guard: sources.guards.on(key, now) }
}

function isWithdrawn(reason: number): boolean {
  return reason === DISPUTE_REASON.code('withdrawn')
}

function evidenceOn(
  sources: Sources,
  key: Question,
  held: readonly AuthorClaims[],
  now: number,
  hold: Hold | undefined,
): Evidence[] {
  const evidence: Evidence[] = []
  for (const { claim, author } of standingClaims(sources.state, key, now, held)) {
    const { report, envelope } = claim
    const who = whoIs(sources, author, keyOf(report))
    if (who === undefined) continue
    const weak = sources.isLate(report, envelope.time) ? ('epoch-over' as const) : undefined
    const issued = who.member === key.issuer
    evidence.push({ ...who, claim, overflow: sources.overflows(envelope), hold, weak, issued })
  }
  return evidence
}

/** Undefined for a stranger. A second key of our own organisation is us. */
export function whoIs(
  { state, name }: Sources,
  author: AuthorId,
  key: IndicatorKey,
): Pick<Evidence, 'member' | 'standing' | 'forked'> | undefined {
  const forked = isForkedOn(state, author, key)
  if (author === state.own) return { member: name, standing: 'own', forked }
  const member = state.roster.memberOf(author)
  if (member === undefined) return undefined
  return { member: member.name, standing: member.name === state.name ? 'own' : member, forked }
}
