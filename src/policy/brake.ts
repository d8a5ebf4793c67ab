/**
 * The blast-radius brake: a new network, name or pattern that would meet too large a share of this
 * node's own look-ups is held until the operator confirms it, whoever reports it. The numbers are
 * those of the moment at which it was new.
 */
import type { Indicator } from '../core/indicator.js'
import type { Hold } from '../core/own-rows.js'
import type { Policy } from './rules.js'

export interface Met {
  readonly hits: number
  readonly of: number
}

/** Whether so many are too many. With few look-ups sampled nothing is known. */
export function isTooWide({ brake }: Policy, { hits, of }: Met): boolean {
  return of >= brake.min && hits * 100 > of * brake.percent
}

/** What holds a key that is new, if anything does. */
export function holdOn(
  policy: Policy,
  { type, value }: Indicator,
  met: Met | undefined,
  atMs: number,
): Hold | undefined {
  if (met === undefined || !isTooWide(policy, met)) return undefined
  return { type, value, hits: met.hits, of: met.of, atMs }
}
