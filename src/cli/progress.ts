/** One line on a terminal that says how far long work is; nothing where there is no terminal. */
import type { Writable } from 'node:stream'

const EVERY_MS = 200

export class Progress {
  readonly #stream: Writable & { readonly isTTY?: boolean }
  readonly #startedAt = performance.now()
  #shownAt = 0
  #isShown = false

  constructor(stream: Writable & { readonly isTTY?: boolean }) {
    this.#stream = stream
  }

  show(lines: number): void {
    const now = performance.now()
    if (this.#stream.isTTY !== true || now - this.#shownAt < EVERY_MS) return
    const perSecond = Math.round((lines / (now - this.#startedAt)) * 1_000)
    this.#stream.write(`\r${lines} lines, ${perSecond}/s\x1b[K`)
    this.#shownAt = now
    this.#isShown = true
  }

  /** Leaves the line to what comes next. */
  end(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K')
    this.#isShown = false
  }
}
