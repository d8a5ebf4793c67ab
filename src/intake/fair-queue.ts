/**
 * What waits to be examined, so that nobody waits for somebody else's flood: those who forward take
 * turns, and of one forwarder the authors do. Who the author is cannot be believed before the
 * signature has been checked, so a name may delay only what the same forwarder brings.
 */

/** What an item costs beside its bytes. */
const ITEM_BYTES = 1_024

interface Lane<T> {
  readonly authors: Map<string, { readonly item: T; readonly bytes: number }[]>
  bytes: number
}

export class FairQueue<T> {
  readonly #bytesMax: number
  /** The first one is next. */
  readonly #lanes = new Map<string, Lane<T>>()
  #size = 0

  /** Of all that wait; a forwarder has as much of it as there are others. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#size
  }

  /** False where the forwarder has its share waiting already. */
  push(from: string, author: string, item: T, bytes: number): boolean {
    const lane = this.#lanes.get(from) ?? { authors: new Map(), bytes: 0 }
    const share = this.#bytesMax / (this.#lanes.size + (this.#lanes.has(from) ? 0 : 1))
    const cost = bytes + ITEM_BYTES
    if (lane.bytes + cost > share) return false
    lane.bytes += cost
    const queue = lane.authors.get(author)
    if (queue === undefined) lane.authors.set(author, [{ item, bytes: cost }])
    else queue.push({ item, bytes: cost })
    this.#lanes.set(from, lane)
    this.#size++
    return true
  }

  /** The next in turn. */
  shift(): T | undefined {
    for (const [from, lane] of this.#lanes) {
      for (const [author, queue] of lane.authors) {
        const { item, bytes } = queue.shift()!
        lane.bytes -= bytes
        // Whoever had a turn goes to the end.
        lane.authors.delete(author)
        if (queue.length > 0) lane.authors.set(author, queue)
        this.#lanes.delete(from)
        if (lane.authors.size > 0) this.#lanes.set(from, lane)
        this.#size--
        return item
      }
    }
    return undefined
  }
}
