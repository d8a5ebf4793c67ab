/**
 * Which reported addresses share an IPv6 /64, first ones first. A look-up regards a bounded number
 * of them, always the first in the order of their text, so that a crowded /64 makes look-ups no
 * slower and the answer does not depend on the order of arrival.
 */
import { LIMITS } from '../core/limits.js'

/** Refilled when half of it is used up: removing a crowd one by one stays cheap. */
const KEPT = 2 * LIMITS.neighboursMax

export class Neighbours {
  /** Sorted; everything in `#rest` comes after it. */
  readonly #first: string[] = []
  readonly #rest = new Set<string>()

  get isEmpty(): boolean {
    return this.#first.length === 0
  }

  first(): readonly string[] {
    return this.#first.slice(0, LIMITS.neighboursMax)
  }

  add(value: string): void {
    const last = this.#first.at(-1)
    if (this.#rest.size > 0 && last !== undefined && value > last) {
      this.#rest.add(value)
      return
    }
    const place = this.#first.findIndex((held) => held > value)
    this.#first.splice(place < 0 ? this.#first.length : place, 0, value)
    if (this.#first.length > KEPT) this.#rest.add(this.#first.pop()!)
  }

  remove(value: string): void {
    if (this.#rest.delete(value)) return
    const place = this.#first.indexOf(value)
    if (place >= 0) this.#first.splice(place, 1)
    if (this.#first.length >= LIMITS.neighboursMax || this.#rest.size === 0) return
    const next = [...this.#rest].sort().slice(0, KEPT - this.#first.length)
    for (const one of next) this.#rest.delete(one)
    this.#first.push(...next)
  }
}
