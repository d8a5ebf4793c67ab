/** What became of a file's lines: the first that were not accepted, and the counts. */
import type { Counts, LineResult } from './bulk.js'
import type { Shell } from './shell.js'

const SHOWN_MAX = 20

/** Lines that were not accepted: the first of each kind for people, all of them as JSON. */
export class Listing {
  readonly #shell: Shell
  readonly #noun: string
  readonly #shown = { guarded: [] as LineResult[], refused: [] as LineResult[] }

  /** `noun`: what the numbers count. */
  constructor(shell: Shell, noun = 'line') {
    this.#shell = shell
    this.#noun = noun
  }

  add(result: LineResult): void {
    if (this.#shell.json) return this.#shell.print(JSON.stringify(result))
    if (result.status === 'duplicate') return
    // Chunks are answered out of order, and the first lines are the ones to keep.
    const shown = this.#shown[result.status]
    shown.push(result)
    shown.sort((a, b) => a.line - b.line)
    shown.length = Math.min(shown.length, SHOWN_MAX)
  }

  end(counts: Counts): void {
    if (this.#shell.json) return this.#shell.print(JSON.stringify(counts))
    for (const kind of ['guarded', 'refused'] as const) {
      for (const { line, code, detail } of this.#shown[kind]) {
        const why = detail === undefined ? '' : `: ${detail}`
        this.#shell.note(`${this.#noun} ${line}: ${code}${why}`)
      }
      const more = counts[kind] - this.#shown[kind].length
      if (more > 0) this.#shell.note(`… and ${more} more ${kind}; --json lists all`)
    }
    const { accepted, duplicate, guarded, refused } = counts
    this.#shell.print(
      `accepted ${accepted}, duplicate ${duplicate}, guarded ${guarded}, refused ${refused}`,
    )
  }
}
