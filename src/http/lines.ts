/** Bytes of a stream as lines, each within `LIMITS.lineBytesMax`: a longer one costs no memory. */
import { LIMITS } from '../core/limits.js'

export interface Line {
  /** From 0, empty lines counted. */
  readonly index: number
  /** Undefined where the line is too long. */
  readonly text: string | undefined
}

const NEWLINE = 0x0a

export class Lines {
  #parts: Buffer[] = []
  #bytes = 0
  #index = 0

  /** The lines that `chunk` completes; empty ones are passed over. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#gather(chunk.subarray(from, end))
      lines.push(...this.end())
      from = end + 1
    }
    this.#gather(chunk.subarray(from))
    return lines
  }

  /** The last line, where no newline ended it. */
  end(): Line[] {
    const index = this.#index++
    const isLong = this.#bytes > LIMITS.lineBytesMax
    const text = isLong ? undefined : Buffer.concat(this.#parts).toString('utf8').trim()
    this.#parts = []
    this.#bytes = 0
    return text === '' ? [] : [{ index, text }]
  }

  #gather(part: Buffer): void {
    this.#bytes += part.length
    if (this.#bytes <= LIMITS.lineBytesMax) this.#parts.push(part)
    else this.#parts = []
  }
}
