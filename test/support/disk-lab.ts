/**
 * One lab without network on a folder of the real disk, put together as a node is: LevelDB that can
 * be reopened, the high-water mark beside it, claims made anew where they are in doubt. The clock
 * is the machine's.
 */
import { join } from 'node:path'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import type { Publish } from '../../src/core/ports.js'
import { openDatabase } from '../../src/storage/database.js'
import { checkTables } from '../../src/storage/table-check.js'
import { LevelStore } from '../../src/storage/level-store.js'
import { HighWater, makeDataFolder } from '../../src/storage/small-file.js'
import { openLab, type Lab } from './lab.js'

/** The shape of a lab's clock, read from the machine. */
export const WALL = {
  get now() {
    return Date.now()
  },
}

export type DiskLab = Lab & { close(): Promise<void> }

/** Throws what a node would refuse to start with. */
export async function openDiskLab(
  data: string,
  name: string,
  publish?: Publish,
  time: { now: number } = WALL,
): Promise<DiskLab> {
  await makeDataFolder(data)
  const open = () => openDatabase(data, OPEN_FEDERATION.networkId)
  const store = new LevelStore(await open(), () => time.now, open)
  try {
    const mark = await HighWater.read(data)
    const { mustAsk } = mark
    const tables = () => checkTables(join(data, 'db'))
    const options = { store, mark, mustAsk, time, tables, ...(publish && { publish }) }
    const lab = await openLab(name, options)
    if (lab.doubt !== undefined) await lab.upkeep.rebuild()
    const close = async () => {
      await lab.voice.stop()
      await lab.writer.stop()
      await store.close()
    }
    return { ...lab, close }
  } catch (error) {
    await store.close()
    throw error
  }
}
