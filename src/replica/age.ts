/** How old a copy is: since its node last signed what it holds, not since anything last arrived. */
import type { Copy } from './copy.js'
import type { ReplicaFreshness } from './fail-rules.js'

export interface Ages {
  readonly staleMs: number
  readonly expireMs: number
}

/** Milliseconds; Infinity where there is none. A clock that is behind the node's makes it new. */
export function ageOf(copy: Copy | undefined, now: number): number {
  return copy === undefined ? Infinity : Math.max(0, now - copy.mark.time)
}

/** A node that says of itself that it is not fresh makes nobody fresh. */
export function freshnessOf(copy: Copy | undefined, ages: Ages, now: number): ReplicaFreshness {
  if (copy === undefined) return 'never'
  const ageMs = ageOf(copy, now)
  if (ageMs >= ages.expireMs) return 'expired'
  return ageMs >= ages.staleMs || copy.mark.freshness !== 'fresh' ? 'stale' : 'fresh'
}
