/**
 * The desk at which every look-up asks: the state, the policy, the guards and the freshness of this
 * moment, put together in one place for whoever answers questions.
 */
import type { Clock } from '../core/ports.js'
import type { Guards } from '../policy/guards.js'
import type { Policy } from '../policy/rules.js'
import { Bulkheads } from './bulkheads.js'
import type { Decisions } from './decision.js'
import type { LiveState } from './live-state.js'
import { pauseOf } from './pauses.js'
import type { Freshness, Lookup } from './verdict.js'

export interface DeskParts {
  readonly state: LiveState
  /** Our own name. */
  readonly name: string
  readonly decisions: Decisions
  readonly guards: Guards
  readonly isLate: Lookup['isLate']
  readonly policy: () => Policy
  readonly freshness: () => Freshness
  readonly clock: Clock
}

export class Desk {
  readonly #parts: DeskParts
  readonly #bulkheads: Bulkheads

  constructor(parts: DeskParts) {
    this.#parts = parts
    this.#bulkheads = new Bulkheads(parts.state, parts.clock)
  }

  /** What is beyond its member's share now, under the policy in force. */
  overflows(): Lookup['overflows'] {
    return this.#bulkheads.at(this.#parts.policy())
  }

  /** Whose newest envelopes are held because their member's share is used up. */
  beyondShare(): ReturnType<Bulkheads['beyond']> {
    return this.#bulkheads.beyond(this.#parts.policy())
  }

  /** `policy` instead of the one in force: what it would make of the same evidence. */
  lookup(policy: Policy = this.#parts.policy()): Lookup {
    const { state, name, decisions, guards, isLate, freshness, clock } = this.#parts
    // Shares are worked out for one policy at a time; another one must not disturb those in force.
    const isInForce = policy === this.#parts.policy()
    const bulkheads = isInForce ? this.#bulkheads : new Bulkheads(state, clock)
    return {
      state,
      name,
      decisions,
      guards,
      isLate,
      policy,
      overflows: bulkheads.at(policy),
      freshness: freshness(),
      paused: pauseOf(state, 'enforce', clock()) !== undefined,
    }
  }
}
