/** Counts of what is live, as `status` shows them. */
import type { Clock } from '../core/ports.js'
import { LiveCount, type LiveCounts } from '../lookup/live-count.js'
import type { LiveState } from '../lookup/live-state.js'
import { unhurried } from './unhurried.js'

const KEPT_MS = 1_000
/** A count that takes longer takes no more than a share of a node's time, whoever watches. */
const LONG_MS = 50
const SHARE = 1 / 20

export class LiveCounter {
  readonly #state: LiveState
  readonly #clock: Clock
  #counts: Promise<LiveCounts> | undefined
  #isCounting = false
  #revision = -1
  #atMs = 0
  /** By the monotonic clock: no other count before. */
  #restsUntil = 0

  constructor(state: LiveState, clock: Clock) {
    this.#state = state
    this.#clock = clock
  }

  /** At most a second old, and of the last commit; older only where very many are live. */
  now(): Promise<LiveCounts> {
    const now = this.#clock()
    const isSame = this.#revision === this.#state.revision && Math.abs(now - this.#atMs) < KEPT_MS
    const isKept = isSame || this.#isCounting || performance.now() < this.#restsUntil
    if (this.#counts === undefined || !isKept) this.#counts = this.#count(now)
    return this.#counts
  }

  async #count(now: number): Promise<LiveCounts> {
    this.#revision = this.#state.revision
    this.#atMs = now
    this.#isCounting = true
    const began = performance.now()
    const count = new LiveCount(this.#state, now)
    await unhurried(count.steps(), () => undefined)
    const tookMs = performance.now() - began
    if (tookMs > LONG_MS) this.#restsUntil = performance.now() + tookMs / SHARE
    this.#isCounting = false
    return count.counts
  }
}
