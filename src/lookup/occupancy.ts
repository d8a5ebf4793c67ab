/**
 * How much of what could act each author owns, by envelope: reports that are first-hand and ask for
 * more than to be watched, and disputes. Kept with every change of a claim, two bytes and a time an
 * envelope, so that a flood can be bounded without a walk over everything live.
 *
 * Every entry of a staircase counts until its end, not only the newest: a member could otherwise
 * hide old reports behind short-lived new ones.
 */
import { ACTION, DISPUTE_REASON } from '../core/codes.js'
import type { ClaimEntry, Staircase } from '../core/claims.js'
import { dayOf } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import type { ImageReader, ImageWriter } from './image.js'

const CHUNK = 1_024

/** What one envelope's statements amount to. */
export interface Load {
  readonly seq: number
  readonly count: number
  /** When the last of them ends. */
  readonly endsMs: number
  /** The day of the envelope. */
  readonly day: number
}

class Chunk {
  readonly counts = new Uint16Array(CHUNK)
  readonly ends = new Float64Array(CHUNK)
  readonly days = new Uint32Array(CHUNK)
}

export class Occupancy {
  readonly #chunks = new Map<AuthorId, Map<number, Chunk>>()
  readonly #totals = new Map<AuthorId, number>()

  /** Takes note that a register's staircase has become another one. */
  change(before: Staircase, after: Staircase): void {
    for (const entry of before) if (!holds(after, entry)) this.#count(entry, -1)
    for (const entry of after) if (!holds(before, entry)) this.#count(entry, 1)
  }

  /** An upper bound of what an author owns: what has ended counts until it is swept. */
  total(author: AuthorId): number {
    return this.#totals.get(author) ?? 0
  }

  get authors(): Iterable<AuthorId> {
    return this.#totals.keys()
  }

  /** An author's loads in the order of its log. */
  *loads(author: AuthorId): Generator<Load> {
    const chunks = this.#chunks.get(author)
    if (chunks === undefined) return
    for (const number of [...chunks.keys()].sort((a, b) => a - b)) {
      const { counts, ends, days } = chunks.get(number)!
      for (let i = 0; i < CHUNK; i++) {
        const count = counts[i]!
        if (count === 0) continue
        yield { seq: number * CHUNK + i, count, endsMs: ends[i]!, day: days[i]! }
      }
    }
  }

  write(image: ImageWriter): void {
    image.json([...this.#totals])
    image.json([...this.#chunks].map(([author, chunks]) => [author, [...chunks.keys()]]))
    for (const { counts, ends, days } of [...this.#chunks.values()].flatMap((of) => [
      ...of.values(),
    ])) {
      image.column(counts)
      image.column(ends)
      image.column(days)
    }
  }

  /** The exact inverse. Throws `ImageError`. */
  static read(image: ImageReader): Occupancy {
    const occupancy = new Occupancy()
    for (const [author, total] of image.json() as [AuthorId, number][]) {
      occupancy.#totals.set(author, total)
    }
    for (const [author, places] of image.json() as [AuthorId, number[]][]) {
      const chunks = new Map<number, Chunk>()
      for (const place of places) {
        const counts = image.column(Uint16Array, CHUNK)
        const ends = image.column(Float64Array, CHUNK)
        const days = image.column(Uint32Array, CHUNK)
        chunks.set(place, Object.assign(new Chunk(), { counts, ends, days }))
      }
      occupancy.#chunks.set(author, chunks)
    }
    return occupancy
  }

  #count({ envelope, statement }: ClaimEntry, by: 1 | -1): void {
    if (!weighs(statement)) return
    const { author, seq, time } = envelope
    this.#totals.set(author, this.total(author) + by)
    let chunks = this.#chunks.get(author)
    if (chunks === undefined) this.#chunks.set(author, (chunks = new Map<number, Chunk>()))
    const number = Math.floor(seq / CHUNK)
    let chunk = chunks.get(number)
    if (chunk === undefined) chunks.set(number, (chunk = new Chunk()))
    const at = seq % CHUNK
    chunk.counts[at]! += by
    chunk.ends[at] = Math.max(chunk.ends[at]!, statement.until)
    chunk.days[at] = dayOf(time)
  }
}

function holds(staircase: Staircase, { envelope, index }: ClaimEntry): boolean {
  return staircase.some((held) => held.envelope.seq === envelope.seq && held.index === index)
}

function weighs(statement: ClaimEntry['statement']): boolean {
  if (statement.kind === 'dispute') return statement.reason !== DISPUTE_REASON.code('withdrawn')
  return (
    statement.kind === 'report' && statement.firstHand && statement.action > ACTION.code('observe')
  )
}
