/**
 * Asks members for what this node can no longer read of its own disk. Which envelope, a session
 * says (`DamagedPlaces`); this only sees to it that there are sessions.
 */
import type { AuthorId } from '../core/identity.js'
import { SECOND_MS } from '../core/limits.js'

/** A member that could not help will not be able to a moment later. */
const ASK_EVERY_MS = 10 * SECOND_MS
/** What was found since the last asking is worth another one. */
const ASK_MORE_MS = 1 * SECOND_MS

/** Numbers of the rows that cannot be read, by log. */
export type Damaged = ReadonlyMap<AuthorId, ReadonlySet<number>>

export interface MendingDependencies {
  readonly damaged: () => Damaged
  readonly connected: () => readonly AuthorId[]
  readonly ask: (author: AuthorId) => void
}

export class Mending {
  readonly #deps: MendingDependencies
  #askedMs = -Infinity
  /** How many rows were damaged at the last asking, less those mended since. */
  #asked = 0

  constructor(dependencies: MendingDependencies) {
    this.#deps = dependencies
  }

  /** `now` is monotonic. */
  look(now: number): void {
    const { damaged, connected, ask } = this.#deps
    const count = [...damaged().values()].reduce((sum, { size }) => sum + size, 0)
    this.#asked = Math.min(this.#asked, count)
    const waitMs = count > this.#asked ? ASK_MORE_MS : ASK_EVERY_MS
    const members = connected()
    if (count === 0 || members.length === 0 || now < this.#askedMs + waitMs) return
    this.#askedMs = now
    this.#asked = count
    for (const author of members) ask(author)
  }
}

/**
 * The rows of one log to be had again in a session, each asked for once: the newest first, because
 * a row is known by the one after it.
 */
export class DamagedPlaces {
  readonly #left: number[]

  constructor(seqs: Iterable<number>) {
    this.#left = [...seqs].sort((a, b) => a - b)
  }

  get probe(): number | undefined {
    return this.#left.at(-1)
  }

  answer(): void {
    this.#left.pop()
  }
}
