/**
 * Which session fetches which log: a range travels once however many members hold it. Whoever lets
 * a log wait too long loses the privilege, so nobody can keep one from us by trickling.
 */
import type { AuthorId } from '../core/identity.js'
import type { Want } from './catch-up-wants.js'

/** A session, by the member it is with. */
export interface Fetcher {
  readonly peer: AuthorId
}

interface Taken {
  readonly by: Fetcher
  readonly to: number
  readonly askedMs: number
}

export class Fetching {
  readonly #stallMs: number
  readonly #now: () => number
  readonly #taken = new Map<AuthorId, Taken>()

  constructor(stallMs: number, now: () => number) {
    this.#stallMs = stallMs
    this.#now = now
  }

  /** Another session has asked for this log not long ago. */
  isTaken(author: AuthorId, by: Fetcher): boolean {
    const held = this.#taken.get(author)
    if (held === undefined || held.by === by) return false
    const waitedMs = this.#now() - held.askedMs
    return waitedMs >= 0 && waitedMs < this.#stallMs
  }

  /** A session asks for a range of a log; it lets go of the one it has asked for before. */
  take({ author, to }: Want, by: Fetcher): void {
    if (this.#taken.get(author)?.by !== by) this.release(by)
    this.#taken.set(author, { by, to, askedMs: this.#now() })
  }

  release(by: Fetcher): void {
    for (const [author, held] of this.#taken) if (held.by === by) this.#taken.delete(author)
  }

  /** Each log under way: from whom, and up to which envelope. */
  *list(): Generator<{ author: AuthorId; from: AuthorId; to: number }> {
    for (const [author, { by, to }] of this.#taken) yield { author, from: by.peer, to }
  }
}
