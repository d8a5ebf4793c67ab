/**
 * The file beside the database that spares a start the reading of all claim rows: bytes, and at the
 * end their SHA-256. It is no truth: whoever reads it holds it against the database.
 */
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from './small-file.js'

const NAME = 'checkpoint'
const UNFINISHED = /^checkpoint\.\d+\.tmp$/
const SUM_BYTES = 32
/** Written and read at once, so that a table of many small parts is not many calls. */
const PIECE_BYTES = 8 << 20

/** Readers see the old one or the new. Throws `StoreError`. */
export async function writeCheckpoint(data: string, chunks: Iterable<Uint8Array>): Promise<number> {
  let bytes = 0
  await dropUnfinished(data)
  await writeWhole(join(data, NAME), async (file) => {
    const sum = createHash('sha256')
    let gathered: Uint8Array[] = []
    let size = 0
    const flush = async (): Promise<void> => {
      await writeAll(file, Buffer.concat(gathered))
      gathered = []
      size = 0
    }
    for (const piece of pieces(chunks)) {
      sum.update(piece)
      bytes += piece.length
      gathered.push(piece)
      if ((size += piece.length) >= PIECE_BYTES) await flush()
    }
    gathered.push(sum.digest())
    await flush()
  })
  return bytes
}

export async function dropCheckpoint(data: string): Promise<void> {
  await rm(join(data, NAME), { force: true })
}

/** What a crash has left of one; a disk that does not even tell is met when it is written to. */
async function dropUnfinished(data: string): Promise<void> {
  const names = await readdir(data).catch(() => [])
  for (const name of names) {
    if (UNFINISHED.test(name)) await rm(join(data, name), { force: true }).catch(() => undefined)
  }
}

function* pieces(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield chunk.subarray(at, at + PIECE_BYTES)
    }
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
}

/**
 * A checkpoint that is being read, in order; blocking, as nothing runs yet when a node starts. One
 * that cannot be read is as if there were none: a start does not rest on it.
 */
export class CheckpointFile {
  readonly length: number
  readonly #file: number
  readonly #sum = createHash('sha256')
  #at = 0
  #isBroken = false

  private constructor(file: number) {
    this.#file = file
    this.length = Math.max(0, fstatSync(file).size - SUM_BYTES)
  }

  static open(data: string): CheckpointFile | undefined {
    try {
      return new CheckpointFile(openSync(join(data, NAME), 'r'))
    } catch {
      return undefined
    }
  }

  fill(bytes: Uint8Array): void {
    this.#read(bytes)
    this.#sum.update(bytes)
  }

  /** Whether what was read, which is all, is what was written; ends the reading. */
  isWhole(): boolean {
    const sum = Buffer.alloc(SUM_BYTES)
    if (this.#at === this.length) this.#read(sum)
    closeSync(this.#file)
    return !this.#isBroken && sum.equals(this.#sum.digest())
  }

  #read(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const length = Math.min(PIECE_BYTES, bytes.length - done)
      const read = this.#some(bytes, done, length)
      if (read === 0) return
      done += read
      this.#at += read
    }
  }

  #some(bytes: Uint8Array, at: number, length: number): number {
    try {
      return readSync(this.#file, bytes, at, length, this.#at)
    } catch {
      this.#isBroken = true
      return 0
    }
  }
}
