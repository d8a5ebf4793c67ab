/**
 * Bytes that come in pieces, as lines within `LIMITS.lineBytesMax`: a longer one costs no memory.
 */
import { LIMITS } from './limits.js'

export interface Line {
  /** From 0, empty lines counted. */
  readonly index: number
  /** Without its line end; undefined where the line is too long. */
  readonly text: string | undefined
}

const NEWLINE = 0x0a
const BYTE_ORDER_MARK = '\ufeff'

export class Lines {
  #parts: Buffer[] = []
  #bytes = 0
  #index = 0

  /** The lines that `chunk` completes, empty ones too. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#gather(chunk.subarray(from, end))
      lines.push(this.#finish())
      from = end + 1
    }
    this.#gather(chunk.subarray(from))
    return lines
  }

  /** The last line, where no newline ended it. */
  end(): Line[] {
    return this.#bytes > 0 ? [this.#finish()] : []
  }

  #gather(part: Buffer): void {
    this.#bytes += part.length
    if (this.#bytes <= LIMITS.lineBytesMax) this.#parts.push(part)
    else this.#parts = []
  }

  #finish(): Line {
    const isLong = this.#bytes > LIMITS.lineBytesMax
    let text = isLong ? undefined : Buffer.concat(this.#parts).toString('utf8')
    if (this.#index === 0 && text?.startsWith(BYTE_ORDER_MARK) === true) text = text.slice(1)
    if (text?.endsWith('\r') === true) text = text.slice(0, -1)
    this.#parts = []
    this.#bytes = 0
    return { index: this.#index++, text }
  }
}
