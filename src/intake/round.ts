/**
 * What one round of our own voice says: turns items into statements, refusing and finding
 * duplicates. Pure: reads the state, writes nothing.
 *
 * Rules of our own door beyond those for everybody:
 *  - a guarded value is not reported, but where the operator forces an allowed or listed one; what
 *    takes back or doubts is never guarded;
 *  - a report equal to our live claim that prolongs it by less than a tenth of its life is a
 *    duplicate;
 *  - a report with a shorter life than what we said before is preceded, in the same envelope, by a
 *    revocation until the latest `until` of our earlier statements, so that no older claim returns;
 *  - a revocation runs until the same, and needs a live claim of ours.
 * Those of sightings and disputes are in `opinion.ts`.
 */
import { claimRegister, endOf } from '../core/claims.js'
import { REVOCATION_REASON } from '../core/codes.js'
import { keyOf, typeByName, type Indicator } from '../core/indicator.js'
import type { AuthorId } from '../core/identity.js'
import { failed, type Failure, type InputCode } from '../core/outcome.js'
import { isReason, type Forced } from '../core/own-rows.js'
import type {
  DisputeItem,
  ReportItem,
  RevocationItem,
  SayOptions,
  SightingItem,
} from '../core/ports.js'
import { reportOf, revocationOf } from '../core/request.js'
import type { Report, Revocation } from '../core/statement.js'
import { STOPPING_CODES, type Stop } from '../core/stopped.js'
import type { LiveState } from '../lookup/live-state.js'
import { standingClaims } from '../lookup/standing-claims.js'
import { isForcible, type Guard, type Guards } from '../policy/guards.js'
import { planDispute, planSighting } from './opinion.js'
import {
  claimOn,
  named,
  OPERATOR,
  Packets,
  prolongs,
  refused,
  type Packet,
  type Planned,
  type Who,
} from './packets.js'

/** On what ground this node publishes, and until when, as its settings name it. */
export interface LegalBasis {
  readonly basis: string
  readonly untilMs: number
}

export interface RoundSources {
  readonly state: LiveState
  readonly guards: Guards
  /** Absent: the settings name none. */
  readonly legal?: LegalBasis | undefined
}

export type Ask =
  | { readonly kind: 'report'; readonly item: ReportItem }
  | { readonly kind: 'revocation'; readonly item: RevocationItem }
  | { readonly kind: 'sighting'; readonly item: SightingItem }
  | { readonly kind: 'dispute'; readonly item: DisputeItem }

export class Round {
  readonly #state: LiveState
  readonly #guards: Guards
  readonly #now: number
  readonly #forced: Forced[] = []
  readonly #stops = new Map<string, Stop>()
  readonly #legal: LegalBasis | undefined
  readonly #packets: Packets

  constructor(
    { state, guards, legal }: RoundSources,
    clock: { readonly now: number; readonly time: number },
  ) {
    this.#legal = legal
    this.#state = state
    this.#guards = guards
    this.#now = clock.now
    this.#packets = new Packets(state, clock.time)
  }

  /** What each envelope to seal holds, in order. */
  get packets(): readonly Packet[] {
    return this.#packets.list
  }

  plan(ask: Ask, options: SayOptions = {}): Planned {
    const planned = this.#plan(ask, options)
    const { status, code } = planned
    if (status === 'refused' && STOPPING_CODES.has(code!)) this.#stop(ask, code!, options)
    return planned
  }

  #plan(ask: Ask, options: SayOptions): Planned {
    // What takes back is no use of what was shared, and must always get through.
    const isTakingBack = ask.kind === 'revocation'
    if (!this.#isLegal && !isTakingBack) return refused(failed('legal-basis-lapsed'))
    const basis = this.#isLegal ? this.#legal?.basis : undefined
    const who = { ...options, ...(basis && { basis }) }
    const sources = { state: this.#state, packets: this.#packets, now: this.#now }
    switch (ask.kind) {
      case 'report':
        return this.#report(ask.item, who)
      case 'revocation':
        return this.#revoke(ask.item, who)
      case 'sighting':
        return planSighting(sources, ask.item, who)
      case 'dispute':
        return planDispute(sources, ask.item, who)
    }
  }

  get #isLegal(): boolean {
    return this.#legal === undefined || this.#now < this.#legal.untilMs
  }

  /** Counted by what it was, who asked and why it was stopped: never the value. */
  #stop({ item }: Ask, code: InputCode, { by: token = OPERATOR }: SayOptions): void {
    const type = typeByName(item.type)?.name ?? (item.type === 'ip' ? 'ip' : '')
    const key = `${code} ${type} ${token}`
    const count = (this.#stops.get(key)?.count ?? 0) + 1
    this.#stops.set(key, { atMs: this.#now, code, type, token, count })
  }

  /** What was kept from leaving. */
  get stops(): readonly Stop[] {
    return [...this.#stops.values()]
  }

  /** Guarded values that it says all the same. */
  get forced(): readonly Forced[] {
    return this.#forced
  }

  #report(item: ReportItem, options: SayOptions & Who): Planned {
    const asked = reportOf(item, this.#now)
    if (!asked.ok) return refused(asked)
    const report = asked.value
    const guard = this.#guards.on(report, this.#now, true)
    const hindrance = this.#hindrance(item, guard, options)
    if (hindrance !== undefined) return refused(hindrance, report)
    const live = this.#packets.standing(claimOn(report), this.#now)
    if (live?.statement.kind === 'report' && isSame(live.statement, report)) {
      if (!prolongs(report.until, live.statement.until, this.#now)) {
        return { status: 'duplicate', ...named(report), envelope: live.envelope.id }
      }
    }
    if (guard !== undefined) this.#force(report, guard, item.force ?? '', options)
    const end = endOf(this.#packets.mine(claimOn(report)))
    if (report.until >= end) return this.#packets.say(report, [report], options)
    const reason = REVOCATION_REASON.code('superseded')
    return this.#packets.say(report, [revocation(report, end, reason), report], options)
  }

  /** Why a report may not be said, guarded as it is or not. */
  #hindrance(
    { force }: ReportItem,
    guard: Guard | undefined,
    { mayForce }: SayOptions,
  ): Failure<InputCode> | undefined {
    if (force !== undefined && !isReason(force)) return failed('reason-missing')
    if (guard === undefined) return undefined
    if (force === undefined || !isForcible(guard)) return failed('guarded', guard.name)
    return mayForce === true ? undefined : failed('force-not-yours')
  }

  #force({ type, value }: Report, guard: Guard, reason: string, { by = '' }: SayOptions): void {
    const row = { type, value, guard: guard.name, reason: reason.trim(), atMs: this.#now, by }
    this.#forced.push(row)
  }

  #revoke(item: RevocationItem, who: Who): Planned {
    const asked = revocationOf(item)
    if (!asked.ok) return refused(asked)
    const { indicator, reason } = asked.value
    const live = this.#packets.standing(claimOn(indicator), this.#now)
    if (live?.statement.kind === 'revocation') {
      return { status: 'duplicate', ...named(indicator), envelope: live.envelope.id }
    }
    if (live === undefined) {
      const sibling = this.#siblingClaim(indicator)
      if (sibling !== undefined) {
        const { until, author } = sibling
        return this.#packets.say(indicator, [revocation(indicator, until, reason, author)], who)
      }
      return refused(
        failed(this.#othersSay(indicator) ? 'not-ours' : 'nothing-to-revoke'),
        indicator,
      )
    }
    const until = endOf(this.#packets.mine(claimOn(indicator)))
    return this.#packets.say(indicator, [revocation(indicator, until, reason)], who)
  }

  /** What another key of our own organisation says: we may take it back for it. */
  #siblingClaim(indicator: Indicator): { author: AuthorId; until: number } | undefined {
    const { name } = this.#state
    for (const standing of standingClaims(this.#state, keyOf(indicator), this.#now)) {
      if (standing.member === undefined || standing.member.name !== name) continue
      const { author } = standing
      return {
        author,
        until: endOf(this.#state.claims.of(claimRegister(keyOf(indicator), author))),
      }
    }
    return undefined
  }

  #othersSay(indicator: Indicator): boolean {
    const { own } = this.#state
    return [...standingClaims(this.#state, keyOf(indicator), this.#now)].some(
      ({ author }) => author !== own,
    )
  }
}

function revocation(
  indicator: Indicator,
  until: number,
  reason: number,
  author: AuthorId | null = null,
): Revocation {
  const { type, value } = indicator
  return { kind: 'revocation', until, type, value, reason, author }
}

function isSame(a: Report, b: Report): boolean {
  return (
    a.action === b.action &&
    a.confidence === b.confidence &&
    a.tlp === b.tlp &&
    a.pap === b.pap &&
    a.category === b.category &&
    a.firstHand === b.firstHand &&
    a.evidence === b.evidence &&
    a.campaign === b.campaign &&
    a.labels.join() === b.labels.join()
  )
}
