/**
 * A file or stdin as numbered lines, in bounded memory: a line that is too long is named, not held.
 */
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { LIMITS } from '../core/limits.js'
import { Failure } from './failure.js'

export interface FileLine {
  /** From 1, as editors count. */
  readonly number: number
  /** Without its line end; undefined where it is too long. */
  readonly text: string | undefined
}

const NEWLINE = 0x0a
const BYTE_ORDER_MARK = '\ufeff'

/** All lines, empty ones too. */
export async function* fileLines(source: AsyncIterable<Buffer>): AsyncGenerator<FileLine> {
  let number = 0
  let parts: Buffer[] = []
  let bytes = 0
  const gather = (part: Buffer) => {
    bytes += part.length
    if (bytes <= LIMITS.lineBytesMax) parts.push(part)
    else parts = []
  }
  const finish = (): FileLine => {
    let text = bytes > LIMITS.lineBytesMax ? undefined : Buffer.concat(parts).toString('utf8')
    if (number === 0 && text?.startsWith(BYTE_ORDER_MARK) === true) text = text.slice(1)
    if (text?.endsWith('\r') === true) text = text.slice(0, -1)
    parts = []
    bytes = 0
    return { number: ++number, text }
  }
  for await (const chunk of source) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      gather(chunk.subarray(from, end))
      yield finish()
      from = end + 1
    }
    gather(chunk.subarray(from))
  }
  if (bytes > 0) yield finish()
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
