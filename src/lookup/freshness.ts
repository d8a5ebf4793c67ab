/**
 * How far an answer may be trusted to be complete. A member is current while one of its keys is: a
 * beacon of that key is recent, and we hold what it names of its own log. A link alone says
 * nothing, because a path may be up and withhold.
 */
import type { AuthorId } from '../core/identity.js'
import type { Link } from '../core/mesh-port.js'
import type { Roster } from '../core/roster.js'
import type { LiveState } from './live-state.js'
import type { Freshness } from './verdict.js'

/** `fresh`: at least half of the members are current, or there are none. */
export function freshnessOf(roster: Roster, links: readonly Link[], ownFault: boolean): Freshness {
  if (ownFault) return 'degraded'
  const members = roster.members.filter((member) => member.role === 'member')
  const keys = new Set<AuthorId>(links.filter((link) => link.current).map((link) => link.author))
  const current = members.filter((member) => member.keys.some((key) => keys.has(key.author)))
  return current.length * 2 >= members.length ? 'fresh' : 'stale'
}

const KEPT_MS = 100

/** `freshnessOf` at most a tenth of a second old: every look-up carries it, links change slowly. */
export class FreshnessGauge {
  readonly #state: LiveState
  readonly #links: () => readonly Link[]
  readonly #ownFault: () => boolean
  #kept: Freshness = 'stale'
  #atMs = -Infinity

  constructor(state: LiveState, links: () => readonly Link[], ownFault: () => boolean) {
    this.#state = state
    this.#links = links
    this.#ownFault = ownFault
  }

  now(): Freshness {
    const tick = performance.now()
    if (tick - this.#atMs >= KEPT_MS) {
      this.#kept = freshnessOf(this.#state.roster, this.#links(), this.#ownFault())
      this.#atMs = tick
    }
    return this.#kept
  }
}
