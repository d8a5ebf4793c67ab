/**
 * What was said and how late it came, over time: a ring of the minutes of the last day, and totals
 * since the start. In memory alone and of fixed size, whatever is said: counts, never what they
 * count. It is told of a commit once that is visible (`intake/counted`).
 *
 * Lags of a minute are kept as counts in steps of a fifth, so a median is right to a tenth.
 */
import { Durations, type DurationsRead } from '../core/durations.js'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/limits.js'

export const DIRECTIONS = ['in', 'out'] as const
export type Direction = (typeof DIRECTIONS)[number]
export const SAID_KINDS = ['report', 'revocation', 'sighting', 'dispute'] as const
export type SaidKind = (typeof SAID_KINDS)[number]

/** Statements of one kind that became visible together. */
export interface Said {
  readonly direction: Direction
  readonly kind: SaidKind
  readonly count: number
  /** From the time their author signed to the moment they acted here; where that was live. */
  readonly lagMs?: number
}

export interface ActivityMinute {
  /** Milliseconds since 1970 UTC, as all times here. */
  readonly startMs: number
  readonly reportsIn: number
  readonly reportsOut: number
  readonly takenBackIn: number
  readonly takenBackOut: number
  /** Sightings and disputes. */
  readonly otherIn: number
  readonly otherOut: number
  /** Null where nothing came live. */
  readonly lagMsMedian: number | null
  readonly lagMsMax: number | null
}

export type SaidTotals = Readonly<Record<Direction, Readonly<Record<SaidKind, number>>>>

/** Since the start. */
export interface ActivityTotals {
  readonly said: SaidTotals
  readonly lag: DurationsRead
}

export const LAG_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const

const MINUTES = (24 * HOUR_MS) / MINUTE_MS
/** Columns of a minute: of each of these what came in, and beside it what went out. */
const COLUMN: Readonly<Record<SaidKind, number>> = {
  report: 0,
  revocation: 2,
  sighting: 4,
  dispute: 4,
}
const WIDTH = 6
/** Steps of lag: up to 1 ms, then four a doubling, up to five minutes and beyond. */
const STEPS_A_DOUBLING = 4
const STEPS = 2 + Math.ceil(Math.log2(300 * SECOND_MS) * STEPS_A_DOUBLING)

export class Activity {
  /** The minute, since 1970, that a place of the ring holds. */
  readonly #minute = new Float64Array(MINUTES).fill(-1)
  readonly #counts = new Uint32Array(MINUTES * WIDTH)
  readonly #lags = new Uint32Array(MINUTES * STEPS)
  readonly #lagMax = new Float64Array(MINUTES)
  readonly #said = { in: noneSaid(), out: noneSaid() }
  readonly #lag = new Durations(LAG_SECONDS)

  note({ direction, kind, count, lagMs }: Said, nowMs: number): void {
    this.#said[direction][kind] += count
    const place = this.#placeOf(Math.floor(nowMs / MINUTE_MS))
    const column = COLUMN[kind] + (direction === 'in' ? 0 : 1)
    this.#counts[place * WIDTH + column]! += count
    if (lagMs !== undefined) this.#noteLag(place, Math.max(0, lagMs), count)
  }

  #noteLag(place: number, lagMs: number, count: number): void {
    this.#lags[place * STEPS + stepOf(lagMs)]! += count
    this.#lagMax[place] = Math.max(this.#lagMax[place]!, lagMs)
    this.#lag.note(lagMs, count)
  }

  /** Where a minute is in the ring, empty if it was another's. */
  #placeOf(minute: number): number {
    const place = minute % MINUTES
    if (this.#minute[place] !== minute) {
      this.#minute[place] = minute
      this.#counts.fill(0, place * WIDTH, (place + 1) * WIDTH)
      this.#lags.fill(0, place * STEPS, (place + 1) * STEPS)
      this.#lagMax[place] = 0
    }
    return place
  }

  /** Every minute from that of `sinceMs` to this one, empty ones too, of the last day at most. */
  minutes(sinceMs: number, nowMs: number): readonly ActivityMinute[] {
    const last = Math.floor(nowMs / MINUTE_MS)
    const first = Math.max(Math.floor(sinceMs / MINUTE_MS), last - MINUTES + 1)
    const shown: ActivityMinute[] = []
    for (let minute = first; minute <= last; minute++) shown.push(this.#shown(minute))
    return shown
  }

  #shown(minute: number): ActivityMinute {
    const place = minute % MINUTES
    const isHeld = this.#minute[place] === minute
    const of = (column: number) => (isHeld ? this.#counts[place * WIDTH + column]! : 0)
    return {
      startMs: minute * MINUTE_MS,
      ...{ reportsIn: of(0), reportsOut: of(1), takenBackIn: of(2), takenBackOut: of(3) },
      ...{ otherIn: of(4), otherOut: of(5) },
      ...(isHeld ? this.#lagOf(place) : NO_LAG),
    }
  }

  #lagOf(place: number): Pick<ActivityMinute, 'lagMsMedian' | 'lagMsMax'> {
    const steps = this.#lags.subarray(place * STEPS, (place + 1) * STEPS)
    const count = steps.reduce((sum, one) => sum + one, 0)
    if (count === 0) return NO_LAG
    const lagMsMax = this.#lagMax[place]!
    let step = 0
    for (let below = steps[0]!; below * 2 < count; below += steps[step]!) step++
    return { lagMsMedian: Math.min(middleOf(step), lagMsMax), lagMsMax }
  }

  get totals(): ActivityTotals {
    const { in: heard, out } = this.#said
    return { said: { in: { ...heard }, out: { ...out } }, lag: this.#lag.read() }
  }
}

const NO_LAG = { lagMsMedian: null, lagMsMax: null } as const

function noneSaid(): Record<SaidKind, number> {
  return { report: 0, revocation: 0, sighting: 0, dispute: 0 }
}

function stepOf(lagMs: number): number {
  if (lagMs <= 1) return 0
  return Math.min(STEPS - 1, 1 + Math.floor(Math.log2(lagMs) * STEPS_A_DOUBLING))
}

/** Whole milliseconds. */
function middleOf(step: number): number {
  return step === 0 ? 1 : Math.round(2 ** ((step - 0.5) / STEPS_A_DOUBLING))
}
