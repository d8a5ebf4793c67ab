/**
 * What was last made of each key that was asked about, ten bytes a key: its action, when that
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
/** Halves of words, side by side: what it answers, when that weakens, how long it holds. */
const WIDTH = 5
const HALF = 16
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
   * A row is the code with the milliseconds of when it weakens, the seconds of that, and its end in
   * whole seconds, rounded down: in the last one it is worked out anew.
   */
  #pages: (Uint16Array | undefined)[] = []

  get(id: number, now: number): KnownAnswer | undefined {
    const page = this.#pages[id >>> PAGE_BITS]
    if (page === undefined) return undefined
    const at = (id & ROW_MASK) * WIDTH
    const code = page[at]!
    if (code === 0 || now >= wordAt(page, at + 3) * SECOND_MS) return undefined
    const seconds = wordAt(page, at + 1)
    return {
      action: ACTION.names[(code & (GUARDED - 1)) - 1]!,
      guarded: (code & GUARDED) !== 0,
      endsMs: seconds === NEVER ? Infinity : seconds * SECOND_MS + (code >> MS_SHIFT),
    }
  }

  put(id: number, { action, guarded, endsMs }: KnownAnswer, holdsMs: number): void {
    // Never sparse, which would make it a slow one.
    while (this.#pages.length <= id >>> PAGE_BITS) this.#pages.push(undefined)
    const page = (this.#pages[id >>> PAGE_BITS] ??= new Uint16Array(WIDTH << PAGE_BITS))
    const at = (id & ROW_MASK) * WIDTH
    const ms = endsMs === Infinity ? 0 : endsMs % SECOND_MS
    page[at] = (ms << MS_SHIFT) | (guarded ? GUARDED : 0) | (ACTION.code(action) + 1)
    writeWord(page, at + 1, Math.min(NEVER, Math.floor(endsMs / SECOND_MS)))
    writeWord(page, at + 3, Math.min(NEVER, Math.floor(holdsMs / SECOND_MS)))
  }

  forget(id: number): void {
    const page = this.#pages[id >>> PAGE_BITS]
    if (page !== undefined) page[(id & ROW_MASK) * WIDTH] = 0
  }

  clear(): void {
    this.#pages = []
  }
}

function wordAt(page: Uint16Array, at: number): number {
  return ((page[at + 1]! << HALF) | page[at]!) >>> 0
}

function writeWord(page: Uint16Array, at: number, word: number): void {
  page[at] = word
  page[at + 1] = word >>> HALF
}
