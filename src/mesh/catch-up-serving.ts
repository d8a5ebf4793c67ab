/** What a WANT is answered with: envelopes that fit a frame, or why there are none. */
import { toBytes } from '../core/envelope.js'
import type { Head } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { Log } from '../core/ports.js'
import type { LogRow, Store } from '../core/store-port.js'
import type { Roster } from '../core/roster.js'
import { NONE_REASON, WIRES_PER_FRAME_MAX } from './catch-up-protocol.js'
import type { Want } from './catch-up-wants.js'
import { exchanges } from './exchange.js'

export interface ServingDependencies {
  readonly own: AuthorId
  readonly roster: () => Roster
  readonly heads: () => ReadonlyMap<AuthorId, Head>
  readonly floorOf: (author: AuthorId) => number
  readonly readLog: Store['logRows']
  readonly log: Log
}

export type Served = readonly Uint8Array[] | { readonly reason: number }

const NOT_SERVED: Served = { reason: NONE_REASON['not-served'] }
const NOT_HELD: Served = { reason: NONE_REASON['not-held'] }
const STORE_FAILED: Served = { reason: NONE_REASON['store-failed'] }

/** Wires from `from` on, as many as fit a frame of the reader. */
export async function serve(
  { author, from, to }: Want,
  frameBytesMax: number,
  dependencies: ServingDependencies,
): Promise<Served> {
  const { own, roster, heads, floorOf } = dependencies
  const head = heads().get(author)
  if (head === undefined || !exchanges(roster(), own, author)) return NOT_SERVED
  if (from > head.seq || from < floorOf(author)) return NOT_HELD
  // Half a frame always leaves room for one more envelope and the heads of the rest.
  const bytesMax = Math.min(LIMITS.wantBytesMax, Math.floor(frameBytesMax / 2))
  const rows = await read(author, from, Math.min(to, head.seq), bytesMax, dependencies)
  if (rows === undefined) return STORE_FAILED
  return rows.length === 0 ? NOT_HELD : rows.slice(0, WIRES_PER_FRAME_MAX).map(toBytes)
}

/** What our own disk cannot give is our fault: the other side is told and asks elsewhere. */
async function read(
  author: AuthorId,
  from: number,
  to: number,
  bytesMax: number,
  { readLog, log }: ServingDependencies,
): Promise<LogRow[] | undefined> {
  try {
    return await readLog(author, from, to, bytesMax)
  } catch (error) {
    log.error('mesh-catch-up-read-failed', { author, error: String(error) })
    return undefined
  }
}
