/**
 * A file or stdin as numbered lines, in bounded memory: a line that is too long is named, not held.
 */
import { createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { Lines } from '../core/lines.js'
import { Failure } from './failure.js'

export interface FileLine {
  /** From 1, as editors count. */
  readonly number: number
  /** Without its line end; undefined where it is too long. */
  readonly text: string | undefined
}

/** All lines, empty ones too. */
export async function* fileLines(source: AsyncIterable<Buffer>): AsyncGenerator<FileLine> {
  const lines = new Lines()
  for await (const chunk of source) {
    for (const { index, text } of lines.push(chunk)) yield { number: index + 1, text }
  }
  for (const { index, text } of lines.end()) yield { number: index + 1, text }
}

/** Bytes on their way, and how much of the file they are; of stdin nobody knows. */
export class FileBytes {
  readonly #path: string
  readonly #stdin: Readable
  readonly #size: number | undefined
  #read = 0

  constructor(path: string, stdin: Readable) {
    this.#path = path
    this.#stdin = stdin
    const found = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false })
    this.#size = found?.isFile() === true && found.size > 0 ? found.size : undefined
  }

  readonly share = (): number | undefined =>
    this.#size === undefined ? undefined : this.#read / this.#size

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for await (const chunk of bytesOfFile(this.#path, this.#stdin)) {
      this.#read += chunk.length
      yield chunk
    }
  }
}

/** The bytes of a file, or of stdin for `-`. */
export async function* bytesOfFile(path: string, stdin: Readable): AsyncGenerator<Buffer> {
  try {
    const stream = path === '-' ? stdin : createReadStream(path)
    for await (const chunk of stream) yield Buffer.from(chunk as Buffer)
  } catch (error) {
    throw new Failure('file-unreadable', `${path}: ${(error as Error).message}`)
  }
}
