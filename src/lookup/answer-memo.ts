/**
 * What was last made of each key that was asked about, eleven bytes a key: its action, when that
 * could first weaken, and until when the answer holds. Whoever fills it knows what an answer rests
 * on and clears it all where that changes; the index forgets a key's answer with every change of
 * what is said about it.
 */
import { ACTION, type Action } from '../core/codes.js'
import { SECOND_MS } from '../core/limits.js'

/** In a code: action + 1, and whether something took the key out of the evidence. */
const GUARDED = 8
const PAGE_BITS = 10
const PAGE_ROWS = 1 << PAGE_BITS
const ROW_MASK = PAGE_ROWS - 1
/** In seconds: beyond everything that is said. */
const NEVER = 0xffff_ffff

export interface KnownAnswer {
  readonly action: Action
  readonly guarded: boolean
  /** When the action could first weaken; milliseconds, Infinity where nothing acts. */
  readonly endsMs: number
}

/** Made when the first of its keys is asked about; nothing is copied to grow, so no slack. */
class Page {
  readonly codes = new Uint8Array(PAGE_ROWS)
  /** Whole seconds and milliseconds. */
  readonly weakens = new Uint32Array(PAGE_ROWS)
  readonly weakensMs = new Uint16Array(PAGE_ROWS)
  /** In whole seconds, rounded down: in the last one it is worked out anew. */
  readonly ends = new Uint32Array(PAGE_ROWS)
}

export class AnswerMemo {
  #pages: (Page | undefined)[] = []

  get(id: number, now: number): KnownAnswer | undefined {
    const page = this.#pages[id >>> PAGE_BITS]
    if (page === undefined) return undefined
    const row = id & ROW_MASK
    const code = page.codes[row]!
    if (code === 0 || now >= page.ends[row]! * SECOND_MS) return undefined
    return {
      action: ACTION.names[(code & (GUARDED - 1)) - 1]!,
      guarded: (code & GUARDED) !== 0,
      endsMs: page.weakens[row] === NEVER ? Infinity : weakensAt(page, row),
    }
  }

  put(id: number, { action, guarded, endsMs }: KnownAnswer, holdsMs: number): void {
    // Never sparse, which would make it a slow one.
    while (this.#pages.length <= id >>> PAGE_BITS) this.#pages.push(undefined)
    const page = (this.#pages[id >>> PAGE_BITS] ??= new Page())
    const row = id & ROW_MASK
    page.codes[row] = (ACTION.code(action) + 1) | (guarded ? GUARDED : 0)
    page.weakens[row] = Math.min(NEVER, Math.floor(endsMs / SECOND_MS))
    page.weakensMs[row] = endsMs === Infinity ? 0 : endsMs % SECOND_MS
    page.ends[row] = Math.min(NEVER, Math.floor(holdsMs / SECOND_MS))
  }

  forget(id: number): void {
    const page = this.#pages[id >>> PAGE_BITS]
    if (page !== undefined) page.codes[id & ROW_MASK] = 0
  }

  clear(): void {
    this.#pages = []
  }
}

function weakensAt({ weakens, weakensMs }: Page, row: number): number {
  return weakens[row]! * SECOND_MS + weakensMs[row]!
}
