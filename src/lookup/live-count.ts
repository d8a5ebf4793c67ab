/**
 * How many keys have a live claim, by type and by what is asked for, and how many of whom. Every
 * key is looked at, so it goes in steps that others run between: 10,000,000 took twenty seconds at
 * once when each was made an object, and nearly all have a single statement, which the columns tell
 * as they are.
 */
import { ACTION } from '../core/codes.js'
import type { AuthorId } from '../core/identity.js'
import { claimAt } from '../core/claims.js'
import { keyOf, typeOf } from '../core/indicator.js'
import type { LiveState } from './live-state.js'
import { standingClaims } from './standing-claims.js'

export interface LiveCounts {
  readonly live: number
  readonly byType: Readonly<Record<string, number>>
  /** By the strongest action asked for, before policy. */
  readonly byAction: Readonly<Record<string, number>>
}

/** Keys of a step: some hundredths of a millisecond. */
const STEP = 256

export class LiveCount {
  readonly #state: LiveState
  readonly #now: number
  readonly #byType = new Map<number, number>()
  readonly #byAction = new Map<number, number>()
  readonly #heard = new Map<AuthorId, boolean>()

  constructor(state: LiveState, now: number) {
    this.#state = state
    this.#now = now
  }

  /** What has been counted so far. */
  get counts(): LiveCounts {
    const named = (counts: ReadonlyMap<number, number>, name: (code: number) => string) =>
      Object.fromEntries([...counts].map(([code, count]) => [name(code), count]))
    return {
      live: [...this.#byType.values()].reduce((sum, count) => sum + count, 0),
      byType: named(this.#byType, (code) => typeOf(code).name),
      byAction: named(this.#byAction, (code) => ACTION.name(code)!),
    }
  }

  *steps(): Generator<void> {
    const { claims } = this.#state
    for (let id = 0; id < claims.idsMax; id++) {
      const action = this.#strongest(id)
      if (action !== undefined) {
        increase(this.#byType, claims.typeAt(id))
        increase(this.#byAction, action)
      }
      if (id % STEP === STEP - 1) yield
    }
  }

  /** The strongest action asked for of a key, if there is one of somebody who is heard. */
  #strongest(id: number): number | undefined {
    const { claims } = this.#state
    const sole = claims.soleAt(id)
    if (sole !== undefined) {
      return sole.until > this.#now && this.#isHeard(sole.author) ? sole.action : undefined
    }
    if (claims.typeAt(id) === 0) return undefined
    const standing = [...standingClaims(this.#state, claims.keyAt(id), this.#now)]
    const actions = standing.map(({ claim }) => claim.report.action)
    return actions.length === 0 ? undefined : Math.max(...actions)
  }

  #isHeard(author: AuthorId): boolean {
    let isHeard = this.#heard.get(author)
    if (isHeard === undefined) {
      const { own, roster } = this.#state
      isHeard = author === own || roster.memberOf(author) !== undefined
      this.#heard.set(author, isHeard)
    }
    return isHeard
  }
}

/** How many live claims some authors have, whether or not they are heard; step by step. */
export function* liveClaimsOf(
  { claims }: LiveState,
  authors: ReadonlySet<AuthorId>,
  now: number,
): Generator<number> {
  let found = 0
  for (let id = 0; id < claims.idsMax; id++) {
    const sole = claims.soleAt(id)
    if (sole !== undefined) found += Number(sole.until > now && authors.has(sole.author))
    else if (claims.typeAt(id) !== 0) {
      for (const { author, kind, about, staircase } of claims.on(keyOf(claims.keyAt(id)))) {
        if (kind !== 'claim' || about !== null || !authors.has(author)) continue
        found += Number(claimAt(staircase, now) !== undefined)
      }
    }
    if (id % STEP < STEP - 1) continue
    yield found
    found = 0
  }
  yield found
}

function increase(counts: Map<number, number>, code: number): void {
  counts.set(code, (counts.get(code) ?? 0) + 1)
}
