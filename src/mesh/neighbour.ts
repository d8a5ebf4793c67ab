/**
 * One admitted key as a link: a small state machine that is told what is seen and answers what
 * changed. It keeps no timer and touches no network; `now` is monotonic milliseconds and is handed
 * in.
 *
 *   down ──dial or being dialled──▶ connected ──subscribed──▶ up
 *    ▲                                 │  ▲                    │
 *    └───────connection gone───────────┘  └───unsubscribed─────┘   (up → down as well)
 */
import type { PeerId } from '@libp2p/interface'
import type { AuthorId } from '../core/identity.js'
import type { LinkState } from '../core/mesh-port.js'
import type { MeshTimings } from './timings.js'

/** What an observation changed, where it is worth a line in the log. */
export type Change = 'up' | 'lost'

/** This many connections cut right after opening, in a row, are a gate and not bad luck. */
const CUTS_TO_REFUSED = 2
/** Lost pings in a row after which a connection counts as dead. One is a busy line. */
const PINGS_LOST_MAX = 3

export class Neighbour {
  /** Round trip of the last ping; undefined before the first and while down. */
  lagMs: number | undefined
  #phase: 'down' | 'connected' | 'up' = 'down'
  #sinceMs: number
  #nextDialMs: number
  #dialling = false
  #failures = 0
  #cuts = 0
  #foreign = false
  #probed = false
  #wasUp = false
  #nextPingMs = 0
  #pingsLost = 0

  constructor(
    readonly author: AuthorId,
    readonly peer: PeerId,
    readonly timings: MeshTimings,
    now: number,
    /**
     * Of two nodes that admit each other at once, one dials first: two connections serve nobody.
     */
    patienceMs: number,
  ) {
    this.#sinceMs = now
    this.#nextDialMs = now + patienceMs
  }

  get link(): LinkState {
    if (this.#phase === 'up') return 'up'
    if (this.#foreign) return 'wrong-network'
    return this.#cuts >= CUTS_TO_REFUSED ? 'refused' : 'down'
  }

  get connected(): boolean {
    return this.#phase !== 'down'
  }

  /** Since when the link is up, if it is. */
  get upMs(): number | undefined {
    return this.#phase === 'up' ? this.#sinceMs : undefined
  }

  /** Dials and connections lost in a row since the link was last up. */
  get failures(): number {
    return this.#failures
  }

  /** What is true now. Any phase → any phase; `up` clears everything held against the link. */
  observe(now: number, connected: boolean, subscribed: boolean): Change | undefined {
    const next = !connected ? 'down' : subscribed ? 'up' : 'connected'
    const before = this.#phase
    if (next === before) return undefined
    if (next === 'down') this.#closed(now)
    if (next === 'up') this.#opened(now)
    this.#phase = next
    this.#sinceMs = now
    if (next === 'up') return 'up'
    return before === 'up' ? 'lost' : undefined
  }

  /** connected|up → down. */
  #closed(now: number): void {
    const early = !this.#wasUp && now - this.#sinceMs < this.timings.refusalMsMax
    this.#cuts = early ? this.#cuts + 1 : 0
    this.#wasUp = false
    this.#probed = false
    this.lagMs = undefined
    this.#backOff(now)
  }

  /** down|connected → up. */
  #opened(now: number): void {
    this.#failures = 0
    this.#cuts = 0
    this.#foreign = false
    this.#wasUp = true
    this.#pingsLost = 0
    this.#nextPingMs = now
  }

  #backOff(now: number): void {
    const { redialMsMin, redialMsMax } = this.timings
    const waitMs = Math.min(redialMsMax, redialMsMin * 2 ** Math.min(this.#failures, 16))
    this.#failures++
    // Between half and all of it, so that members cut by one event do not return in step.
    this.#nextDialMs = now + waitMs * (0.5 + Math.random() / 2)
  }

  dialIsDue(now: number): boolean {
    return this.#phase === 'down' && !this.#dialling && now >= this.#nextDialMs
  }

  dialStarts(): void {
    this.#dialling = true
  }

  /** `connected`: the dial resolved, which says nothing yet about the other side's gate. */
  dialEnds(now: number, result: 'connected' | 'cut' | 'failed'): void {
    this.#dialling = false
    if (result === 'connected') {
      this.observe(now, true, false)
    } else if (this.#phase === 'down') {
      this.#cuts = result === 'cut' ? this.#cuts + 1 : 0
      this.#backOff(now)
    }
  }

  /** New addresses: whatever was learnt about the old ones is void. */
  readdressed(now: number): void {
    this.#failures = 0
    this.#cuts = 0
    this.#nextDialMs = now
  }

  /** The HELLO of catch-up named another network. Holds until the link has been up. */
  isForeign(): void {
    this.#foreign = true
  }

  /** True once per connection that stays unsubscribed: time to ask what network that is. */
  probeIsDue(now: number): boolean {
    if (this.#phase !== 'connected' || this.#probed) return false
    this.#probed = now - this.#sinceMs >= this.timings.probeMs
    return this.#probed
  }

  /**
   * Connected and deaf, or up and dead: only a new connection helps. A foreign node is not deaf.
   */
  resetIsDue(now: number): boolean {
    if (this.#phase === 'up') return this.#pingsLost >= PINGS_LOST_MAX
    const deaf = this.#phase === 'connected' && !this.#foreign
    return deaf && now - this.#sinceMs >= this.timings.watchdogMs
  }

  pingIsDue(now: number): boolean {
    if (this.#phase !== 'up' || now < this.#nextPingMs) return false
    this.#nextPingMs = now + this.timings.pingEveryMs
    return true
  }

  pinged(lagMs: number | undefined): void {
    this.#pingsLost = lagMs === undefined ? this.#pingsLost + 1 : 0
    if (lagMs !== undefined) this.lagMs = lagMs
  }
}
