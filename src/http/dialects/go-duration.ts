/**
 * Durations as Go writes them, in whole seconds: bouncers read no fractions, and one was seen to
 * keep a ban for ever that had one.
 */
import { SECOND_MS } from '../../core/limits.js'

/** `3h58m41s`; of time that is over, like `-1s`. */
export function goDuration(ms: number): string {
  const seconds = Math.ceil(Math.abs(ms) / SECOND_MS)
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor((seconds % 3_600) / 60)
  const sign = ms < 0 ? '-' : ''
  const rest = seconds % 60
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}s`
  return minutes > 0 ? `${sign}${minutes}m${rest}s` : `${sign}${rest}s`
}
