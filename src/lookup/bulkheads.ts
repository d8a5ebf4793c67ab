/**
 * No member owns more than a share of what acts, or of what is new today (policy `bulkhead`). What
 * is beyond is held, not dropped: the oldest of a member's envelopes act, in the order of its log,
 * so the answer is a function of what is held and not of the order of arrival. An envelope is
 * within or beyond as a whole.
 */
import type { EnvelopeRef } from '../core/envelope.js'
import { dayOf } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import type { Clock } from '../core/ports.js'
import type { Policy, Share } from '../policy/rules.js'
import type { LiveState } from './live-state.js'

/** The first envelope of an author that is beyond a bound. */
interface Bound {
  readonly keys: number
  /** Beyond from here on, of today's envelopes. */
  readonly changes: number
}

/** How long cuts are kept while commits go on: a flood must not cost each look-up a walk. */
const KEPT_MS = 250

export class Bulkheads {
  readonly #state: LiveState
  readonly #clock: Clock
  #bounds: ReadonlyMap<AuthorId, Bound> = new Map()
  #overflows = { of: this.#bounds, today: 0, say: overflowing(this.#bounds, 0) }
  #policy: Policy | undefined
  #revision = -1
  #atMs = -Infinity

  constructor(state: LiveState, clock: Clock) {
    this.#state = state
    this.#clock = clock
  }

  /**
   * Whether what an author said in an envelope is beyond its member's share. The same function as
   * long as its answers are the same.
   */
  at(policy: Policy): (envelope: EnvelopeRef) => boolean {
    const now = this.#clock()
    this.#refresh(policy, now)
    const today = dayOf(now)
    if (this.#overflows.of !== this.#bounds || this.#overflows.today !== today) {
      const say = overflowing(this.#bounds, today)
      this.#overflows = { of: this.#bounds, today, say }
    }
    return this.#overflows.say
  }

  /** Authors some of whose envelopes are beyond their member's share. */
  beyond(policy: Policy): readonly AuthorId[] {
    this.at(policy)
    return [...this.#bounds.keys()]
  }

  #refresh(policy: Policy, now: number): void {
    const { revision } = this.#state
    const isSame = policy === this.#policy && revision === this.#revision
    const age = Math.abs(now - this.#atMs)
    // What ends without a commit is seen a little later; a new policy at once.
    if (policy === this.#policy && age < (isSame ? 4 * KEPT_MS : KEPT_MS)) return
    const bounds = this.#work(policy, now)
    if (!isEqual(bounds, this.#bounds)) this.#bounds = bounds
    this.#policy = policy
    this.#revision = revision
    this.#atMs = now
  }

  #work(policy: Policy, now: number): Map<AuthorId, Bound> {
    const { keys, changes } = policy.bulkhead
    const bounds = new Map<AuthorId, Bound>()
    const owners = this.#owners()
    const large = [...owners].filter(([, authors]) => {
      return this.#totalOf(authors) > Math.min(keys.min, changes.min)
    })
    if (large.length === 0) return bounds
    const sums = new Map([...owners].map(([name, authors]) => [name, this.#sum(authors, now)]))
    for (const [name, authors] of large) {
      if (name === this.#state.name) continue
      const others = [...sums].filter(([other]) => other !== name).map(([, sum]) => sum)
      const allowed = {
        keys: allowance(keys, total(others.map((sum) => sum.keys))),
        changes: allowance(changes, total(others.map((sum) => sum.changes))),
      }
      for (const [author, bound] of this.#cut(authors, allowed, now)) bounds.set(author, bound)
    }
    return bounds
  }

  /** Organisations with the keys they speak with, each in a settled order. */
  #owners(): Map<string, AuthorId[]> {
    const owners = new Map<string, AuthorId[]>()
    for (const author of [...this.#state.claims.occupancy.authors].sort()) {
      const name = this.#state.organisationOf(author)
      if (name !== undefined) owners.set(name, [...(owners.get(name) ?? []), author])
    }
    return owners
  }

  #totalOf(authors: readonly AuthorId[]): number {
    return total(authors.map((author) => this.#state.claims.occupancy.total(author)))
  }

  #sum(authors: readonly AuthorId[], now: number): { keys: number; changes: number } {
    const sum = { keys: 0, changes: 0 }
    for (const author of authors) {
      for (const { count, endsMs, day } of this.#state.claims.occupancy.loads(author)) {
        if (endsMs > now) sum.keys += count
        if (day === dayOf(now)) sum.changes += count
      }
    }
    return sum
  }

  #cut(
    authors: readonly AuthorId[],
    allowed: { readonly keys: number; readonly changes: number },
    now: number,
  ): Map<AuthorId, Bound> {
    const bounds = new Map<AuthorId, Bound>()
    const used = { keys: 0, changes: 0 }
    for (const author of authors) {
      const bound = { keys: Infinity, changes: Infinity }
      for (const { seq, count, endsMs, day } of this.#state.claims.occupancy.loads(author)) {
        if (endsMs > now) used.keys += count
        if (day === dayOf(now)) used.changes += count
        if (used.keys > allowed.keys) bound.keys = Math.min(bound.keys, seq)
        if (used.changes > allowed.changes) bound.changes = Math.min(bound.changes, seq)
      }
      if (bound.keys < Infinity || bound.changes < Infinity) bounds.set(author, bound)
    }
    return bounds
  }
}

function overflowing(bounds: ReadonlyMap<AuthorId, Bound>, today: number) {
  return ({ author, seq, time }: EnvelopeRef): boolean => {
    const bound = bounds.get(author)
    if (bound === undefined) return false
    return seq >= bound.keys || (seq >= bound.changes && dayOf(time) === today)
  }
}

function isEqual(a: ReadonlyMap<AuthorId, Bound>, b: ReadonlyMap<AuthorId, Bound>): boolean {
  const same = ([author, { keys, changes }]: [AuthorId, Bound]) => {
    const other = b.get(author)
    return other?.keys === keys && other.changes === changes
  }
  return a.size === b.size && [...a].every(same)
}

/** `percent` of the whole, which is what others have and the member's own part. */
function allowance({ percent, min }: Share, others: number): number {
  if (percent >= 100) return Infinity
  return Math.max(min, Math.floor((others * percent) / (100 - percent)))
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
