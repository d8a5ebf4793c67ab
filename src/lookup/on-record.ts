/**
 * Everything on record about a key, whoever said it and whether or not it still counts: what an
 * operator reads to understand a verdict. A register keeps what can matter again, so what is
 * revoked or replaced is here for as long as it would otherwise live.
 */
import { standing, type ClaimEntry } from '../core/claims.js'
import { DISPUTE_REASON, type Action } from '../core/codes.js'
import { sayingOf, type Saying } from '../core/evidence.js'
import { peerNameOf, type EnvelopeId } from '../core/identity.js'
import { keyOf, typeOf, type Indicator, type Question } from '../core/indicator.js'
import type { Member, Role, Trust } from '../core/roster.js'
import type { Dispute } from '../policy/dispute.js'
import type { Guard } from '../policy/guards.js'
import type { Part } from '../policy/judge.js'
import { capsOf, markCap } from '../policy/weight.js'
import type { AuthorClaims } from './claim-index.js'
import { registersOn } from './registers.js'
import { whoIs, wordsOn } from './said.js'
import { takenBack } from './standing-claims.js'
import type { Lookup } from './verdict.js'

/**
 * live: counts now. revoked: taken back, by its own author or another key of the same member.
 * replaced: the same author has said something newer. over: its time is up. stranger: its author is
 * not admitted here.
 */
export type RecordState = 'live' | 'revoked' | 'replaced' | 'over' | 'stranger'

/** How far a live report goes, and what bounds it. */
export interface Effect {
  /** What it causes by itself. */
  readonly alone: Action
  /** What it supports together with others. */
  readonly support: Action
  /** The first of these that is below what it asks for bounds it. */
  readonly bounds: { readonly marks: Action; readonly type: Action; readonly trust?: Action }
  /** Confidence as far as it has not decayed, 0 to 100. */
  readonly confidence: number
  /** When it stops acting: its end, its type's longest life, or when its confidence has decayed. */
  readonly endsAt: string
  readonly shadow: boolean
  /** Why it does not act, or acts less than it asks. */
  readonly held?: string
  /** Members whose disputes name it, whether or not they are enough. */
  readonly disputedBy: readonly string[]
}

export interface OnRecord {
  readonly member: string | null
  readonly role?: Role
  readonly trust?: Trust | 'own'
  readonly author: string
  readonly envelope: EnvelopeId
  readonly seq: number
  readonly index: number
  /** By its author's clock. */
  readonly saidAt: string
  readonly state: RecordState
  readonly says: Saying
  readonly effect?: Effect
  /** Of evidence and of the order in time; not for JSON. */
  readonly entry: ClaimEntry
}

export interface KeyRecord {
  readonly type: string
  readonly value: string
  /** How far one member's report goes, and any number together. */
  readonly caps: { readonly alone: Action; readonly together: Action }
  /** What it would have met of this node's own look-ups when it was new, where that was much. */
  readonly brake?: { readonly hits: number; readonly of: number; readonly at: string }
  /** What guards this key. */
  readonly guard?: string
  readonly said: readonly OnRecord[]
}

/** `parts`: how its live reports were judged. */
export function recordOf(
  lookup: Lookup,
  key: Question,
  parts: readonly Part[],
  now: number,
): KeyRecord {
  const guard = lookup.guards.on(key, now)
  const caps = capsOf(lookup.policy, key, guard)
  const { disputes } = wordsOn(lookup, key, now)
  const registers = registersOn(lookup.state.claims, key)
  const said = registers.flatMap((register) =>
    register.staircase.map((entry): OnRecord => {
      const state = stateOf(lookup, registers, register, entry, now)
      const part = state === 'live' ? partOf(parts, entry) : undefined
      return {
        ...placeOf(lookup, entry),
        state,
        says: sayingOf(entry.statement),
        ...(part === undefined ? {} : { effect: effectOf(lookup, key, part, guard, disputes) }),
      }
    }),
  )
  return {
    type: typeOf(key.type).name,
    value: key.value,
    caps,
    ...brakeOf(lookup, key),
    ...(guard === undefined ? {} : { guard: guard.name }),
    said: said.sort(byTime),
  }
}

function brakeOf({ state }: Lookup, key: Indicator): Pick<KeyRecord, 'brake'> {
  const hold = state.lists.of('holds').get(keyOf(key))
  if (hold === undefined) return {}
  return { brake: { hits: hold.hits, of: hold.of, at: new Date(hold.atMs).toISOString() } }
}

function byTime({ entry: a }: OnRecord, { entry: b }: OnRecord): number {
  return a.envelope.time - b.envelope.time || a.envelope.seq - b.envelope.seq || a.index - b.index
}

function placeOf(lookup: Lookup, entry: ClaimEntry) {
  const { envelope, index } = entry
  const who = whoIs(lookup, envelope.author, keyOf(entry.statement))
  return {
    member: who?.member ?? null,
    ...(who === undefined ? {} : ranksOf(who.standing)),
    author: peerNameOf(envelope.author),
    envelope: envelope.id,
    seq: envelope.seq,
    index,
    saidAt: new Date(envelope.time).toISOString(),
    entry,
  }
}

function ranksOf(who: Member | 'own'): Pick<OnRecord, 'role' | 'trust'> {
  return who === 'own' ? { trust: 'own' } : { role: who.role, trust: who.trust }
}

function stateOf(
  lookup: Lookup,
  registers: readonly AuthorClaims[],
  { author, staircase }: AuthorClaims,
  entry: ClaimEntry,
  now: number,
): RecordState {
  const { statement, envelope, index } = entry
  if (statement.until <= now) return 'over'
  if (whoIs(lookup, author, keyOf(statement)) === undefined) return 'stranger'
  const newest = standing(staircase, now)
  if (newest !== undefined && newest !== entry) {
    return newest.statement.kind === 'revocation' ? 'revoked' : 'replaced'
  }
  if (statement.kind === 'report') {
    const claim = { envelope, index, report: statement }
    if (takenBack(lookup.state, registers, claim, now)) return 'revoked'
  }
  const isWithdrawal =
    statement.kind === 'dispute' && statement.reason === DISPUTE_REASON.code('withdrawn')
  return isWithdrawal ? 'revoked' : 'live'
}

function partOf(parts: readonly Part[], { envelope, index }: ClaimEntry): Part | undefined {
  return parts.find(({ evidence: { claim } }) => {
    return claim.envelope.id === envelope.id && claim.index === index
  })
}

function effectOf(
  { policy }: Lookup,
  key: Indicator,
  { evidence, alone, support, confidence, endsMs, shadow, held }: Part,
  guard: Guard | undefined,
  disputes: readonly Dispute[],
): Effect {
  const caps = capsOf(policy, key, guard, evidence.issued)
  const { claim, standing: who } = evidence
  const naming = disputes.filter(({ about }) => about === null || about === claim.envelope.author)
  return {
    alone,
    support,
    bounds: {
      marks: markCap(policy, claim),
      type: who === 'own' ? caps.together : caps.alone,
      ...(who === 'own' ? {} : { trust: policy.trust[who.trust].alone }),
    },
    confidence,
    endsAt: new Date(endsMs).toISOString(),
    shadow,
    ...(held === undefined ? {} : { held }),
    disputedBy: [...new Set(naming.map(({ member }) => member))],
  }
}
