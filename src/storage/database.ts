/**
 * Opens the node's LevelDB: one process owns it, and once a folder has been initialised a missing
 * database is an error, never an empty one (LevelDB would delete its own tables and start anew).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AbstractLevel } from 'abstract-level'
import { Level } from 'level'
import type { Log } from '../core/ports.js'
import { StoreError } from '../core/store-port.js'
import { checkFormat, migrate, type Formats } from './migration.js'
import { MIGRATIONS } from './migrations.js'
import { readMarker, writeMarker } from './small-file.js'
import { damagedTable } from './table-check.js'

export type Database = AbstractLevel<string | Buffer | Uint8Array, Buffer, Buffer>

/** Of the rows, not of the wire. Newer is refused by name; older is backed up and migrated. */
export const STORE_FORMAT = 1
const FORMATS: Formats = { current: STORE_FORMAT, migrations: MIGRATIONS }

export async function openDatabase(
  data: string,
  networkId: string,
  log?: Log,
  formats = FORMATS,
): Promise<Database> {
  const marker = await readMarker(data)
  const path = join(data, 'db')
  if (marker !== undefined) {
    if (marker.networkId !== networkId) {
      throw new StoreError(
        'data-of-another-network',
        `${data} belongs to network ${short(marker.networkId)}, not ${short(networkId)}`,
      )
    }
    await checkFormat(data, marker.format, formats)
    // Checked here because LevelDB's own answer to a lost CURRENT file depends on what else is
    // lost.
    if (!existsSync(join(path, 'CURRENT'))) {
      throw new StoreError('data-missing', `${path} was initialised once and its database is gone`)
    }
    const damage = await damagedTable(path)
    if (damage !== undefined) throw new StoreError('row-damaged', `${path}: ${damage}`)
  }
  const database = await openLevel(path, marker === undefined)
  if (marker === undefined) await writeMarker(data, { format: formats.current, networkId })
  else await bringUp(database, data, { from: marker.format, log, formats })
  return database
}

/** Nobody else has it open: a migration is safe now. */
async function bringUp(
  database: Database,
  data: string,
  { from, log, formats }: { from: number; log: Log | undefined; formats: Formats },
): Promise<void> {
  try {
    const backup = await migrate(database, data, formats)
    if (backup !== undefined) log?.info('data-migrated', { from, to: formats.current, backup })
  } catch (error) {
    await database.close()
    throw error
  }
}

function short(networkId: string): string {
  return networkId.slice(0, 16)
}

async function openLevel(path: string, createIfMissing: boolean): Promise<Database> {
  const level = new Level<Buffer, Buffer>(path, {
    createIfMissing,
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    // Larger than the default 4 MiB: fewer, larger flushes under bulk input.
    writeBufferSize: 16 << 20,
    cacheSize: 32 << 20,
  })
  try {
    await level.open()
    return level
  } catch (error) {
    const cause = (error as { cause?: { code?: string; message?: string } }).cause
    if (cause?.code === 'LEVEL_LOCKED') {
      throw new StoreError('data-in-use', `${path} is in use by another process`, { cause: error })
    }
    throw new StoreError('disk-failed', `cannot open ${path}: ${cause?.message ?? String(error)}`, {
      cause: error,
    })
  }
}
