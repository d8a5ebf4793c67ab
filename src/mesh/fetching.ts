/**
 * Which session fetches which log: a range travels once however many members hold it. Whoever lets
 * a log wait too long loses the privilege, so nobody can keep one from us by trickling.
 */
import type { AuthorId } from '../core/identity.js'

export class Fetching {
  readonly #stallMs: number
  readonly #now: () => number
  readonly #taken = new Map<AuthorId, { readonly by: object; readonly askedMs: number }>()

  constructor(stallMs: number, now: () => number) {
    this.#stallMs = stallMs
    this.#now = now
  }

  /** Another session has asked for this log not long ago. */
  isTaken(author: AuthorId, by: object): boolean {
    const held = this.#taken.get(author)
    if (held === undefined || held.by === by) return false
    const waitedMs = this.#now() - held.askedMs
    return waitedMs >= 0 && waitedMs < this.#stallMs
  }

  /** A session asks for a range of a log; it lets go of the one it has asked for before. */
  take(author: AuthorId, by: object): void {
    if (this.#taken.get(author)?.by !== by) this.release(by)
    this.#taken.set(author, { by, askedMs: this.#now() })
  }

  release(by: object): void {
    for (const [author, held] of this.#taken) if (held.by === by) this.#taken.delete(author)
  }
}
