/**
 * The change feed as it lies on disk: which envelope or own row was committed under which number.
 * A page of it reads the envelopes it names.
 */
import { openHeader } from '../core/envelope.js'
import { FEED_TABLES, type FeedPage, type FeedRow } from '../core/feed.js'
import type { OwnChange, OwnTable } from '../core/own-rows.js'
import type { Seen } from '../core/store-port.js'
import {
  damaged,
  logKey,
  numberKey,
  numberOf,
  readHeaderRow,
  readJsonRow,
  seenIn,
  type FeedEntry,
} from './rows.js'
import type { Tables } from './tables.js'

/** Rows read at once: a page of them is one read of headers and one of payloads. */
const ROWS_MAX = 256

type Place =
  | { readonly number: number; readonly key: Buffer }
  | { readonly number: number; readonly change: OwnChange }

export interface FeedRange {
  readonly after: number
  readonly to: number
  readonly bytesMax: number
}

/** With the rows of the own tables named. */
export async function feedPage(
  tables: Tables,
  { after, to, bytesMax }: FeedRange,
  own: readonly OwnTable[] = FEED_TABLES,
): Promise<FeedPage> {
  const places: Place[] = []
  const range = { gt: numberKey(after), lte: numberKey(to), limit: ROWS_MAX }
  for await (const [key, value] of tables.scan('feed', range)) {
    places.push(placeOf(numberOf(key), value))
  }
  const keys = places.flatMap((place) => ('key' in place ? [place.key] : []))
  const headers = await tables.getMany('headers', keys)
  const payloads = await tables.getMany('payloads', keys)
  const rows: FeedRow[] = []
  let bytes = 0
  let envelopes = 0
  for (const place of places) {
    // Nothing but what has gone by since is missing beyond the last row.
    if (bytes > bytesMax) return { after, number: place.number - 1, rows }
    if ('change' in place) {
      if (own.includes(place.change.table)) rows.push(place)
      continue
    }
    const header = headers[envelopes]
    const payload = payloads[envelopes++]
    if (header === undefined) continue // beyond the horizon, and dropped since
    rows.push({ number: place.number, ...envelopeOf(header), payload: payload ?? null })
    bytes += payload?.length ?? 0
  }
  const isWhole = places.length < ROWS_MAX
  return { after, number: isWhole ? to : places.at(-1)!.number, rows }
}

function placeOf(number: number, value: Uint8Array): Place {
  const row = readJsonRow(value) as FeedEntry
  if (row[0] === 'own') return { number, change: row[2] }
  return { number, key: logKey(row[1], row[2]) }
}

function envelopeOf(value: Uint8Array) {
  const row = readHeaderRow(value)
  const opened = row && openHeader(row.header)
  if (opened?.ok !== true) throw damaged('in headers')
  const { id, author, seq, time } = opened.value
  return { envelope: { id, author, seq, time } }
}

/**
 * What look-ups answered from at a time: the last commit known to have been visible by then. Rows
 * come in the order of their commits, and each commit tells of the one before it, so it is found by
 * halving. Undefined before the first that tells.
 */
export async function seenAt(tables: Tables, ms: number): Promise<Seen | undefined> {
  let [low, high] = [0, (await lastNumber(tables)) + 1]
  let best: Seen | undefined
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const told = await tellingFrom(tables, middle)
    if (told !== undefined && told.seen.atMs <= ms) {
      best = told.seen
      low = told.number + 1
    } else high = middle
  }
  return best
}

/** The first row from a number on that tells what was seen before it. */
async function tellingFrom(tables: Tables, from: number) {
  for await (const [key, value] of tables.scan('feed', { gte: numberKey(from) })) {
    const seen = seenIn(value)
    if (seen !== undefined) return { number: numberOf(key), seen }
  }
  return undefined
}

async function lastNumber(tables: Tables): Promise<number> {
  for await (const [key] of tables.scan('feed', { reverse: true, limit: 1 })) return numberOf(key)
  return 0
}

/** When what was committed last arrived. */
export async function lastStamp(tables: Tables): Promise<number | undefined> {
  for await (const [, value] of tables.scan('feed', { reverse: true, limit: 1 })) {
    const row = readJsonRow(value) as FeedEntry
    if (row[0] === 'own') return row[1]
    const header = await tables.get('headers', logKey(row[1], row[2]))
    return header && readHeaderRow(header)?.arrivedMs
  }
  return undefined
}
