/**
 * What the operator has paused. A pause ends by itself at its time, to the millisecond: whoever
 * asks compares with the clock, whatever became of the row.
 */
import { PAUSES, type Pause, type PauseKind } from '../core/own-rows.js'
import type { LiveState } from './live-state.js'

/** The pause in force, if there is one. */
export function pauseOf({ lists }: LiveState, kind: PauseKind, now: number): Pause | undefined {
  const pause = lists.of('pauses').get(kind)
  return pause !== undefined && now < (pause.untilMs ?? Infinity) ? pause : undefined
}

export type PausesShown = Readonly<
  Partial<
    Record<
      PauseKind,
      {
        readonly since: string
        readonly until?: string
        readonly reason: string
        readonly by: string
      }
    >
  >
>

/** All pauses in force, as they are shown; null where there are none. */
export function pausesShown(state: LiveState, now: number): PausesShown | null {
  const shown = PAUSES.flatMap((kind) => {
    const pause = pauseOf(state, kind, now)
    if (pause === undefined) return []
    const { sinceMs, untilMs, reason, by } = pause
    const since = new Date(sinceMs).toISOString()
    const until = untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }
    return [[kind, { since, ...until, reason, by }]]
  })
  return shown.length === 0 ? null : (Object.fromEntries(shown) as PausesShown)
}
