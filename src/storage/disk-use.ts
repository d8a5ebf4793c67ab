/** About how many bytes lie where, by the database's own estimate. */
import type { AuthorId } from '../core/identity.js'
import type { DiskUse } from '../core/ports.js'
import { logKey } from './rows.js'
import type { Tables } from './tables.js'

export async function diskUse(tables: Tables, authors: Iterable<AuthorId>): Promise<DiskUse> {
  const byTable: Record<string, number> = {}
  for (const name of tables.names) byTable[name] = await tables.bytes(name)
  const byAuthor: { author: AuthorId; bytes: number }[] = []
  for (const author of authors) {
    const [from, to] = [logKey(author, 0), logKey(author, Number.MAX_SAFE_INTEGER)]
    const headers = await tables.bytes('headers', from, to)
    const payloads = await tables.bytes('payloads', from, to)
    byAuthor.push({ author, bytes: headers + payloads })
  }
  return { byTable, byAuthor }
}
