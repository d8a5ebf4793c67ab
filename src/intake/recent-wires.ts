/**
 * Wires that lately became part of a log, by the hash of all their bytes. What catch-up brought
 * comes by gossip once more, and the other way round: half of what a flooded node checked and
 * looked up on disk it had just written (`npm run bench flood`). Only ever a short cut: what is not
 * known here is judged.
 */
import { createHash } from 'node:crypto'
import type { EnvelopeRef } from '../core/envelope.js'

/** Some ten seconds of as much as a node takes in; 5 MB. */
const WIRES = 16_384

export type Place = Pick<EnvelopeRef, 'id' | 'author' | 'seq'>

export class RecentWires {
  /** The oldest first. */
  readonly #places = new Map<string, Place>()
  readonly #max: number

  constructor(max = WIRES) {
    this.#max = max
  }

  placeOf(bytes: Uint8Array): Place | undefined {
    return this.#places.size === 0 ? undefined : this.#places.get(hashOf(bytes))
  }

  note(bytes: Uint8Array, { id, author, seq }: Place): void {
    this.#places.set(hashOf(bytes), { id, author, seq })
    if (this.#places.size <= this.#max) return
    const [oldest] = this.#places.keys()
    this.#places.delete(oldest!)
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64')
}
