/**
 * One after another: for changes that read a list, decide and write it, where two at once would
 * lose one.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<Value>(step: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(step)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
