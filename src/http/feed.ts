/**
 * A node's change feed as followers ask for it: where it is, pages from a place on, signed marks,
 * and the whole state at one place. One mechanism behind the snapshot, the stream of changes, and
 * whatever has to know what changed since it last looked.
 */
import { createHash } from 'node:crypto'
import type { Cursor, FeedPage } from '../core/feed.js'
import { dayOf } from '../core/heads.js'
import { SECOND_MS } from '../core/limits.js'
import { sealMark, type Freshness } from '../core/mark.js'
import type { Clock } from '../core/ports.js'
import { StoreError, type Store } from '../core/store-port.js'
import { policyHash } from '../policy/rules.js'
import { contextHash, type Context } from '../lookup/context.js'
import type { LiveState } from '../lookup/live-state.js'
import { sealSnapshot, type Snapshot } from '../lookup/snapshot.js'

export interface FeedParts {
  readonly state: LiveState
  readonly readPage: Store['feedPage']
  /** Names this life of the database: the first part of every epoch. */
  readonly life: string
  readonly seed: Uint8Array
  readonly context: () => Context
  readonly freshness: () => Freshness
  readonly clock: Clock
}

/** Payloads of one page; a follower that is far behind asks again. */
const PAGE_BYTES = 512 << 10
/** A mark costs a signature and a sum over all authors: not one for every change of a busy node. */
const MARK_MS = SECOND_MS / 4
/** An interrupted download goes on from the same bytes for so long. */
const SNAPSHOT_KEPT_MS = 60 * SECOND_MS

export class Feed {
  readonly #parts: FeedParts
  #forks = { places: '-', hash: '' }
  #mark: { readonly text: string; readonly tick: number; readonly number: number } | undefined
  #snapshot: Snapshot | undefined
  #forget: NodeJS.Timeout | undefined
  #context: { readonly hash: string; readonly of: Context } | undefined

  constructor(parts: FeedParts) {
    this.#parts = parts
  }

  get cursor(): Cursor {
    return { epoch: `${this.#parts.life}-${this.#forksHash}`, number: this.#parts.state.number }
  }

  /** Claims that a fork took back are in no page: each fork begins another epoch. */
  get #forksHash(): string {
    const { forks } = this.#parts.state
    const places = [...forks.values()].map(({ author, seq }) => `${author}:${seq}`)
    const text = places.sort().join()
    if (text !== this.#forks.places) {
      const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
      this.#forks = { places: text, hash }
    }
    return this.#forks.hash
  }

  /** With its hash, by which a follower knows whether it has it already. */
  get context(): { readonly hash: string; readonly of: Context } {
    const of = { ...this.#parts.context() }
    const held = this.#context?.of
    // Followers ask fifty times a second, and only these two ever change.
    const isSame = held?.policy === of.policy && held.addresses.join() === of.addresses.join()
    if (this.#context === undefined || !isSame) this.#context = { hash: contextHash(of), of }
    return this.#context
  }

  /**
   * What comes after a place; undefined where it cannot be gone on from: another epoch, a place
   * that is still to come, or rows that cannot be read.
   */
  async page({ epoch, number }: Cursor): Promise<FeedPage | undefined> {
    const { state, readPage } = this.#parts
    const here = this.cursor
    if (epoch !== here.epoch || number > here.number) return undefined
    if (number === here.number) return { after: number, number, rows: [] }
    try {
      const page = await readPage(number, here.number, PAGE_BYTES)
      // A log may have turned out to have forked while the page was read.
      return this.cursor.epoch === epoch && page.number <= state.number ? page : undefined
    } catch (error) {
      if (error instanceof StoreError && error.code === 'row-damaged') return undefined
      throw error
    }
  }

  /** A signed mark of this moment; at most `MARK_MS` old. */
  mark(): { readonly text: string; readonly number: number } {
    const tick = performance.now()
    if (this.#mark === undefined || tick - this.#mark.tick >= MARK_MS) {
      const { number } = this.cursor
      this.#mark = { text: this.#sealed(this.#parts.clock()), tick, number }
    }
    return this.#mark
  }

  #sealed(now: number): string {
    const { state, seed, freshness, context } = this.#parts
    const { networkId, own, policy } = context()
    const day = dayOf(now)
    return sealMark(
      {
        ...this.cursor,
        networkId,
        author: own,
        day,
        stateHash: state.sums.stateHash(day),
        policy: policyHash(policy),
        freshness: freshness(),
        time: now,
      },
      seed,
    )
  }

  /** The whole state as of one number. The same bytes again for a while, so that it can resume. */
  snapshot(etag?: string): Snapshot {
    clearTimeout(this.#forget)
    this.#forget = setTimeout(() => (this.#snapshot = undefined), SNAPSHOT_KEPT_MS).unref()
    const held = this.#snapshot
    if (held !== undefined && held.etag === etag) return held
    const { state, clock } = this.#parts
    const now = clock()
    const header = { mark: this.#sealed(now), context: this.#parts.context() }
    return (this.#snapshot = sealSnapshot(state, this.cursor, header))
  }
}
