/**
 * What was last made of each key that was asked about, twelve bytes a key: its action, when that
 * could first weaken, and until when the answer holds. Whoever fills it knows what an answer rests
 * on and clears it all where that changes; the index forgets a key's answer with every change of
 * what is said about it.
 */
import { ACTION, type Action } from '../core/codes.js'
import { SECOND_MS } from '../core/limits.js'

/** In a code: action + 1, and whether something took the key out of the evidence. */
const GUARDED = 8
const MS_SHIFT = 4
const PAGE_BITS = 10
const ROW_MASK = (1 << PAGE_BITS) - 1
/** Words of a row, side by side: what it answers, when that weakens, until when it holds. */
const WIDTH = 3
/** In seconds: beyond everything that is said. */
const NEVER = 0xffff_ffff

export interface KnownAnswer {
  readonly action: Action
  readonly guarded: boolean
  /** When the action could first weaken; milliseconds, Infinity where nothing acts. */
  readonly endsMs: number
}

export class AnswerMemo {
  /**
   * Each is made when the first of its keys is asked about; nothing is copied to grow, so no slack.
   * A row is the code with the milliseconds of the second word, which is in whole seconds, and the
   * end in whole seconds, rounded down: in the last one it is worked out anew.
   */
  #pages: (Uint32Array | undefined)[] = []

  get(id: number, now: number): KnownAnswer | undefined {
    const page = this.#pages[id >>> PAGE_BITS]
    if (page === undefined) return undefined
    const at = (id & ROW_MASK) * WIDTH
    const word = page[at]!
    if (word === 0 || now >= page[at + 2]! * SECOND_MS) return undefined
    const seconds = page[at + 1]!
    return {
      action: ACTION.names[(word & (GUARDED - 1)) - 1]!,
      guarded: (word & GUARDED) !== 0,
      endsMs: seconds === NEVER ? Infinity : seconds * SECOND_MS + (word >> MS_SHIFT),
    }
  }

  put(id: number, { action, guarded, endsMs }: KnownAnswer, holdsMs: number): void {
    // Never sparse, which would make it a slow one.
    while (this.#pages.length <= id >>> PAGE_BITS) this.#pages.push(undefined)
    const page = (this.#pages[id >>> PAGE_BITS] ??= new Uint32Array(WIDTH << PAGE_BITS))
    const at = (id & ROW_MASK) * WIDTH
    const ms = endsMs === Infinity ? 0 : endsMs % SECOND_MS
    page[at] = (ms << MS_SHIFT) | (guarded ? GUARDED : 0) | (ACTION.code(action) + 1)
    page[at + 1] = Math.min(NEVER, Math.floor(endsMs / SECOND_MS))
    page[at + 2] = Math.min(NEVER, Math.floor(holdsMs / SECOND_MS))
  }

  forget(id: number): void {
    const page = this.#pages[id >>> PAGE_BITS]
    if (page !== undefined) page[(id & ROW_MASK) * WIDTH] = 0
  }

  clear(): void {
    this.#pages = []
  }
}
