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
import { claimRegister, endOf, type ClaimEntry } from '../core/claims.js'
import { REVOCATION_REASON } from '../core/codes.js'
import { formsOf, keyOf, typeByName, type Indicator, type Question } from '../core/indicator.js'
import type { ReadValue } from '../core/key-ring.js'
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
  readonly read: ReadValue
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
  readonly #read: ReadValue
  readonly #now: number
  readonly #forced: Forced[] = []
  readonly #stops = new Map<string, Stop>()
  readonly #legal: LegalBasis | undefined
  readonly #packets: Packets
  /** All items of a request have the same. */
  #asking: { readonly options: SayOptions; readonly who: SayOptions & Who } | undefined

  constructor(
    { state, guards, read, legal }: RoundSources,
    clock: { readonly now: number; readonly time: number },
  ) {
    this.#legal = legal
    this.#state = state
    this.#guards = guards
    this.#read = read
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
    if (this.#asking?.options !== options) this.#asking = { options, who: this.#whoOf(options) }
    const { who } = this.#asking
    switch (ask.kind) {
      case 'report':
        return this.#report(ask.item, who)
      case 'revocation':
        return this.#revoke(ask.item, who)
      case 'sighting':
        return planSighting(this.#sources, ask.item, who)
      case 'dispute':
        return planDispute(this.#sources, ask.item, who)
    }
  }

  #whoOf(options: SayOptions): SayOptions & Who {
    const basis = this.#isLegal ? this.#legal?.basis : undefined
    return { ...options, ...(basis && { basis }) }
  }

  get #sources() {
    return { state: this.#state, packets: this.#packets, now: this.#now, read: this.#read }
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
    const reading = this.#read(item.type, item.value)
    const asked = reportOf(item, this.#now, reading)
    if (!asked.ok) return refused(asked)
    const report = asked.value
    const question = reading.ok ? reading.value : report
    const guard = this.#guards.on(question, this.#now, true)
    const hindrance = this.#hindrance(item, guard, options)
    if (hindrance !== undefined) return refused(hindrance, report)
    const live = this.#packets.standing(claimOn(report), this.#now)
    if (!report.firstHand && isSpared(live, options)) {
      return refused(failed('first-hand-stands'), report)
    }
    if (live?.statement.kind === 'report' && isSame(live.statement, report)) {
      if (!prolongs(report.until, live.statement.until, this.#now)) {
        return { status: 'duplicate', ...named(report), envelope: live.envelope.id }
      }
    }
    if (guard !== undefined) this.#force(report, guard, item.force ?? '', options)
    return this.#packets.say(report, [...this.#longer(question, report), report], options)
  }

  /** Takes back what would outlive a report, in whatever epoch it was said. */
  #longer(question: Question, { until }: Report): Revocation[] {
    const reason = REVOCATION_REASON.code('superseded')
    return formsOf(question).flatMap((form) => {
      const end = endOf(this.#packets.mine(claimOn(form)))
      return until >= end ? [] : revocation(form, end, reason)
    })
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

  #revoke(item: RevocationItem, who: SayOptions & Who): Planned {
    const asked = revocationOf(item, this.#read(item.type, item.value))
    if (!asked.ok) return refused(asked)
    const { indicator, reason } = asked.value
    const forms = formsOf(indicator)
    const standing = forms.map((form) => this.#packets.standing(claimOn(form), this.#now))
    if (standing.some((entry) => isSpared(entry, who))) {
      return refused(failed('first-hand-stands'), indicator)
    }
    const statements = forms.flatMap((form) => this.#takingBack(form, reason) ?? [])
    if (statements.length > 0) return this.#packets.say(indicator, statements, who)
    const earlier = standing.find((entry) => entry?.statement.kind === 'revocation')
    if (earlier !== undefined) {
      return { status: 'duplicate', ...named(indicator), envelope: earlier.envelope.id }
    }
    const code = forms.some((form) => this.#othersSay(form)) ? 'not-ours' : 'nothing-to-revoke'
    return refused(failed(code), indicator)
  }

  /** Undefined where nothing of ours stands. */
  #takingBack(form: Indicator, reason: number): Revocation | undefined {
    const live = this.#packets.standing(claimOn(form), this.#now)
    if (live?.statement.kind === 'revocation') return undefined
    if (live !== undefined) {
      return revocation(form, endOf(this.#packets.mine(claimOn(form))), reason)
    }
    const sibling = this.#siblingClaim(form)
    return sibling && revocation(form, sibling.until, reason, sibling.author)
  }

  /** What another key of our own organisation says: we may take it back for it. */
  #siblingClaim(indicator: Indicator): { author: AuthorId; until: number } | undefined {
    const { name } = this.#state
    for (const standing of standingClaims(this.#state, indicator, this.#now)) {
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
    return [...standingClaims(this.#state, indicator, this.#now)].some(
      ({ author }) => author !== own,
    )
  }
}

/** Somebody else's list knows less of it than whoever has seen it. */
function isSpared(live: ClaimEntry | undefined, { sparesFirstHand }: SayOptions): boolean {
  return sparesFirstHand === true && live?.statement.kind === 'report' && live.statement.firstHand
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
