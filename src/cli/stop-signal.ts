/** How a program in the foreground is told to end. */
import { SECOND_MS } from '../core/limits.js'

/** npm and the terminal both hand on a Ctrl-C: two at once are one. */
const SAME_SIGNAL_MS = SECOND_MS / 2

/** Resolves at the first signal; a later one ends the process at once, as it would any other. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      setTimeout(() => {
        process.off('SIGTERM', stop)
        process.off('SIGINT', stop)
      }, SAME_SIGNAL_MS).unref()
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}
