/**
 * One line on a terminal that says how far long work is; nothing where there is no terminal. Where
 * it is known how much there is, a bar with the time left; else how much is done, or how long it
 * takes already.
 */
import type { Far } from '../core/work.js'
import type { Terminal } from './shell.js'

const EVERY_MS = 200
const BAR_CELLS = 20
/** What is done sooner is not worth a line. */
const SHOWN_FROM_MS = 1_000
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

  /** Work that says nothing itself: how far it is, asked of `far`, or how long it takes. */
  async during<Done>(work: Promise<Done>, far?: () => Promise<Far | undefined>): Promise<Done> {
    let isAsking = false
    let isOver = false
    const tell = async () => {
      const tookMs = performance.now() - this.#startedAt
      if (isAsking || tookMs < SHOWN_FROM_MS || this.#stream.isTTY !== true) return
      isAsking = true
      const at = await far?.().catch(() => undefined)
      isAsking = false
      if (!isOver) this.#write(workText(this.#options.of, at, tookMs))
    }
    const timer = setInterval(() => void tell(), EVERY_MS)
    try {
      return await work
    } finally {
      isOver = true
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

function workText(what: string, at: Far | undefined, tookMs: number): string {
  if (at === undefined) return `${what} … ${timeText(Math.floor(tookMs / 1_000))}`
  const share = at.of === undefined || at.of === 0 ? undefined : at.rows / at.of
  return `${what} ${progressText({ count: at.rows, of: 'rows', share, tookMs })}`
}

export interface Shown {
  readonly count: number
  readonly of: string
  readonly share: number | undefined
  readonly tookMs: number
}

export function progressText({ count, of, share, tookMs }: Shown): string {
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
