/**
 * Takes a folder from an older format to this version's: first the whole of it is copied to
 * `backup-format-N-K` in the folder, a backup like any other, which the older version restores;
 * then every step runs in turn; the marker is written last. A start that finds a migration under
 * way puts the rows of the backup in place of what is there and begins again.
 */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../core/store-port.js'
import { backUp, copyBack } from './backup.js'
import { dropCheckpoint } from './checkpoint.js'
import type { Database } from './database.js'
import type { Migration } from './migrations.js'
import { readMarker, readSmallFile, syncFolder, writeMarker, writeSmallFile } from './small-file.js'

/** There from before the first step until the marker says that all are done. */
const UNDER_WAY = 'migrating'
const DRAFT = 'backup-draft'

interface UnderWay {
  readonly from: number
  readonly to: number
  /** Name of the folder in the data folder. */
  readonly backup: string
}

export interface Formats {
  readonly current: number
  readonly migrations: readonly Migration[]
}

/** Before the database is opened. Throws `StoreError` where this version must not touch it. */
export async function checkFormat(data: string, found: number, formats: Formats): Promise<void> {
  const under = await readUnderWay(data)
  if (Math.max(found, under?.to ?? 0) > formats.current) {
    const how = under === undefined ? 'was written' : 'has begun to be migrated'
    const backup = under === undefined ? '' : `; as it was: ${join(data, under.backup)}`
    throw new StoreError(
      'data-format-newer',
      `${data} ${how} by a newer version of Tocsin${backup}`,
    )
  }
  stepsFrom(data, found, formats)
}

/** The way from one format to the next, each once and none left out. */
function stepsFrom(data: string, found: number, { current, migrations }: Formats): Migration[] {
  const steps = migrations.filter(({ to }) => to > found && to <= current)
  if (steps.length === current - found && steps.every(({ to }, i) => to === found + 1 + i)) {
    return steps
  }
  const message = `${data} is of format ${found}, which this version of Tocsin cannot migrate`
  throw new StoreError('data-format-older', message)
}

/** Answers the backup's folder, or undefined where there was nothing to do. */
export async function migrate(
  database: Database,
  data: string,
  formats: Formats,
): Promise<string | undefined> {
  const marker = (await readMarker(data))!
  const steps = stepsFrom(data, marker.format, formats)
  let under = await readUnderWay(data)
  if (steps.length > 0) {
    if (under?.from === marker.format) await copyBack(join(data, under.backup), database)
    under = await begin(database, data, under, { from: marker.format, to: formats.current })
    for (const step of steps) await step.run(database)
    // It was written of the rows as they were.
    await dropCheckpoint(data)
    await writeMarker(data, { ...marker, format: formats.current })
  }
  if (under === undefined) return undefined
  await rm(join(data, UNDER_WAY), { force: true })
  return join(data, under.backup)
}

/** A backup that is whole, and then a word that the rows are about to change. */
async function begin(
  database: Database,
  data: string,
  under: UnderWay | undefined,
  { from, to }: Omit<UnderWay, 'backup'>,
): Promise<UnderWay> {
  const backup = under?.from === from ? under.backup : await backUpAs(database, data, from)
  const next = { from, to, backup }
  await writeSmallFile(join(data, UNDER_WAY), `${JSON.stringify(next)}\n`)
  return next
}

async function backUpAs(database: Database, data: string, format: number): Promise<string> {
  const draft = join(data, DRAFT)
  await rm(draft, { recursive: true, force: true })
  try {
    await backUp(database, data, draft, { withKey: true })
  } catch (error) {
    // A disk that is full must not stay so because of what did not fit.
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  let number = 1
  while (existsSync(join(data, `backup-format-${format}-${number}`))) number++
  const name = `backup-format-${format}-${number}`
  await rename(draft, join(data, name))
  await syncFolder(data)
  return name
}

async function readUnderWay(data: string): Promise<UnderWay | undefined> {
  const text = await readSmallFile(join(data, UNDER_WAY))
  return text === undefined ? undefined : (JSON.parse(text) as UnderWay)
}
