/**
 * What is left around a row of a log that cannot be read: enough to know which envelope belongs
 * there, and under which number it came.
 */
import type { AuthorId } from '../core/identity.js'
import type { Remains } from '../core/store-port.js'
import { logKey, numberKey, numberOf, readHeaderRow, readJsonRow } from './rows.js'
import type { Tables } from './tables.js'

export async function remainsOf(tables: Tables, author: AuthorId, seq: number): Promise<Remains> {
  const keys = [seq - 1, seq, seq + 1].map((at) => logKey(author, at))
  const found = await tables.getEach('headers', keys)
  const [before, own, next] = found.map((value) => (value ? readHeaderRow(value) : undefined))
  return {
    number: own?.number ?? (await numberIn(tables, author, seq, before?.number, next?.number)),
    arrivedMs: (own ?? next)?.arrivedMs,
    next: next?.header,
  }
}

/** The number under which the change feed lists an envelope, between those of its neighbours. */
async function numberIn(
  tables: Tables,
  author: AuthorId,
  seq: number,
  after = 0,
  before = Number.MAX_SAFE_INTEGER,
): Promise<number | undefined> {
  const range = { gt: numberKey(after), lt: numberKey(before) }
  for await (const [key, value] of tables.scanAll('feed', range)) {
    const row = value && (readJsonRow(value) as readonly unknown[])
    if (row?.[0] === 'envelope' && row[1] === author && row[2] === seq) return numberOf(key)
  }
  return undefined
}
