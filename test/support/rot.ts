/** Damage to single rows of an open database, as a dying disk would do it behind LevelDB's back. */
import type { Database } from '../../src/storage/database.js'

interface Rows {
  get(key: Buffer): Promise<Buffer | undefined>
  put(key: Buffer, value: Buffer): Promise<void>
  del(key: Buffer): Promise<void>
  keys(): { all(): Promise<Buffer[]> }
}

function table(database: Database, name: string): Rows {
  return database.sublevel<Buffer, Buffer>(name, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
}

export function rowsOf(database: Database, name: string): Promise<Buffer[]> {
  return table(database, name).keys().all()
}

/** Changes a bit of the row at a place in the order of keys, or takes it away. */
export async function damageRow(
  database: Database,
  name: string,
  at: number,
  change: 'flip' | 'delete',
): Promise<void> {
  const rows = table(database, name)
  const key = (await rows.keys().all())[at]
  if (key === undefined) throw new Error(`${name} has no row ${at}`)
  if (change === 'delete') return rows.del(key)
  const row = Buffer.from((await rows.get(key))!)
  row[row.length >> 1]! ^= 4
  await rows.put(key, row)
}
