/**
 * No file can be opened any more: nothing acknowledged is lost, look-ups go on, and once
 * descriptors are free the node speaks within ten seconds, without a restart.
 */
import { runSoak, type Figures } from '../support/soak-run.js'
import { squeeze, type SqueezeOptions } from './squeeze.js'

export function fds(options: SqueezeOptions): Promise<Figures> {
  return squeeze('fds', ['bash'], 'ulimit -n 96', options)
}

await runSoak(import.meta.url, 'fds', (options) => fds({ times: 100, ...options }))
