/**
 * Where claims come from, packed: authors as small numbers, and of each envelope that a claim rests
 * on its id and time, for as long as one does.
 */
import type { EnvelopeRef } from '../core/envelope.js'
import { bytesOf, envelopeIdOf, type AuthorId } from '../core/identity.js'
import { ImageError, type ImageReader, type ImageWriter } from './image.js'

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

  write(image: ImageWriter): void {
    image.json(this.#authors)
    image.json(this.#chunks.map((chunks) => [...chunks.keys()]))
    for (const { ids, times, uses } of this.#chunks.flatMap((chunks) => [...chunks.values()])) {
      image.column(ids)
      image.column(times)
      image.column(uses)
    }
  }

  /** The exact inverse. Throws `ImageError`. */
  static read(image: ImageReader): RefTable {
    const table = new RefTable()
    const authors = image.json() as AuthorId[]
    const places = image.json() as number[][]
    if (places.length !== authors.length) throw new ImageError('authors without their envelopes')
    for (const [i, author] of authors.entries()) {
      const chunks = table.#chunks[table.numberOf(author)]!
      for (const place of places[i]!) {
        const ids = image.column(Uint8Array, CHUNK * ID_BYTES)
        const times = image.column(Float64Array, CHUNK)
        const uses = image.column(Uint32Array, CHUNK)
        const used = uses.reduce((sum, one) => sum + Number(one > 0), 0)
        chunks.set(place, Object.assign(new Chunk(), { ids, times, uses, used }))
      }
    }
    return table
  }

  isAuthor(number: number): boolean {
    return number < this.#authors.length
  }

  has(number: number, seq: number): boolean {
    const chunk = this.#chunks[number]?.get(Math.floor(seq / CHUNK))
    return chunk !== undefined && chunk.uses[seq % CHUNK]! > 0
  }

  refOf(number: number, seq: number): EnvelopeRef {
    const chunk = this.#chunks[number]!.get(Math.floor(seq / CHUNK))!
    const at = seq % CHUNK
    const id = envelopeIdOf(chunk.ids.subarray(at * ID_BYTES, (at + 1) * ID_BYTES))
    return { id, author: this.authorAt(number), seq, time: chunk.times[at]! }
  }
}
