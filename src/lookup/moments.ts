/**
 * The moments at which time alone may change a verdict: what somebody said ends or begins to act,
 * or what this operator set ends. Soonest first, and bounded.
 */
import { actsFrom, actsUntil, type ClaimEntry } from '../core/claims.js'
import { keyOf, type Question } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { endOf, type Evidence } from '../policy/weight.js'
import { keysAbout } from './keys-about.js'
import { pauseOf } from './pauses.js'
import { registersOn } from './registers.js'
import { whoIs } from './said.js'
import type { Lookup } from './verdict.js'

export type MomentCode =
  | 'report-ends'
  | 'report-starts'
  /** Its confidence falls below the floor before its end. */
  | 'report-decays'
  /** What it took back returns, where that lives longer. */
  | 'revocation-ends'
  | 'dispute-ends'
  | 'sighting-ends'
  | 'allow-ends'
  | 'pause-ends'

export interface Moment {
  readonly atMs: number
  readonly code: MomentCode
  /** Whose words end or begin then; empty for this operator's own settings. */
  readonly members: readonly string[]
  /** Whether enforcement is still paused then. */
  readonly paused: boolean
}

interface Event {
  readonly atMs: number
  readonly code: MomentCode
  readonly member?: string
}

export function momentsOf(lookup: Lookup, indicator: Question, now: number): Moment[] {
  const about = keysAbout(lookup.state.claims, indicator)
  const events = [...about.flatMap((key) => eventsOn(lookup, key)), ...settings(lookup)]
  const byTime = new Map<number, Event[]>()
  for (const event of events) {
    if (event.atMs <= now || event.atMs === Infinity) continue
    byTime.set(event.atMs, [...(byTime.get(event.atMs) ?? []), event])
  }
  return [...byTime]
    .sort(([a], [b]) => a - b)
    .slice(0, LIMITS.changesTriedMax)
    .map(([atMs, together]) => ({
      atMs,
      code: together[0]!.code,
      members: membersOf(together.filter(({ code }) => code === together[0]!.code)),
      paused: lookup.paused && pauseOf(lookup.state, 'enforce', atMs) !== undefined,
    }))
}

/** The next moment after `now` at which time alone may change what is made of one key; or never. */
export function nextOn(lookup: Lookup, key: Question, now: number): number {
  return soonest(eventsOn(lookup, key), now)
}

/** As the first of `momentsOf`, for whoever needs no more than when. */
export function nextMoment(lookup: Lookup, indicator: Question, now: number): number {
  let next = soonest(settings(lookup), now)
  for (const key of keysAbout(lookup.state.claims, indicator)) {
    next = Math.min(next, nextOn(lookup, key, now))
  }
  return next
}

function soonest(events: readonly Event[], now: number): number {
  let next = Infinity
  for (const { atMs } of events) if (atMs > now) next = Math.min(next, atMs)
  return next
}

function membersOf(events: readonly Event[]): string[] {
  return [...new Set(events.flatMap(({ member }) => member ?? []))]
}

function eventsOn(lookup: Lookup, key: Question): Event[] {
  return registersOn(lookup.state.claims, key).flatMap(({ author, staircase }) => {
    const [first] = staircase
    const who = first && whoIs(lookup, author, keyOf(first.statement))
    if (who === undefined) return []
    const { member, standing } = who
    return staircase.flatMap((entry) => eventsOf(lookup, entry, { member, standing }))
  })
}

function eventsOf(
  { policy }: Lookup,
  { envelope, index, statement }: ClaimEntry,
  { member, standing }: Pick<Evidence, 'member' | 'standing'>,
): Event[] {
  const end = { atMs: statement.until, code: `${statement.kind}-ends` as const, member }
  if (statement.kind !== 'report') return [end]
  const claim = { envelope, index, report: statement }
  return [
    { atMs: actsFrom(claim), code: 'report-starts', member },
    end,
    { atMs: actsUntil(claim), code: 'report-ends', member },
    { atMs: endOf(policy, { claim, standing }), code: 'report-decays', member },
  ]
}

function settings({ state }: Lookup): Event[] {
  const pause = state.lists.of('pauses').get('enforce')?.untilMs
  const allowed = [...state.lists.of('allow').values()].flatMap(({ untilMs }) => untilMs ?? [])
  return [
    ...(pause === undefined ? [] : [{ atMs: pause, code: 'pause-ends' as const }]),
    ...allowed.map((atMs) => ({ atMs, code: 'allow-ends' as const })),
  ]
}
