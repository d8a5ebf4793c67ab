/**
 * The node's time. Wall clocks jump: a wrong one a year ahead would silently expire every claim,
 * one a year behind would revive none but sign reports nobody lets act. So time runs on by the
 * monotonic clock, and a jump of the wall clock is taken over only where peers confirm it. With
 * fewer than three peers heard from there is nobody to ask and the wall clock is believed.
 */
import type { AuthorId } from './identity.js'
import { HOUR_MS, LIMITS, MINUTE_MS } from './limits.js'

/** Ordinary corrections (NTP slews and steps) stay below it. */
const JUMP_MS = MINUTE_MS
const PEERS_MIN = 3
/** What a peer said of the time is worth something for as long as two quartz clocks agree. */
const HEARD_MS = 2 * HOUR_MS

export interface SteadyClockSources {
  /** Milliseconds since 1970 UTC, as the machine believes. */
  readonly wall: () => number
  /** Milliseconds that never jump. */
  readonly monotonic: () => number
}

export const CLOCK_FAULTS = ['clock-jumped', 'clock-off'] as const
export type ClockFault = (typeof CLOCK_FAULTS)[number]

export class SteadyClock {
  readonly #sources: SteadyClockSources
  #now: number
  #monotonic: number
  #jumped = false
  readonly #heard = new Map<AuthorId, { readonly theirs: number; readonly monotonic: number }>()

  constructor(sources: SteadyClockSources) {
    this.#sources = sources
    this.#now = sources.wall()
    this.#monotonic = sources.monotonic()
  }

  /** Takes note of what a member's clock shows now. */
  hear(author: AuthorId, theirs: number): void {
    this.#heard.set(author, { theirs, monotonic: this.#sources.monotonic() })
  }

  /** Whole milliseconds since 1970 UTC. */
  readonly now = (): number => {
    const { wall, monotonic } = this.#sources
    const tick = monotonic()
    const steady = this.#now + (tick - this.#monotonic)
    const machine = wall()
    this.#jumped = Math.abs(machine - steady) > JUMP_MS && !this.#confirmed(machine, steady)
    this.#now = this.#jumped ? steady : machine
    this.#monotonic = tick
    return Math.round(this.#now)
  }

  /** What is wrong with this node's time, if anything; it must not author while this is so. */
  fault(): ClockFault | undefined {
    this.now()
    if (this.#jumped) return 'clock-jumped'
    const theirs = this.#median()
    const off = theirs !== undefined && Math.abs(theirs - this.#now) > LIMITS.futureMsMax
    return off ? 'clock-off' : undefined
  }

  /** How far the members' clocks are ahead; undefined with too few of them to tell. */
  offMs(): number | undefined {
    const theirs = this.#median()
    return theirs === undefined ? undefined : theirs - this.now()
  }

  /** Peers' clocks are nearer to the wall clock than to time as it ran on. */
  #confirmed(machine: number, steady: number): boolean {
    const theirs = this.#median()
    if (theirs === undefined) return true
    return Math.abs(machine - theirs) < Math.abs(steady - theirs)
  }

  /** Undefined with fewer than three peers: any one of them may be wrong. */
  #median(): number | undefined {
    const tick = this.#sources.monotonic()
    const times = [...this.#heard.values()]
      .filter((one) => tick - one.monotonic < HEARD_MS)
      .map((one) => one.theirs + (tick - one.monotonic))
      .sort((a, b) => a - b)
    return times.length < PEERS_MIN ? undefined : times[Math.floor(times.length / 2)]
  }
}
