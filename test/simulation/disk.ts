/**
 * A disk that outlives its node's program: the database and the high-water mark beside it. Each
 * run of the program gets a handle of its own; one whose run has ended does nothing any more, and
 * whoever waits for it waits for ever, as a killed program does. A crash takes back what was not
 * synced.
 */
import { MemoryLevel } from 'memory-level'
import type { Database } from '../../src/storage/database.js'

/** Between which two steps of a commit a run is killed. */
export const CRASH_POINTS = [
  'before-batch',
  'after-batch',
  'before-mark',
  'after-mark',
  'before-publish',
  'before-answer',
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** Of one run of the program: whether it still runs, and whether it dies at this very point. */
export interface Life {
  readonly alive: boolean
  passes(point: CrashPoint): boolean
}

interface Operation {
  readonly type: 'put' | 'del'
  readonly key: Buffer
  readonly value?: Buffer
}
/** What abstract-level asks of an implementation; its types leave it out. */
interface Inside {
  _batch(operations: readonly Operation[], options: { readonly sync?: boolean }): Promise<void>
  _clear(options: object): Promise<void>
  getSync(key: Buffer): Buffer | undefined
}
type Level = MemoryLevel<Buffer, Buffer>
type Entry = readonly [key: Buffer, value: Buffer]

export function never(): Promise<never> {
  return new Promise(() => undefined)
}

export class Disk {
  #level: Level = empty()
  /** Undoes, newest first, what was written since the last sync. */
  #undo: Operation[] = []
  #marked = 0
  #copy: readonly Entry[] = []
  #broken = false
  /** No space left. */
  full = false
  /** Says synced and is not: what honest disks never do. */
  lies = false

  /** The highest seq of our own that was about to be published. */
  get marked(): number {
    return this.#marked
  }

  /** Keeps a copy of the database, as an operator might outside of our tools. */
  async copy(): Promise<void> {
    this.#copy = await this.#entries()
  }

  /** Puts the copy in the database's place; false where there is none. The mark stays. */
  async putBack(): Promise<boolean> {
    if (this.#copy.length === 0) return false
    this.#undo = []
    this.#level = await filled(this.#copy)
    return true
  }

  async #entries(): Promise<readonly Entry[]> {
    await this.#level.open() // a run may have died while it reopened it
    return this.#level.iterator().all()
  }

  /** A database handle for one run; what it lost in the crash before is gone. */
  async open(life: Life): Promise<{ database: Database; reopen: () => Promise<Database> }> {
    const level = await filled(await this.#entries(), this.#undo)
    const inside = level as unknown as Inside
    this.#undo = []
    this.#broken = false
    this.#level = level
    this.#guard(inside, life)
    const database = level as unknown as Database
    const reopen = async () => {
      if (!life.alive) return never()
      await level.open()
      this.#broken = false
      return database
    }
    return { database, reopen }
  }

  /** The file with the highest seq of our own that was about to be published. */
  mark(life: Life): { readonly seq: number; write(seq: number): Promise<void> } {
    const seq = () => this.#marked
    return {
      get seq() {
        return seq()
      },
      write: (next) => {
        if (!life.passes('before-mark')) return never()
        this.#marked = next
        return life.passes('after-mark') ? Promise.resolve() : never()
      },
    }
  }

  #guard(inside: Inside, life: Life): void {
    const write = inside._batch.bind(inside)
    inside._batch = async (operations, options) => {
      if (!life.passes('before-batch')) return never()
      // As LevelDB: after one failed write all fail until it is opened again.
      if (this.full) this.#broken = true
      if (this.#broken) throw new Error('no space left on device')
      if (options.sync === true && !this.lies) this.#undo = []
      else this.#undo.unshift(...inverse(inside, operations))
      await write(operations, options)
      if (!life.passes('after-batch')) return never()
    }
    const clear = inside._clear.bind(inside)
    inside._clear = (options) => (life.alive ? clear(options) : never())
  }
}

function inverse(inside: Inside, operations: readonly Operation[]): Operation[] {
  return operations.map(({ key }) => {
    const value = inside.getSync(key)
    return value === undefined ? { type: 'del', key } : { type: 'put', key, value }
  })
}

async function filled(entries: readonly Entry[], undo: readonly Operation[] = []): Promise<Level> {
  const level = empty()
  const puts = entries.map(([key, value]) => ({ type: 'put', key, value }) as const)
  await (level as unknown as Inside)._batch([...puts, ...undo], { sync: true })
  return level
}

function empty(): Level {
  return new MemoryLevel({ keyEncoding: 'buffer', valueEncoding: 'buffer' })
}
