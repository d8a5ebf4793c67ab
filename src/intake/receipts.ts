/**
 * What a request with an idempotency key was answered with, small enough to keep for a day: one
 * mark per item (the place of its envelope, or a code) and the envelopes' ids. Type and value are
 * the request's own and are made anew when it is repeated.
 */
import { createHash } from 'node:crypto'
import { canonicalise } from '../core/canonical-form.js'
import { typeOf } from '../core/indicator.js'
import type { EnvelopeId } from '../core/identity.js'
import type { InputCode } from '../core/outcome.js'
import type { ItemResult } from '../core/ports.js'
import type { Ask } from './round.js'

interface Answer {
  /** Of the request's items: a key that comes back with others is a mistake of the caller. */
  readonly request: string
  readonly envelopes: readonly EnvelopeId[]
  /** Per item: place in `envelopes` if accepted, −1 − place if duplicate, else the code. */
  readonly marks: readonly (number | InputCode)[]
}

function requestHash(asks: readonly Ask[]): string {
  return createHash('sha256').update(JSON.stringify(asks)).digest('hex')
}

export function writeAnswer(asks: readonly Ask[], results: readonly ItemResult[]): string {
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
  const answer: Answer = { request: requestHash(asks), envelopes, marks }
  return JSON.stringify(answer)
}

/**
 * The results as they were given; undefined where the request is not the one the key was used for.
 */
export function readAnswer(asks: readonly Ask[], text: string): ItemResult[] | undefined {
  const { request, envelopes, marks } = JSON.parse(text) as Answer
  if (request !== requestHash(asks)) return undefined
  return asks.map(({ item }, i) => {
    const mark = marks[i]!
    const indicator = canonicalise(item.type, item.value)
    const named = indicator.ok
      ? { type: typeOf(indicator.value.type).name, value: indicator.value.value }
      : {}
    if (typeof mark === 'string') return { status: 'refused', code: mark, ...named }
    const envelope = envelopes[mark >= 0 ? mark : -1 - mark]!
    return { status: mark >= 0 ? 'accepted' : 'duplicate', ...named, envelope }
  })
}
