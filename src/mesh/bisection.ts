/**
 * Where two histories of one log part: they agree up to a number and differ from there on, so the
 * first envelope that differs is found in log2 of the length. Pure; who asks is `catch-up-wants`.
 */
export class Bisection {
  #low: number
  #high: number
  /** The lowest number found to differ. */
  #found = Infinity

  /** The histories are alike before `low`; if they differ anywhere, they do at `high`. */
  constructor(low: number, high: number) {
    this.#low = low
    this.#high = high
  }

  /** The number to compare next; undefined when there is nothing left to ask. */
  get probe(): number | undefined {
    if (this.#low > this.#high || this.#found === this.#low) return undefined
    return this.#low + Math.floor((this.#high - this.#low) / 2)
  }

  answer(differs: boolean): void {
    const { probe } = this
    if (probe === undefined) return
    if (differs) this.#found = this.#high = probe
    else this.#low = probe + 1
  }
}
