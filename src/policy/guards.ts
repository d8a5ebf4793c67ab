/**
 * What never acts, or acts less, whoever reports it: the one mechanism behind the publish guard,
 * look-ups, streams and exports. Asked about the attribute of a question and about the key that a
 * report names, alike.
 */
import type { Network } from '../core/address.js'
import type { Indicator } from '../core/indicator.js'
import { whyGuarded, type Protected } from './publish-guards.js'

export interface Guard {
  /** out: taken out of the evidence. cap: acts at most up to the policy's cap for clouds. */
  readonly effect: 'out' | 'cap'
  /**
   * Shown as the reason why a report is held: `special-purpose`, `own-address`, `allowed`, or
   * `list:` and the list's name.
   */
  readonly name: string
  /** An allow entry that allows the whole request. */
  readonly request?: boolean
}

export interface Guards {
  /** What guards an indicator at `now`; `out` before `cap`. */
  on(indicator: Indicator, now: number): Guard | undefined
  /** The disjoint protected networks inside a network, which it loses: sorted, none nested. */
  holes(network: Network, now: number): readonly Network[]
}

/** Special-purpose ranges and given hosts only. */
export function builtInGuards(hosts: () => Protected): Guards {
  return {
    on: (indicator) => {
      const why = whyGuarded(indicator, hosts())
      if (why === undefined) return undefined
      const name = why === 'a special-purpose range' ? 'special-purpose' : 'own-address'
      return { effect: 'out', name }
    },
    holes: () => [],
  }
}
