/**
 * The change feed as it lies on disk: which envelope or own row was committed under which number.
 * A page of it reads the envelopes it names.
 */
import { openHeader } from '../core/envelope.js'
import { FEED_TABLES, type FeedPage, type FeedRow } from '../core/feed.js'
import type { AuthorId } from '../core/identity.js'
import type { OwnChange, OwnTable } from '../core/own-rows.js'
import { damaged, logKey, numberKey, numberOf, readHeaderRow, readJsonRow } from './rows.js'
import type { Tables } from './tables.js'

/** Rows read at once: a page of them is one read of headers and one of payloads. */
const ROWS_MAX = 256

type Place =
  | { readonly number: number; readonly key: Buffer }
  | { readonly number: number; readonly change: OwnChange }

export async function feedPage(
  tables: Tables,
  after: number,
  to: number,
  bytesMax: number,
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
      if (isFed(place.change.table)) rows.push(place)
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
  const row = readJsonRow(value) as ['envelope', AuthorId, number] | ['own', number, OwnChange]
  if (row[0] === 'own') return { number, change: row[2] }
  return { number, key: logKey(row[1], row[2]) }
}

function isFed(table: OwnTable): boolean {
  return (FEED_TABLES as readonly OwnTable[]).includes(table)
}

function envelopeOf(value: Uint8Array) {
  const row = readHeaderRow(value)
  const opened = row && openHeader(row.header)
  if (opened?.ok !== true) throw damaged('in headers')
  const { id, author, seq, time } = opened.value
  return { envelope: { id, author, seq, time } }
}
