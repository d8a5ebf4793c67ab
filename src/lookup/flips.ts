/**
 * What another policy or roster would turn: the verdict on every live key under what is in force
 * and under the other one, at the same moment. Walked page by page, so that whoever walks can let
 * others have their turn.
 */
import { LIMITS } from '../core/limits.js'
import type { Action } from '../core/codes.js'
import { typeOf, type Indicator } from '../core/indicator.js'
import { liveKeys } from './listing.js'
import { findingOn, reasonOf, type Finding, type Lookup, type Reason } from './verdict.js'

/** One value whose action would be another one, and why. */
export interface Flip {
  readonly type: string
  readonly value: string
  readonly from: Action
  readonly to: Action
  readonly reasons: readonly FlippedReason[]
}

/** As it would be; `heldNow` is why it does not act, or acts less, today. */
export interface FlippedReason extends Reason {
  readonly heldNow?: string
}

export interface Flips {
  /** Live keys that were judged. */
  readonly looked: number
  readonly flips: number
  readonly byChange: readonly {
    readonly from: Action
    readonly to: Action
    readonly count: number
    readonly byType: Readonly<Record<string, number>>
  }[]
  /** The first few of every change. */
  readonly examples: readonly Flip[]
}

interface Change {
  readonly from: Action
  readonly to: Action
  count: number
  readonly byType: Record<string, number>
  readonly examples: Flip[]
}

export class FlipWalk {
  readonly #before: Lookup
  readonly #after: Lookup
  readonly #now: number
  readonly #keys: ReturnType<typeof liveKeys>
  readonly #changes = new Map<string, Change>()
  #looked = 0

  /** `over`: whose live keys are judged; a member's that is to be admitted are not live before. */
  constructor(before: Lookup, after: Lookup, now: number, over: Lookup = before) {
    this.#before = before
    this.#after = after
    this.#now = now
    this.#keys = liveKeys(over.state, now)
  }

  /** The next page; false where there is none. */
  step(): boolean {
    for (let i = 0; i < LIMITS.policyTestPageKeys; i++) {
      const next = this.#keys.next()
      if (next.done === true) return false
      this.#look(next.value.indicator)
    }
    return true
  }

  get found(): Flips {
    const changes = [...this.#changes.values()].sort((a, b) => b.count - a.count)
    return {
      looked: this.#looked,
      flips: changes.reduce((sum, { count }) => sum + count, 0),
      byChange: changes.map(({ from, to, count, byType }) => ({ from, to, count, byType })),
      examples: changes.flatMap(({ examples }) => examples),
    }
  }

  #look(indicator: Indicator): void {
    this.#looked++
    const before = findingOn(this.#before, indicator, this.#now)
    const after = findingOn(this.#after, indicator, this.#now)
    if (before.action !== after.action) this.#note(before, after)
  }

  #note(before: Finding, after: Finding): void {
    const [from, to] = [before.action, after.action]
    const name = `${from} ${to}`
    let change = this.#changes.get(name)
    if (change === undefined) {
      this.#changes.set(name, (change = { from, to, count: 0, byType: {}, examples: [] }))
    }
    const type = typeOf(after.indicator.type).name
    change.count++
    change.byType[type] = (change.byType[type] ?? 0) + 1
    if (change.examples.length >= LIMITS.policyTestExamples) return
    const { value } = after.indicator
    change.examples.push({ type, value, from, to, reasons: reasonsOf(before, after) })
  }
}

/** Under another policy the evidence is the same, so the parts are, one by one. */
function reasonsOf(before: Finding, after: Finding): FlippedReason[] {
  const heldNow = before.attributes.flatMap(({ parts }) => parts.map(({ held }) => held))
  return after.attributes
    .flatMap(({ parts }) => parts.map(reasonOf))
    .map((reason, i) => {
      const held = heldNow[i]
      return held === undefined ? reason : { ...reason, heldNow: held }
    })
}
