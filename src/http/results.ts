/**
 * What became of the items of a request, counted and listed. Up to `LISTED_MAX` every item is in
 * the list; beyond, only counts grow, and of what was not accepted the first are kept: a stream of
 * any length is answered from bounded memory.
 */
import { INPUT_CODES, type InputCode } from '../core/outcome.js'
import type { ItemResult } from '../core/ports.js'

export interface ListedResult extends ItemResult {
  /** Place in the request, from 0; of a stream, its line. */
  readonly index: number
}

export interface ResultsBody {
  readonly accepted: number
  readonly duplicate: number
  readonly refused: number
  readonly results: readonly ListedResult[]
  /** Results that are counted but not listed. */
  readonly omitted?: number
}

const LISTED_MAX = 10_000

export class Results {
  readonly #counts = { accepted: 0, duplicate: 0, refused: 0 }
  #listed: ListedResult[] = []
  #omitted = 0
  #onlyRefused = false

  add(index: number, result: ItemResult): void {
    this.#counts[result.status]++
    if (this.#listed.length >= LISTED_MAX && !this.#onlyRefused) this.#keepRefused()
    const wanted = !this.#onlyRefused || result.status === 'refused'
    if (!wanted || this.#listed.length >= LISTED_MAX) this.#omitted++
    else this.#listed.push({ index, ...withText(result) })
  }

  refuse(index: number, code: InputCode, detail?: string): void {
    this.add(index, { status: 'refused', code, ...(detail === undefined ? {} : { detail }) })
  }

  #keepRefused(): void {
    this.#onlyRefused = true
    const kept = this.#listed.filter((result) => result.status === 'refused')
    this.#omitted += this.#listed.length - kept.length
    this.#listed = kept
  }

  get status(): 200 | 201 {
    return this.#counts.accepted > 0 ? 201 : 200
  }

  body(): ResultsBody {
    const results = this.#listed.sort((a, b) => a.index - b.index)
    return { ...this.#counts, results, ...(this.#omitted > 0 ? { omitted: this.#omitted } : {}) }
  }
}

function withText(result: ItemResult): ItemResult {
  if (result.code === undefined || result.detail !== undefined) return result
  return { ...result, detail: INPUT_CODES[result.code] }
}
