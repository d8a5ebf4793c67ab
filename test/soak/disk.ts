/**
 * The disk is full: a real small file system, filled at random moments. Nothing acknowledged is
 * lost, look-ups go on, and once there is room again the node speaks within ten seconds, without a
 * restart.
 */
import { runSoak, type Figures } from '../support/soak-run.js'
import { squeeze, type SqueezeOptions } from './squeeze.js'

/** In a mount namespace of its own: it is gone with the program, whatever happens to us. */
const UNSHARE = process.getuid?.() === 0 ? ['-m'] : ['-Urm']
const MOUNT = 'mount -t tmpfs -o size=12m tmpfs "$FOLDER" || exit 1'

export function disk(options: SqueezeOptions): Promise<Figures> {
  return squeeze('disk', ['unshare', ...UNSHARE, 'sh'], MOUNT, options)
}

await runSoak(import.meta.url, 'disk', (options) => disk({ times: 100, ...options }))
