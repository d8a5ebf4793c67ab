/**
 * Asks members for what this node can no longer read of its own disk. Which envelope, a session
 * says (`DamagedPlaces`); this only sees to it that there are sessions.
 */
import type { AuthorId } from '../core/identity.js'
import { SECOND_MS } from '../core/limits.js'

/** A member that could not help will not be able to a moment later. */
const ASK_EVERY_MS = 10 * SECOND_MS

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

  constructor(dependencies: MendingDependencies) {
    this.#deps = dependencies
  }

  /** `now` is monotonic. */
  look(now: number): void {
    const { damaged, connected, ask } = this.#deps
    if (damaged().size === 0 || now < this.#askedMs + ASK_EVERY_MS) return
    const members = connected()
    if (members.length > 0) this.#askedMs = now
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
