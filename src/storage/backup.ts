/**
 * A copy of a folder while its node runs, and a folder made from such a copy. The copy is of one
 * moment (a LevelDB snapshot). It leaves the high-water mark out, because the node goes on speaking
 * after it: a restored folder must ask its peers how far before it says its first word.
 */
import { copyFile, cp, mkdir, readdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import { StoreError } from '../core/store-port.js'
import type { Tell } from '../core/work.js'
import type { Database } from './database.js'
import {
  FEDERATION,
  LOCAL_SECRET,
  makeDataFolder,
  MUST_ASK,
  NODE_KEY,
  readMarker,
  writeMarker,
  writeSmallFile,
} from './small-file.js'

const PAGE_ROWS = 1_000
const BYTES = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

/** Copies `database` and, with the key, who we are. Answers how many rows. */
export async function backUp(
  database: Database,
  data: string,
  folder: string,
  { withKey, tell }: { readonly withKey: boolean; readonly tell?: Tell | undefined },
): Promise<number> {
  if (existsSync(folder) && (await readdir(folder)).length > 0) {
    throw new StoreError('data-in-use', `${folder} is not empty`)
  }
  await makeDataFolder(folder)
  const rows = await copyRows(database, join(folder, 'db'), tell)
  // Without it, no allow entry of a keyed type would be found again.
  await copySecret(LOCAL_SECRET, data, folder)
  if (withKey) for (const name of [NODE_KEY, FEDERATION]) await copySecret(name, data, folder)
  const marker = await readMarker(data)
  if (marker === undefined) throw new StoreError('data-missing', `${data} holds no node`)
  await writeMarker(folder, marker)
  return rows
}

/** Where there is one: a folder of an older version has no secret of its own yet. */
async function copySecret(name: string, from: string, to: string): Promise<void> {
  if (existsSync(join(from, name))) await copyFile(join(from, name), join(to, name))
}

async function copyRows(database: Database, path: string, tell?: Tell): Promise<number> {
  const copy = levelAt(path, { errorIfExists: true })
  await copy.open()
  try {
    return await copyAll(database, copy, tell)
  } finally {
    await copy.close()
  }
}

/** Puts a backup's rows in the place of all that are there. */
export async function copyBack(folder: string, database: Database): Promise<void> {
  const copy = levelAt(join(folder, 'db'), { createIfMissing: false })
  await copy.open()
  try {
    await database.clear()
    await copyAll(copy, database)
  } finally {
    await copy.close()
  }
}

function levelAt(path: string, options: object): Database {
  return new Level<Buffer, Buffer>(path, { ...BYTES, ...options })
}

async function copyAll(from: Database, to: Database, tell?: Tell): Promise<number> {
  let rows = 0
  const iterator = from.iterator(BYTES)
  try {
    for (;;) {
      const page = await iterator.nextv(PAGE_ROWS)
      if (page.length === 0) return rows
      rows += page.length
      const puts = page.map(([key, value]) => ({ type: 'put' as const, key, value }))
      await to.batch(puts, { ...BYTES, sync: true } as object)
      tell?.({ rows })
    }
  } finally {
    await iterator.close()
  }
}

/** Makes `data` from a backup. Refuses a folder that already holds a node. */
export async function restoreFolder(folder: string, data: string): Promise<void> {
  if ((await readMarker(folder)) === undefined) {
    throw new StoreError('data-missing', `${folder} holds no backup`)
  }
  if ((await readMarker(data)) !== undefined) {
    throw new StoreError('data-in-use', `${data} already holds a node`)
  }
  await makeDataFolder(data)
  await mkdir(join(data, 'db'), { recursive: true })
  // The question first: a crash half-way must not leave a folder that speaks without asking.
  await writeSmallFile(join(data, MUST_ASK), '\n')
  await cp(join(folder, 'db'), join(data, 'db'), { recursive: true })
  for (const name of [LOCAL_SECRET, NODE_KEY, FEDERATION]) await copySecret(name, folder, data)
  await writeMarker(data, (await readMarker(folder))!)
}
