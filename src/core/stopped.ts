/**
 * What our own door kept from leaving, and why: a chain of rows, so that none can be taken out
 * unseen. No value is in it, which may be a customer's: only its type, the code, and who asked.
 *
 *   hash = SHA-256("tocsin/1/stopped\0" ‖ [n, atMs, untilMs, code, type, token, count, prev(32)])
 */
import { createHash } from 'node:crypto'
import { encode } from './canonical.js'
import { MINUTE_MS } from './limits.js'
import type { InputCode } from './outcome.js'

const DOMAIN = Buffer.from('tocsin/1/stopped\0', 'latin1')
/** Of the row before the first. */
const NOTHING = '00'.repeat(32)
/** The newest row goes on for so long: a stream of a million refused lines is no million rows. */
const OPEN_MS = MINUTE_MS

/** What a refusal is about: what the item is, and not how it was written. */
export const STOPPING_CODES: ReadonlySet<InputCode> = new Set<InputCode>([
  'guarded',
  'force-not-yours',
  'tlp-red',
  'type-off',
  'legal-basis-lapsed',
])

export interface Stop {
  readonly atMs: number
  readonly code: InputCode
  /** Full name; empty where there is no such type. */
  readonly type: string
  /** Name of the token it was asked with. */
  readonly token: string
  readonly count: number
}

export interface Stopped extends Stop {
  /** From 1, without gaps. */
  readonly n: number
  /** Of the last of them. */
  readonly untilMs: number
  /** Hex. */
  readonly prev: string
  readonly hash: string
}

export function hashOfStopped(row: Omit<Stopped, 'hash'>): string {
  const { n, atMs, untilMs, code, type, token, count, prev } = row
  const name = Buffer.from(token, 'utf8')
  const bytes = encode([n, atMs, untilMs, code, type, name, count, Buffer.from(prev, 'hex')])
  return createHash('sha256').update(DOMAIN).update(bytes).digest('hex')
}

/** The next row of the chain, or the newest one with more in it, which then takes its place. */
export function chainStop(newest: Stopped | undefined, stop: Stop): Stopped {
  const { atMs, count } = stop
  if (newest !== undefined && isMore(newest, stop)) {
    const untilMs = Math.max(newest.untilMs, atMs)
    return sealed({ ...newest, untilMs, count: newest.count + count })
  }
  const [n, prev] = newest === undefined ? [1, NOTHING] : [newest.n + 1, newest.hash]
  return sealed({ ...stop, n, untilMs: atMs, prev })
}

function isMore(newest: Stopped, { atMs, code, type, token }: Stop): boolean {
  const isSame = newest.code === code && newest.type === type && newest.token === token
  return isSame && Math.abs(atMs - newest.atMs) < OPEN_MS
}

function sealed(row: Omit<Stopped, 'hash'>): Stopped {
  return { ...row, hash: hashOfStopped(row) }
}
