/** A Redis that is kept equal to what acts; nothing where there is none. */
import { SECOND_MS } from '../core/limits.js'
import type { MirrorStatus } from '../core/mirror-port.js'
import type { Clock } from '../core/ports.js'
import type { Families } from './families.js'

export interface MirrorParts {
  readonly mirror: (() => MirrorStatus) | undefined
  /** When this node started, in milliseconds since 1970 UTC. */
  readonly startedMs: number
  readonly clock: Clock
}

export function showMirror(to: Families, { mirror, startedMs, clock }: MirrorParts): void {
  if (mirror === undefined) return
  to.gauge('tocsin_mirror_up', '1 where the Redis is kept up.', [], (show) =>
    show(mirror().problem === undefined ? 1 : 0),
  )
  const lag = 'Since the Redis was last known to hold what acts and nothing else.'
  to.gauge('tocsin_mirror_lag_seconds', lag, [], (show) => {
    show(Math.max(0, clock() - (mirror().equalMs ?? startedMs)) / SECOND_MS)
  })
  to.gauge('tocsin_mirror_entries', 'Keys that it had of ours then.', [], (show) =>
    show(mirror().entries),
  )
  to.counter('tocsin_mirror_resyncs_total', 'Times that everything was written.', [], (show) =>
    show(mirror().resyncs),
  )
}
