/**
 * What was last made of each key that was asked about, five bytes a key: its action, and until when
 * it holds. Whoever fills it knows what an answer rests on and clears it all where that changes;
 * the index forgets a key's answer with every change of what is said about it.
 */
import { ACTION, type Action } from '../core/codes.js'
import { SECOND_MS } from '../core/limits.js'
import { grown } from './growth.js'

/** In a code: action + 1, and whether something took the key out of the evidence. */
const GUARDED = 8
const ROWS_MIN = 1_024

export interface KnownAnswer {
  readonly action: Action
  readonly guarded: boolean
}

const ANSWERS: readonly KnownAnswer[] = Array.from({ length: 2 * GUARDED }, (_, code) => {
  const action = ACTION.name((code & (GUARDED - 1)) - 1) ?? 'allow'
  return { action, guarded: (code & GUARDED) !== 0 }
})

export class AnswerMemo {
  #codes = new Uint8Array(0)
  /** In whole seconds, rounded down: in the last one it is worked out anew. */
  #ends = new Uint32Array(0)

  get(id: number, now: number): KnownAnswer | undefined {
    const code = this.#codes[id]
    if (code === undefined || code === 0 || now >= this.#ends[id]! * SECOND_MS) return undefined
    return ANSWERS[code]
  }

  put(id: number, { action, guarded }: KnownAnswer, endsMs: number): void {
    if (id >= this.#codes.length) {
      this.#codes = grown(this.#codes, Math.max(ROWS_MIN, id + 1))
      this.#ends = grown(this.#ends, Math.max(ROWS_MIN, id + 1))
    }
    this.#codes[id] = (ACTION.code(action) + 1) | (guarded ? GUARDED : 0)
    this.#ends[id] = Math.min(0xffff_ffff, Math.floor(endsMs / SECOND_MS))
  }

  forget(id: number): void {
    if (id < this.#codes.length) this.#codes[id] = 0
  }

  clear(): void {
    this.#codes.fill(0)
  }
}
