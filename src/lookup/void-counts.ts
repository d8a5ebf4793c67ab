/**
 * Statements that mean nothing to this version, counted against their author by the reason. Of each
 * envelope that has some only the counts are kept: what the statements say is in the log.
 */
import type { AuthorId } from '../core/identity.js'
import type { VoidCode } from '../core/outcome.js'
import type { LogPosition } from '../core/ports.js'
import type { VoidCountsByCode, VoidRow } from '../core/store-port.js'

export class VoidCounts {
  readonly #byAuthor = new Map<AuthorId, Map<number, VoidCountsByCode>>()

  set({ author, seq, counts }: VoidRow): void {
    let envelopes = this.#byAuthor.get(author)
    if (envelopes === undefined) this.#byAuthor.set(author, (envelopes = new Map()))
    envelopes.set(seq, counts)
  }

  drop({ author, seq }: LogPosition): void {
    const envelopes = this.#byAuthor.get(author)
    envelopes?.delete(seq)
    if (envelopes?.size === 0) this.#byAuthor.delete(author)
  }

  has({ author, seq }: LogPosition): boolean {
    return this.#byAuthor.get(author)?.has(seq) === true
  }

  /** Of all envelopes of an author whose payloads are held. */
  of(author: AuthorId): VoidCountsByCode {
    const sum: Partial<Record<VoidCode, number>> = {}
    for (const counts of this.#byAuthor.get(author)?.values() ?? []) {
      for (const [code, count] of Object.entries(counts) as [VoidCode, number][]) {
        sum[code] = (sum[code] ?? 0) + count
      }
    }
    return sum
  }

  /** By author and number, from a place on. */
  *rows(authors?: readonly AuthorId[], from?: LogPosition): Generator<VoidRow> {
    for (const author of [...(authors ?? this.#byAuthor.keys())].sort()) {
      if (from !== undefined && author < from.author) continue
      const first = author === from?.author ? from.seq : 0
      for (const [seq, counts] of this.#byAuthor.get(author) ?? []) {
        if (seq >= first) yield { author, seq, counts }
      }
    }
  }
}
