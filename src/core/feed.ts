/**
 * The change feed: everything that moves a node's verdicts, in the one order in which it was
 * committed. Whoever follows it (a replica, an edge) folds the same envelopes and rows and so
 * arrives at the same answers.
 *
 * A place in it is a cursor, `epoch:number`. Numbers rise and may have gaps; each page names the
 * place it goes on from, so a page that was dropped, doubled or swapped cannot be mistaken for the
 * next one. An epoch is one life of a node's database: twelve digits of when it began, so that
 * epochs have an order, and what tells it from every other; a restored folder, or a log that turned
 * out to have forked, begins another one.
 */
import type { EnvelopeRef } from './envelope.js'
import type { AuthorId, EnvelopeId } from './identity.js'
import { LIMITS } from './limits.js'
import type { OwnChange, OwnTable } from './own-rows.js'

export interface Cursor {
  readonly epoch: string
  readonly number: number
}

const EPOCH = /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/

export function formatCursor({ epoch, number }: Cursor): string {
  return `${epoch}:${number}`
}

export function parseCursor(text: string): Cursor | undefined {
  const [epoch = '', digits = '', ...rest] = text.split(':')
  if (rest.length > 0 || !EPOCH.test(epoch) || !/^\d{1,16}$/.test(digits)) return undefined
  const number = Number(digits)
  return Number.isSafeInteger(number) ? { epoch, number } : undefined
}

/** Of one life of a database: what its epochs, with and without forked logs, have in common. */
export function lifeOf(epoch: string): string {
  return epoch.slice(0, 21)
}

/** Whether `cursor` lies before `mark`: in an older life, or earlier in the same one. */
export function isBefore(cursor: Cursor, mark: Cursor): boolean {
  const [a, b] = [lifeOf(cursor.epoch), lifeOf(mark.epoch)]
  return a === b ? cursor.number < mark.number : a < b
}

/**
 * This node's own lists as far as verdicts rest on them. Tokens never leave a node; what was forced
 * is history; the policy in force goes with the context.
 */
export const FEED_TABLES = [
  'roster',
  'allow',
  'lists',
  'pauses',
  'holds',
] as const satisfies OwnTable[]

/** One thing that was committed. */
export type FeedRow =
  | {
      readonly number: number
      readonly envelope: EnvelopeRef
      /** The signed statements; null where they have ended and are gone. */
      readonly payload: Uint8Array | null
    }
  | { readonly number: number; readonly change: OwnChange }

export interface FeedPage {
  /** The number that the page goes on from. */
  readonly after: number
  /** The number that is reached with it; rows that say nothing to a follower are left out. */
  readonly number: number
  readonly rows: readonly FeedRow[]
}

/** A page as JSON: payloads in base64, own rows as they are. */
export function pageJson({ after, number, rows }: FeedPage): object {
  return { after, number, rows: rows.map(rowJson) }
}

function rowJson(row: FeedRow): object {
  if ('change' in row) return { number: row.number, ...row.change }
  const { id, author, seq, time } = row.envelope
  const payload = row.payload === null ? null : Buffer.from(row.payload).toString('base64')
  return { number: row.number, author, seq, time, id, payload }
}

const isNumber = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0
const isHex32 = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** The exact inverse of `pageJson`, or undefined where it is none: numbers rise within the page. */
export function readPage(json: unknown): FeedPage | undefined {
  if (!isObject(json) || !Array.isArray(json['rows'])) return undefined
  const { after, number } = json
  if (!isNumber(after) || !isNumber(number) || number < after) return undefined
  const rows: FeedRow[] = []
  let last = after
  for (const item of json['rows'] as unknown[]) {
    const row = readRow(item)
    if (row === undefined || row.number <= last || row.number > number) return undefined
    rows.push(row)
    last = row.number
  }
  return { after, number, rows }
}

function readRow(json: unknown): FeedRow | undefined {
  if (!isObject(json) || !isNumber(json['number'])) return undefined
  const { number } = json
  if ('table' in json) {
    const { table, name, row } = json
    const isKnown = FEED_TABLES.includes(table as (typeof FEED_TABLES)[number])
    if (!isKnown || typeof name !== 'string' || typeof row !== 'object') return undefined
    return { number, change: { table, name, row } as OwnChange }
  }
  const { author, seq, time, id, payload } = json
  if (!isHex32(author) || !isHex32(id) || !isNumber(seq) || !isNumber(time)) return undefined
  const envelope = { author: author as AuthorId, id: id as EnvelopeId, seq, time }
  if (payload === null) return { number, envelope, payload }
  if (typeof payload !== 'string') return undefined
  const bytes = new Uint8Array(Buffer.from(payload, 'base64'))
  return bytes.length > LIMITS.payloadBytesMax ? undefined : { number, envelope, payload: bytes }
}
