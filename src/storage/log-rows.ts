/** Rows of one log as they lie on disk, a few at a time: a caller that has enough stops early. */
import type { AuthorId } from '../core/identity.js'
import { DamagedRow, type LogRow } from '../core/store-port.js'
import * as rows from './rows.js'
import type { Tables } from './tables.js'

const PAGE_ROWS = 32

export interface LogRange {
  readonly author: AuthorId
  readonly from: number
  readonly to: number
  readonly bytesMax: number
}

/** See `Store.logRows`. */
export async function logRows(
  tables: Tables,
  { author, from, to, bytesMax }: LogRange,
): Promise<LogRow[]> {
  const range = { gte: rows.logKey(author, from), lte: rows.logKey(author, to) }
  const found: LogRow[] = []
  let bytes = 0
  for await (const page of headerPages(tables, range)) {
    const payloads = await tables.getEach(
      'payloads',
      page.map((entry) => entry.key),
    )
    for (const [i, { key, row }] of page.entries()) {
      const seq = from + found.length
      // A hole: nothing beyond it counts.
      if (rows.logPlace(key).seq !== seq) return found
      if (row === undefined || payloads[i] === null) {
        if (found.length > 0) return found
        throw new DamagedRow(author, seq)
      }
      const payload = payloads[i] ?? null
      bytes += row.header.length + (payload?.length ?? 0) + 80
      if (found.length > 0 && bytes > bytesMax) return found
      found.push({ ...row, payload })
    }
  }
  return found
}

interface HeaderRow {
  readonly key: Buffer
  readonly row: Omit<LogRow, 'payload'> | undefined
}

/** A page of them is one read of payloads. */
async function* headerPages(tables: Tables, range: object): AsyncGenerator<HeaderRow[]> {
  let page: HeaderRow[] = []
  for await (const [key, value] of tables.scanAll('headers', range)) {
    page.push({ key, row: value && rows.readHeaderRow(value) })
    if (page.length < PAGE_ROWS) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
