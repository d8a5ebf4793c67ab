/** What a replica is configured with, and what is wrong with it. */
import { authorOfPeer } from '../core/identity.js'
import { HOUR_MS, MINUTE_MS } from '../core/limits.js'
import { parseDuration } from '../core/request.js'
import type { Ages } from './age.js'
import type { DecisionLogOptions } from './decision-log.js'
import { wrongRules, type FailRules } from './fail-rules.js'
import type { ReplicaMode } from './follower.js'
import type { Hook } from './hooks.js'

export interface ReplicaOptions {
  /** `http://host:port`, `https://…`, or `unix:PATH` of the node's socket. */
  readonly url: string
  /** A gateway's token, or what reads it: asked for every connection, so that it can change. */
  readonly credential: string | (() => string | Promise<string>)
  /** What a gateway does when its copy is old or missing. Required: there is no safe default. */
  readonly onDegraded: FailRules
  readonly mode?: ReplicaMode
  /** PeerId of the node. Without one the first that is met is believed, and then no other. */
  readonly node?: string
  /** Folder for the last good snapshot; without one a start needs the node or a bootstrap. */
  readonly store?: { readonly dir: string }
  /** A snapshot to begin with where the store has none. */
  readonly bootstrap?: { readonly filePath: string } | { readonly data: Uint8Array }
  readonly freshness?: { readonly staleAfter?: string; readonly expireAfter?: string }
  /** Works out and logs everything, and always answers `allow`. */
  readonly shadow?: boolean
  readonly hooks?: readonly Hook[]
  readonly decisionLog?: DecisionLogOptions
  /** Largest snapshot that is taken; bytes. */
  readonly bytesMax?: number
  /** Why a node that went back is to be followed all the same; kept in the log of events. */
  readonly allowRollback?: string
}

/** An option that cannot be meant; told when the replica is made, never later. */
export class ReplicaOptionError extends Error {
  readonly code = 'option-invalid'
}

const STALE_MS = MINUTE_MS
const EXPIRE_MS = 24 * HOUR_MS
/** Ten million indicators. */
export const BYTES_MAX = 2 ** 30
const MODES: readonly ReplicaMode[] = ['streaming', 'polling', 'offline']

/** Throws `ReplicaOptionError`. */
export function agesOf(options: ReplicaOptions): Ages {
  const wrong = whatIsWrong(options)
  if (wrong !== undefined) throw new ReplicaOptionError(wrong)
  const { staleAfter, expireAfter } = options.freshness ?? {}
  const staleMs = durationOf('staleAfter', staleAfter) ?? STALE_MS
  const expireMs = durationOf('expireAfter', expireAfter) ?? EXPIRE_MS
  if (expireMs > staleMs) return { staleMs, expireMs }
  throw new ReplicaOptionError('freshness.expireAfter is longer than staleAfter')
}

function durationOf(name: string, text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseDuration(text)
  if (text !== undefined && ms === undefined) {
    throw new ReplicaOptionError(`freshness.${name} is a duration like 60s or 24h`)
  }
  return ms
}

function whatIsWrong(options: ReplicaOptions): string | undefined {
  const { url, node, mode = 'streaming', credential } = options
  if (!/^(?:https?:\/\/|unix:\/)/.test(url)) return 'url is http://…, https://… or unix:/PATH'
  if (typeof credential !== 'function' && (typeof credential !== 'string' || credential === '')) {
    return 'credential is a token or a function that gives one'
  }
  if (node !== undefined && authorOfPeer(node) === undefined) return 'node is a PeerId'
  if (!MODES.includes(mode)) return `mode is one of ${MODES.join(' ')}`
  if (options.allowRollback?.trim() === '') return 'allowRollback is a reason'
  return wrongRules(options.onDegraded)
}
