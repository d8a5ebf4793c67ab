/**
 * What a node has made durable, kept beside it by the world from what it saw committed: an account
 * of the logs that owes nothing to the node's own.
 */
import { isBase, type Envelope } from '../../src/core/envelope.js'
import type { AuthorId } from '../../src/core/identity.js'

export class Held {
  readonly #logs = new Map<AuthorId, Envelope[]>()

  get authors(): AuthorId[] {
    return [...this.#logs.keys()]
  }

  /** In order, without gaps; from a base on where the log began with one. */
  log(author: AuthorId): readonly Envelope[] {
    return this.#logs.get(author) ?? []
  }

  head(author: AuthorId): Envelope | undefined {
    return this.#logs.get(author)?.at(-1)
  }

  at(author: AuthorId, seq: number): Envelope | undefined {
    const log = this.log(author)
    return log[seq - (log[0]?.seq ?? 0)]
  }

  /** Answers what is wrong with the place, if anything. */
  add(envelope: Envelope, now: number): string | undefined {
    const { author, seq, prev } = envelope
    const head = this.head(author)
    // After long absence a log begins again, with an envelope before which nothing can matter.
    const begins = head !== undefined && seq > head.seq + 1 && isBase(envelope, now)
    const log = begins ? [] : (this.#logs.get(author) ?? [])
    this.#logs.set(author, [...log, envelope])
    if (begins) return undefined
    if (head === undefined) return undefined
    if (seq !== head.seq + 1) return `seq ${seq} after ${head.seq}`
    return prev === head.id ? undefined : `seq ${seq} does not continue the one before`
  }

  /** Ends a log below `seq`. */
  end(author: AuthorId, seq: number): void {
    this.#logs.set(
      author,
      this.log(author).filter((envelope) => envelope.seq < seq),
    )
  }
}
