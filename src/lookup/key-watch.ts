/**
 * Which keys a view has to look at again: after a commit those that it changed, when its moment has
 * come by the clock one of which time alone changes something, and all of them after a change of
 * what every key rests on. A generator, so that others have their turn between two keys.
 */
import type { IndicatorKey } from '../core/indicator.js'
import { indicatorOf } from '../core/indicator.js'
import { SECOND_MS } from '../core/limits.js'
import type { Clock } from '../core/ports.js'
import { nextOn } from './moments.js'
import type { Lookup } from './verdict.js'

export interface KeyWatchParts {
  readonly lookup: () => Lookup
  readonly clock: Clock
  /** What every key rests on; the same objects as long as it is the same. */
  readonly basis: (at: Lookup, now: number) => readonly unknown[]
  /** Codes of types. */
  readonly types: ReadonlySet<number>
}

/** To be looked at as of `now`. */
export interface KeyChange {
  readonly key: IndicatorKey
  readonly at: Lookup
  readonly now: number
}

export class KeyWatch {
  readonly #parts: KeyWatchParts
  /** Keys by the second in which time may change them. */
  readonly #due = new Map<number, Set<IndicatorKey>>()
  #changed: Set<IndicatorKey> | undefined
  #watched: unknown
  #basis: readonly unknown[] = []
  #seenMs = -Infinity

  constructor(parts: KeyWatchParts) {
    this.#parts = parts
  }

  /** What was yielded has come to nothing: everything is looked at the next time. */
  beginAnew(): void {
    this.#basis = []
  }

  /**
   * The view is up to date when it has looked at all that this yields. `whole`: what it holds of
   * keys that were not among those since it began, and of which nothing is said, is over.
   */
  *changes(): Generator<KeyChange | 'whole'> {
    const { lookup, clock, basis } = this.#parts
    for (;;) {
      const now = clock()
      const at = lookup()
      const next = basis(at, now)
      const isSame = isEqual(next, this.#basis) && now >= this.#seenMs
      this.#seenMs = now
      if (isSame && this.#changed !== undefined) {
        const keys = this.#changed
        this.#takeDue(now, keys)
        if (keys.size === 0) return
        yield* this.#some(keys, at, now)
        // What was taken away meanwhile is not handed out once more.
        if (isEqual(basis(lookup(), clock()), this.#basis)) return
        continue
      }
      const { claims } = at.state
      if (this.#watched !== claims) this.#changed = claims.watch()
      this.#watched = claims
      this.#basis = next
      yield* this.#all(at, now)
    }
  }

  *#some(keys: Set<IndicatorKey>, at: Lookup, now: number): Generator<KeyChange> {
    for (const key of [...keys]) {
      keys.delete(key)
      if (this.#parts.types.has(indicatorOf(key).type)) yield this.#change(key, at, now)
    }
  }

  *#all(at: Lookup, now: number): Generator<KeyChange | 'whole'> {
    for (const [key] of at.state.claims.entries(this.#parts.types)) {
      yield this.#change(key, at, now)
    }
    yield 'whole'
  }

  #change(key: IndicatorKey, at: Lookup, now: number): KeyChange {
    const next = nextOn(at, indicatorOf(key), now)
    if (next < Infinity) {
      const second = Math.floor(next / SECOND_MS)
      this.#due.set(second, (this.#due.get(second) ?? new Set()).add(key))
    }
    return { key, at, now }
  }

  #takeDue(now: number, into: Set<IndicatorKey>): void {
    for (const [second, keys] of this.#due) {
      if (second * SECOND_MS > now) continue
      for (const key of keys) into.add(key)
      this.#due.delete(second)
    }
  }
}

/**
 * What everything rests on that is said of any key: policy, members, forks and this operator's
 * lists.
 */
export function basisOf({ state, policy }: Lookup, now: number): readonly unknown[] {
  const { lists, forks, forkRevocations } = state
  const forked = [forks.size, forkRevocations.size]
  const tables = (['roster', 'allow', 'lists'] as const).map((table) => lists.revision(table))
  const ended = [...lists.of('allow').values()].filter(({ untilMs = Infinity }) => untilMs <= now)
  return [state.claims, policy, ...forked, ...tables, ended.length]
}

function isEqual(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, i) => part === b[i])
}
