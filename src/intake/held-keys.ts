/** New keys that would meet too many of our own look-ups, held in the commit that brings them. */
import { claimAt } from '../core/claims.js'
import type { Envelope } from '../core/envelope.js'
import { keyOf, type Indicator, type IndicatorKey } from '../core/indicator.js'
import type { Hold, OwnChange } from '../core/own-rows.js'
import type { LiveState } from '../lookup/live-state.js'

/** What holds a key that is new, if anything does. */
export type Brake = (indicator: Indicator) => Hold | undefined

export interface HeldKeysParts {
  readonly state: LiveState
  readonly brake: Brake | undefined
}

export function* heldKeys(
  { state, brake }: HeldKeysParts,
  envelopes: readonly Envelope[],
  now: number,
): Generator<OwnChange> {
  if (brake === undefined) return
  for (const { statements } of envelopes) {
    for (const statement of statements) {
      if (statement.kind !== 'report') continue
      const name = keyOf(statement)
      if (isReported(state, name, now)) continue
      const row = brake(statement) ?? null
      if (row !== null || state.lists.of('holds').has(name)) yield { table: 'holds', name, row }
    }
  }
}

/** Whether anybody reports it already. */
function isReported(state: LiveState, key: IndicatorKey, now: number): boolean {
  return state.claims
    .on(key)
    .some(({ kind, staircase }) => kind === 'claim' && claimAt(staircase, now) !== undefined)
}
