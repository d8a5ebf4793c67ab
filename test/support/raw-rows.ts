/**
 * The reference of everything that writes: the rows that a stopped node holds, written once more
 * into an empty database, in the order in which they came and in synced batches of a thousand,
 * without anything else.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { decode } from '../../src/core/canonical.js'
import { LIMITS } from '../../src/core/limits.js'

const CHUNK = 1_000
const ENCODINGS = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

type Row = readonly [key: Buffer, value: Buffer]

/** Rows of a stopped node's tables, keys as they lie in the database. */
export async function tables(lab: LabProcess, names: readonly string[]): Promise<Row[]> {
  const level = new Level<Buffer, Buffer>(join(lab.data, 'db'), { createIfMissing: false })
  await level.open()
  const rows: Row[] = []
  for (const name of names) {
    const table = level.sublevel<Buffer, Buffer>(name, ENCODINGS)
    for await (const [key, value] of table.iterator()) {
      rows.push([table.prefixKey(key, 'buffer', false), value])
    }
  }
  await level.close()
  return rows
}

/** In the order of the log, as they were written: sorted rows would spare LevelDB its sorting. */
function inLogOrder(claims: readonly Row[]): Row[] {
  const placed = claims.map((row) => {
    const [[seq, index]] = decode(row[1].subarray(0, -4)) as [[number, number]]
    return { row, place: seq * LIMITS.statementsMax + index }
  })
  return placed.sort((a, b) => a.place - b.place).map(({ row }) => row)
}

/** Writes rows in synced batches, without anything else. */
async function rawWrite(path: string, rows: readonly Row[], chained: boolean) {
  const level = new Level<Buffer, Buffer>(path, { ...ENCODINGS, writeBufferSize: 16 << 20 })
  await level.open()
  const options = { sync: true } as object
  const started = performance.now()
  const cpuBefore = process.cpuUsage()
  for (let i = 0; i < rows.length; i += CHUNK) {
    const page = rows.slice(i, i + CHUNK)
    if (chained) {
      const batch = level.batch()
      for (const [key, value] of page) batch.put(key, value)
      await batch.write(options)
    } else {
      await level.batch(
        page.map(([key, value]) => ({ type: 'put', key, value })),
        options,
      )
    }
  }
  const seconds = (performance.now() - started) / 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  await level.close()
  await rm(path, { recursive: true, force: true })
  return { seconds, cpu: (user + system) / 1e6 }
}

/** By an array of operations, and chained; in a folder of its own below `folder`. */
export async function rawWrites(folder: string, lab: LabProcess) {
  const others = await tables(lab, [
    'headers',
    'payloads',
    'payload-order',
    'expiry',
    'feed',
    'spoken',
  ])
  const rows = [...others, ...inLogOrder(await tables(lab, ['claims']))]
  const path = join(folder, 'raw')
  return { raw: await rawWrite(path, rows, false), chained: await rawWrite(path, rows, true) }
}
