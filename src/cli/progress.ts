/**
 * One line on a terminal that says how far long work is; nothing where there is no terminal. Where
 * it is known how much there is, a bar with the time left; else how much is done, or how long it
 * takes already.
 */
import type { Terminal } from './shell.js'

const EVERY_MS = 200
const BAR_CELLS = 20
/** Before that much is done, a time left is a guess. */
const FORESEEN_MIN = 0.02

export interface ProgressOptions {
  /** What is counted, as a word. */
  readonly of: string
  /** How much of the whole is done, from 0 to 1; undefined where the whole is not known. */
  readonly share?: () => number | undefined
}

export class Progress {
  readonly #stream: Terminal
  readonly #options: ProgressOptions
  readonly #startedAt = performance.now()
  #shownAt = 0
  #isShown = false

  constructor(stream: Terminal, options: ProgressOptions) {
    this.#stream = stream
    this.#options = options
  }

  show(count: number): void {
    const now = performance.now()
    if (now - this.#shownAt < EVERY_MS) return
    this.#shownAt = now
    const { of, share } = this.#options
    this.#write(progressText({ count, of, share: share?.(), tookMs: now - this.#startedAt }))
  }

  #write(text: string): void {
    if (this.#stream.isTTY !== true) return
    // A line that wraps could not be taken back.
    const room = (this.#stream.columns ?? 80) - 1
    this.#stream.write(`\r${text.slice(0, room)}\x1b[K`)
    this.#isShown = true
  }

  /** Work that says nothing until it is done: how long it takes already. */
  async during<Done>(work: Promise<Done>): Promise<Done> {
    const tell = () => {
      const seconds = Math.floor((performance.now() - this.#startedAt) / 1_000)
      if (seconds > 0) this.#write(`${this.#options.of} … ${timeText(seconds)}`)
    }
    const timer = setInterval(tell, EVERY_MS)
    try {
      return await work
    } finally {
      clearInterval(timer)
      this.end()
    }
  }

  /** Leaves the line to what comes next. */
  end(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K')
    this.#isShown = false
  }
}

export interface Far {
  readonly count: number
  readonly of: string
  readonly share: number | undefined
  readonly tookMs: number
}

export function progressText({ count, of, share, tookMs }: Far): string {
  const rate = `${count} ${of}, ${Math.round((count / Math.max(tookMs, 1)) * 1_000)}/s`
  if (share === undefined) return rate
  const done = Math.min(Math.max(share, 0), 1)
  const cells = Math.round(done * BAR_CELLS)
  const bar = '█'.repeat(cells) + '░'.repeat(BAR_CELLS - cells)
  const leftS = Math.ceil((tookMs * (1 - done)) / Math.max(done, FORESEEN_MIN) / 1_000)
  const left = done < FORESEEN_MIN ? '' : `, ${timeText(leftS)} left`
  return `${bar} ${String(Math.floor(done * 100)).padStart(3)} %  ${rate}${left}`
}

function timeText(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  if (minutes === 0) return `${seconds} s`
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
