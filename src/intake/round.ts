/**
 * What one round of our own voice says: turns items into statements, refusing, finding duplicates
 * and packing envelopes. Pure: reads the state, writes nothing.
 *
 * Rules of our own door beyond those for everybody:
 *  - a guarded value is not reported, but where the operator forces an allowed or listed one;
 *  - a report equal to our live claim that prolongs it by less than a tenth of its life is a
 *    duplicate;
 *  - a report with a shorter life than what we said before is preceded, in the same envelope, by a
 *    revocation until the latest `until` of our earlier statements, so that no older claim returns;
 *  - a revocation runs until the same, and needs a live claim of ours.
 */
import { claimRegister, endOf, standing, take, type Staircase } from '../core/claims.js'
import { REVOCATION_REASON } from '../core/codes.js'
import { statementBytes, type EnvelopeRef } from '../core/envelope.js'
import { keyOf, typeOf, type Indicator, type IndicatorKey } from '../core/indicator.js'
import type { AuthorId, EnvelopeId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import { failed, type Failure, type InputCode } from '../core/outcome.js'
import { isReason, type Forced } from '../core/own-rows.js'
import type { ItemResult, ReportItem, RevocationItem, SayOptions } from '../core/ports.js'
import { reportOf, revocationOf } from '../core/request.js'
import type { Report, Revocation } from '../core/statement.js'
import type { LiveState } from '../lookup/live-state.js'
import { standingClaims } from '../lookup/standing-claims.js'
import { isForcible, type Guard, type Guards } from '../policy/guards.js'

export type Ask =
  | { readonly kind: 'report'; readonly item: ReportItem }
  | { readonly kind: 'revocation'; readonly item: RevocationItem }

/** A result before it is known which envelope carries it. */
export type Planned = ItemResult & { readonly packet?: number }

const ROOM = 3 // the CBOR head of a list of 256
const PROLONG_MIN = 0.1

export class Round {
  readonly #state: LiveState
  readonly #guards: Guards
  readonly #now: number
  readonly #time: number
  /** Our own standing after what this round has planned so far. */
  readonly #planned = new Map<IndicatorKey, Staircase>()
  readonly #forced: Forced[] = []
  readonly #packets: (Report | Revocation)[][] = []
  #packetBytes = 0
  #statements = 0

  constructor(state: LiveState, guards: Guards, clock: { now: number; time: number }) {
    this.#state = state
    this.#guards = guards
    this.#now = clock.now
    this.#time = clock.time
  }

  /** Statements of each envelope to seal, in order. */
  get packets(): readonly (readonly (Report | Revocation)[])[] {
    return this.#packets
  }

  get statements(): number {
    return this.#statements
  }

  /** Guarded values that it says all the same. */
  get forced(): readonly Forced[] {
    return this.#forced
  }

  plan(ask: Ask, options: SayOptions): Planned {
    return ask.kind === 'report' ? this.#report(ask.item, options) : this.#revoke(ask.item)
  }

  #report(item: ReportItem, options: SayOptions): Planned {
    const asked = reportOf(item, this.#now)
    if (!asked.ok) return refused(asked)
    const report = asked.value
    const guard = this.#guards.on(report, this.#now, true)
    const hindrance = this.#hindrance(item, guard, options)
    if (hindrance !== undefined) return refused(hindrance, report)
    const mine = this.#mine(report)
    const live = standing(mine, this.#now)
    if (live?.statement.kind === 'report' && isSame(live.statement, report)) {
      const longer = report.until - live.statement.until
      if (longer >= 0 && longer < PROLONG_MIN * (report.until - this.#now)) {
        return { status: 'duplicate', ...named(report), envelope: live.envelope.id }
      }
    }
    if (guard !== undefined) this.#force(report, guard, item.force ?? '', options)
    const end = endOf(mine)
    if (report.until >= end) return this.#say(report, [report])
    const superseded = REVOCATION_REASON.code('superseded')
    return this.#say(report, [revocation(report, end, superseded), report])
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

  #revoke(item: RevocationItem): Planned {
    const asked = revocationOf(item)
    if (!asked.ok) return refused(asked)
    const { indicator, reason } = asked.value
    const mine = this.#mine(indicator)
    const live = standing(mine, this.#now)
    if (live?.statement.kind === 'revocation') {
      return { status: 'duplicate', ...named(indicator), envelope: live.envelope.id }
    }
    if (live === undefined) {
      const sibling = this.#siblingClaim(indicator)
      if (sibling !== undefined) {
        return this.#say(indicator, [revocation(indicator, sibling.until, reason, sibling.author)])
      }
      return refused(
        failed(this.#othersSay(indicator) ? 'not-ours' : 'nothing-to-revoke'),
        indicator,
      )
    }
    return this.#say(indicator, [revocation(indicator, endOf(mine), reason)])
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

  #mine(indicator: Indicator): Staircase {
    const key = keyOf(indicator)
    return this.#planned.get(key) ?? this.#state.claims.of(claimRegister(key, this.#state.own))
  }

  /** Plans statements that must share an envelope. */
  #say(indicator: Indicator, statements: readonly (Report | Revocation)[]): Planned {
    const bytes = statements.reduce((sum, statement) => sum + statementBytes(statement), 0)
    let packet = this.#packets.at(-1)
    const fits =
      packet !== undefined &&
      packet.length + statements.length <= LIMITS.statementsMax &&
      this.#packetBytes + bytes + ROOM <= LIMITS.payloadBytesMax
    if (packet === undefined || !fits) {
      this.#packets.push((packet = []))
      this.#packetBytes = 0
    }
    let mine = this.#mine(indicator)
    for (const statement of statements) {
      const envelope = this.#pending(this.#packets.length - 1)
      const index = this.#statements++
      packet.push(statement)
      // What we say for a sibling key is not what we say ourselves.
      if (statement.kind === 'revocation' && statement.author !== null) continue
      mine = take(mine, { envelope, index, statement })
    }
    this.#packetBytes += bytes
    this.#planned.set(keyOf(indicator), mine)
    return { status: 'accepted', ...named(indicator), packet: this.#packets.length - 1 }
  }

  /** Stands for an envelope of this round: newer than all we have said, ordered by `index`. */
  #pending(packet: number): EnvelopeRef {
    const id = pendingId(packet)
    return { id, author: this.#state.own, seq: Number.MAX_SAFE_INTEGER, time: this.#time }
  }
}

const PENDING = 'packet:'

function pendingId(packet: number): EnvelopeId {
  return `${PENDING}${packet}` as EnvelopeId
}

/** The result once the round's envelopes have ids. */
export function resultOf(plan: Planned, ids: readonly EnvelopeId[]): ItemResult {
  const { packet, ...result } = plan
  if (packet !== undefined) return { ...result, envelope: ids[packet]! }
  // A duplicate of something this same round says.
  const { envelope } = result
  if (envelope?.startsWith(PENDING) !== true) return result
  return { ...result, envelope: ids[Number(envelope.slice(PENDING.length))]! }
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

function named({ type, value }: Indicator): { type: string; value: string } {
  return { type: typeOf(type).name, value }
}

function refused(failure: Failure<InputCode>, indicator?: Indicator): Planned {
  const { code, detail } = failure
  return {
    status: 'refused',
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(indicator === undefined ? {} : named(indicator)),
  }
}
