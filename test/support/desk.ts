/** A desk at which tests ask: nothing is guarded but special ranges, and all is fresh. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../src/core/ports.js'
import { Decisions } from '../../src/lookup/decision.js'
import { Desk } from '../../src/lookup/desk.js'
import type { LiveState } from '../../src/lookup/live-state.js'
import type { Freshness, Lookup } from '../../src/lookup/verdict.js'
import { OwnRows } from '../../src/core/own-rows.js'
import { GuardBook, type Guards } from '../../src/policy/guards.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { ValueSet } from '../../src/policy/value-set.js'

export interface DeskOptions {
  readonly name?: string
  readonly clock: Clock
  readonly guards?: Guards
  readonly isLate?: Lookup['isLate']
  readonly policy?: () => Policy
  readonly freshness?: () => Freshness
}

const decisions = new Decisions(new Uint8Array(32), randomBytes)
const nobody = new ValueSet({})

/** The guards of a state's own lists, with nothing shipped and no hosts but those given. */
export function guardsOf(rows: OwnRows, hosts: ValueSet = nobody, policy = DEFAULT_POLICY): Guards {
  return new GuardBook({ rows, shipped: [], hosts: () => hosts, policy: () => policy })
}
export const noGuards = guardsOf(new OwnRows())

export function deskOf(state: LiveState, options: DeskOptions): Desk {
  return new Desk({
    state,
    decisions,
    clock: options.clock,
    name: options.name ?? state.name,
    guards: options.guards ?? noGuards,
    isLate: options.isLate ?? (() => false),
    policy: options.policy ?? (() => DEFAULT_POLICY),
    freshness: options.freshness ?? (() => 'fresh'),
  })
}

/** One look-up at one moment. */
export function lookupOf(
  state: LiveState,
  now: number,
  options: Partial<DeskOptions> = {},
): Lookup {
  return deskOf(state, { clock: () => now, ...options }).lookup()
}
