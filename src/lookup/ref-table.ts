/**
 * Where claims come from, packed: authors as small numbers, and of each envelope that a claim rests
 * on its id and time, for as long as one does.
 */
import type { EnvelopeRef } from '../core/envelope.js'
import { bytesOf, envelopeIdOf, type AuthorId } from '../core/identity.js'

const CHUNK = 256
const ID_BYTES = 32

class Chunk {
  readonly ids = new Uint8Array(CHUNK * ID_BYTES)
  readonly times = new Float64Array(CHUNK)
  readonly uses = new Uint32Array(CHUNK)
  used = 0
}

export class RefTable {
  readonly #numbers = new Map<AuthorId, number>()
  readonly #authors: AuthorId[] = []
  /** By author number, then by seq in chunks. */
  readonly #chunks: Map<number, Chunk>[] = []

  numberOf(author: AuthorId): number {
    let number = this.#numbers.get(author)
    if (number === undefined) {
      number = this.#authors.length
      this.#numbers.set(author, number)
      this.#authors.push(author)
      this.#chunks.push(new Map())
    }
    return number
  }

  authorAt(number: number): AuthorId {
    return this.#authors[number]!
  }

  /** Takes note that one more entry rests on the envelope. */
  use({ author, seq, id, time }: EnvelopeRef): void {
    const chunks = this.#chunks[this.numberOf(author)]!
    const number = Math.floor(seq / CHUNK)
    let chunk = chunks.get(number)
    if (chunk === undefined) chunks.set(number, (chunk = new Chunk()))
    const at = seq % CHUNK
    if (chunk.uses[at]!++ > 0) return
    chunk.used++
    chunk.ids.set(bytesOf(id), at * ID_BYTES)
    chunk.times[at] = time
  }

  release(number: number, seq: number): void {
    const chunks = this.#chunks[number]!
    const place = Math.floor(seq / CHUNK)
    const chunk = chunks.get(place)!
    if (--chunk.uses[seq % CHUNK]! === 0 && --chunk.used === 0) chunks.delete(place)
  }

  refOf(number: number, seq: number): EnvelopeRef {
    const chunk = this.#chunks[number]!.get(Math.floor(seq / CHUNK))!
    const at = seq % CHUNK
    const id = envelopeIdOf(chunk.ids.subarray(at * ID_BYTES, (at + 1) * ID_BYTES))
    return { id, author: this.authorAt(number), seq, time: chunk.times[at]! }
  }
}
