/**
 * Asks what look-ups answered from at a time gone by: finds the commit that was visible then and
 * reads the order of commits up to it.
 */
import type { FeedPage } from '../core/feed.js'
import { LIMITS, MINUTE_MS } from '../core/limits.js'
import type { Clock } from '../core/ports.js'
import type { Store } from '../core/store-port.js'
import { Past, type PastParts } from '../lookup/past.js'
import type { Lookup } from '../lookup/verdict.js'
import { Problem } from './problems.js'

/** Read and folded at once, so that look-ups of now have their turns in between. */
const PAGE_BYTES = 256 << 10
const KEPT_MS = MINUTE_MS

export interface HistoryParts extends PastParts {
  readonly readPage: Store['historyPage']
  readonly seenAt: Store['seenAt']
  readonly clock: Clock
}

export class History {
  readonly #parts: HistoryParts
  /** The last one that was asked for: questions about one day come together, mostly in order. */
  #past: Past | undefined
  #forgetting: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: HistoryParts) {
    this.#parts = parts
  }

  /**
   * The look-up as of `ms`. Throws `before-history` where that is older than what is kept (payloads
   * that had ended may be gone), or `StoreError` where rows cannot be read.
   */
  at(ms: number): Promise<Lookup> {
    const turn = this.#turn.then(() => this.#at(ms))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** What was committed after `after` and up to `to`, in order. */
  page(after: number, to: number, bytesMax: number): Promise<FeedPage> {
    return this.#parts.readPage(after, to, bytesMax)
  }

  /** For a while: it is as large as the state of now. */
  #keep(past: Past): void {
    this.#past = past
    clearTimeout(this.#forgetting)
    this.#forgetting = setTimeout(() => (this.#past = undefined), KEPT_MS).unref()
  }

  async #at(ms: number): Promise<Lookup> {
    const { state, readPage, seenAt, clock } = this.#parts
    if (ms < clock() - LIMITS.historyMs) throw new Problem('before-history')
    const { seen } = state
    const number = ms >= seen.atMs ? seen.number : (await seenAt(ms))?.number
    if (number === undefined) throw new Problem('before-history')
    const held = this.#past
    const isOfUse = held !== undefined && held.number <= number && held.forks === state.forks.size
    const past = isOfUse ? held : new Past(this.#parts)
    // One that a damaged row left half-way is not gone on from.
    this.#past = undefined
    while (past.number < number) past.take(await readPage(past.number, number, PAGE_BYTES))
    this.#keep(past)
    return past.lookup(ms)
  }
}
