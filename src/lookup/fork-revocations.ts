/**
 * Values that authors of forked logs revoked on branches which count no more. Bounded: an author
 * that revoked more than that is taken to have revoked everything.
 */
import type { AuthorId } from '../core/identity.js'
import type { IndicatorKey } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'

export class ForkRevocations {
  readonly #keys = new Map<AuthorId, Set<IndicatorKey>>()
  #size = 0

  /** How many are kept; none is ever dropped, so whoever remembers it sees each that comes. */
  get size(): number {
    return this.#size
  }

  has(author: AuthorId, key: IndicatorKey): boolean {
    const keys = this.#keys.get(author)
    return keys !== undefined && (keys.size >= LIMITS.forkRevocationsMax || keys.has(key))
  }

  *entries(): Generator<{ readonly author: AuthorId; readonly key: IndicatorKey }> {
    for (const [author, keys] of this.#keys) for (const key of keys) yield { author, key }
  }

  add(author: AuthorId, key: IndicatorKey): void {
    let keys = this.#keys.get(author)
    if (keys === undefined) this.#keys.set(author, (keys = new Set()))
    if (keys.size >= LIMITS.forkRevocationsMax || keys.has(key)) return
    keys.add(key)
    this.#size++
  }
}
