/**
 * What a request with an idempotency key was answered with, small enough to keep for a day: one
 * mark per item (the place of its envelope, or a code) and the envelopes' ids. Type and value are
 * the request's own and are made anew when it is repeated.
 *
 * A request may hold one customer's address and nothing else: its hash, and that of a key made of
 * it, are kept under a secret of this node, or a copy of the folder would tell who it was.
 */
import { createHmac } from 'node:crypto'
import { typeOf } from '../core/indicator.js'
import type { EnvelopeId } from '../core/identity.js'
import type { ReadValue } from '../core/key-ring.js'
import { LIMITS } from '../core/limits.js'
import type { InputCode } from '../core/outcome.js'
import type { ItemResult } from '../core/ports.js'
import type { Receipt, Store } from '../core/store-port.js'
import type { Ask } from './round.js'

interface Answer {
  /** Of the request's items: a key that comes back with others is a mistake of the caller. */
  readonly request: string
  readonly envelopes: readonly EnvelopeId[]
  /** Per item: place in `envelopes` if accepted, −1 − place if duplicate, else the code. */
  readonly marks: readonly (number | InputCode)[]
}

export interface ReceiptBookParts {
  /** This node's own secret, in hex. */
  readonly secret: string
  readonly read: ReadValue
  readonly store: Pick<Store, 'receipt'>
}

export class ReceiptBook {
  readonly #parts: ReceiptBookParts

  constructor(parts: ReceiptBookParts) {
    this.#parts = parts
  }

  /**
   * The results as they were given; undefined where the key is new, `mismatch` where it was used
   * for another request.
   */
  async find(
    key: string,
    asks: readonly Ask[],
    now: number,
  ): Promise<ItemResult[] | 'mismatch' | undefined> {
    const held = await this.#parts.store.receipt(this.#hash('key', key))
    if (held === undefined || held.expiresMs <= now) return undefined
    const { request, envelopes, marks } = JSON.parse(held.answer) as Answer
    if (request !== this.#requestHash(asks)) return 'mismatch'
    return asks.map(({ item }, i) => {
      const mark = marks[i]!
      const read = this.#parts.read(item.type, item.value)
      const named = read.ok ? { type: typeOf(read.value.type).name, value: read.value.value } : {}
      if (typeof mark === 'string') return { status: 'refused', code: mark, ...named }
      const envelope = envelopes[mark >= 0 ? mark : -1 - mark]!
      return { status: mark >= 0 ? 'accepted' : 'duplicate', ...named, envelope }
    })
  }

  make(key: string, asks: readonly Ask[], results: readonly ItemResult[], now: number): Receipt {
    const envelopes: EnvelopeId[] = []
    const places = new Map<EnvelopeId, number>()
    const marks = results.map((result) => {
      if (result.status === 'refused') return result.code!
      const id = result.envelope!
      let place = places.get(id)
      if (place === undefined) {
        place = envelopes.push(id) - 1
        places.set(id, place)
      }
      return result.status === 'accepted' ? place : -1 - place
    })
    const answer: Answer = { request: this.#requestHash(asks), envelopes, marks }
    return {
      key: this.#hash('key', key),
      answer: JSON.stringify(answer),
      expiresMs: now + LIMITS.receiptMs,
    }
  }

  #requestHash(asks: readonly Ask[]): string {
    return this.#hash('request', JSON.stringify(asks))
  }

  #hash(of: 'key' | 'request', text: string): string {
    return createHmac('sha256', `receipt ${of} ${this.#parts.secret}`).update(text).digest('hex')
  }
}
