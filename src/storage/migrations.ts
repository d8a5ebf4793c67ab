/**
 * Every change of the rows' format, one entry each, in order: what `database.ts` runs on a folder
 * that an older version wrote. An entry is never changed once it has been released. There is none
 * yet: format 1 is the first.
 */
import type { Database } from './database.js'

export interface Migration {
  /** The format that it makes, out of the one before. */
  readonly to: number
  /** Runs on a database that nobody else has open; what it leaves half done is never read. */
  readonly run: (database: Database) => Promise<void>
}

export const MIGRATIONS: readonly Migration[] = []
