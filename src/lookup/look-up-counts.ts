/**
 * How many look-ups were answered, by the type that was asked about and the action: as the policy
 * has it, so that a pause of enforcement does not hide what it lets pass. A whole number each, for
 * this is on the way of every look-up.
 */
import { ACTION } from '../core/codes.js'
import { TYPES } from '../core/indicator.js'
import type { LookedUp } from './look-ups.js'

const ACTIONS = ACTION.names
const TYPE_MAX = Math.max(...TYPES.map(({ code }) => code))

export interface LookUpCount {
  readonly type: string
  readonly action: string
  readonly count: number
}

export class LookUpCounts {
  readonly #counts = new Float64Array((TYPE_MAX + 1) * ACTIONS.length)

  note({ indicator, action }: Pick<LookedUp, 'indicator' | 'action'>): void {
    this.#counts[indicator.type * ACTIONS.length + ACTION.code(action)]!++
  }

  /** Of types that were asked about, every action. */
  *rows(): Generator<LookUpCount> {
    for (const { code, name: type } of TYPES) {
      const from = code * ACTIONS.length
      const counts = this.#counts.subarray(from, from + ACTIONS.length)
      if (counts.every((count) => count === 0)) continue
      for (const action of ACTIONS) yield { type, action, count: counts[ACTION.code(action)]! }
    }
  }
}
