/**
 * How long something took, by fixed bounds, as Prometheus wants a histogram: whoever reads it twice
 * can take one from the other. Of fixed size.
 */
import { SECOND_MS } from './limits.js'

export interface DurationsRead {
  /** Each count has those below it in it; the last bound is infinite. */
  readonly buckets: readonly { readonly seconds: number; readonly count: number }[]
  readonly sumSeconds: number
  readonly count: number
}

export class Durations {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sumMs = 0

  /** In seconds, rising. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  note(ms: number, count = 1): void {
    const bound = this.#bounds.findIndex((seconds) => ms <= seconds * SECOND_MS)
    this.#counts[bound < 0 ? this.#bounds.length : bound]! += count
    this.#sumMs += ms * count
  }

  read(): DurationsRead {
    let count = 0
    const buckets = [...this.#bounds, Infinity].map((seconds, bound) => {
      count += this.#counts[bound]!
      return { seconds, count }
    })
    return { buckets, sumSeconds: this.#sumMs / SECOND_MS, count }
  }
}
