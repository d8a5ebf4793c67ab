/**
 * What a replica keeps on disk: the last good snapshot, as its node signed it, so that a gateway
 * starts without a network; and how far it had come, so that an older file, or a node that went
 * back, is noticed.
 */
import { open, readFile, mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatCursor, isBefore, parseCursor, type Cursor } from '../core/feed.js'

/** Cursors, and the node that they are of. */
export interface HighWater {
  /** A replica that was not told a key believes the first one it meets, and no other. */
  readonly node: string
  /** The highest place seen. */
  readonly seen: Cursor
  /** The place of the last snapshot that was kept. */
  readonly kept: Cursor | undefined
}

export class LastGood {
  readonly #folder: string
  #mark: HighWater | undefined

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(folder: string): Promise<LastGood> {
    const kept = new LastGood(folder)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    kept.#mark = readMark(await readIfThere(kept.#path('high-water')))
    return kept
  }

  get mark(): HighWater | undefined {
    return this.#mark
  }

  read(): Promise<Buffer | undefined> {
    return readIfThere(this.#path('snapshot'))
  }

  /** Whether a place is earlier than what was seen (or kept, of the file) already. */
  goesBack(cursor: Cursor, of: 'seen' | 'kept'): boolean {
    const mark = this.#mark?.[of]
    return mark !== undefined && isBefore(cursor, mark)
  }

  /** Takes note of a place; nothing is written where it is not further on. */
  async see(node: string, cursor: Cursor, force = false): Promise<void> {
    const held = this.#mark
    if (held !== undefined && !force && !isBefore(held.seen, cursor)) return
    await this.#write({ node, seen: cursor, kept: held?.kept })
  }

  /** The snapshot first: a mark that is behind it is harmless, one ahead of it would refuse it. */
  async keep(node: string, cursor: Cursor, chunks: readonly Uint8Array[]): Promise<void> {
    await writeWhole(this.#path('snapshot'), chunks)
    const seen = this.#mark?.seen
    const isLater = seen === undefined || isBefore(seen, cursor)
    await this.#write({ node, seen: isLater ? cursor : seen, kept: cursor })
  }

  async #write(mark: HighWater): Promise<void> {
    const { node, seen, kept } = mark
    const lines = [node, formatCursor(seen), kept === undefined ? '-' : formatCursor(kept)]
    await writeWhole(this.#path('high-water'), [Buffer.from(`${lines.join('\n')}\n`)])
    this.#mark = mark
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }
}

function readMark(text: Buffer | undefined): HighWater | undefined {
  const [node = '', seen = '', kept = ''] = text?.toString('utf8').split('\n') ?? []
  const cursor = parseCursor(seen)
  return cursor === undefined ? undefined : { node, seen: cursor, kept: parseCursor(kept) }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Readers, and a start after a crash, see the old content or the new. */
async function writeWhole(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  const file = await open(temporary, 'w', 0o600)
  try {
    for (const chunk of chunks) await file.writeFile(chunk)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
