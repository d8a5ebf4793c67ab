/**
 * Which proofs of forks a session still has to tell its peer: each once, none that the peer has
 * just told us, and those that are found while the session lasts as well.
 */
import type { ForkProof } from '../core/fork.js'
import type { AuthorId, EnvelopeId } from '../core/identity.js'

/** Proofs told in one session (600 B each); where there are more, another session tells others. */
const TOLD_MAX = 64

export class ForkTelling {
  readonly #forks: () => ReadonlyMap<AuthorId, ForkProof>
  readonly #known = new Set<EnvelopeId>()
  #told = 0

  constructor(forks: () => ReadonlyMap<AuthorId, ForkProof>) {
    this.#forks = forks
  }

  /** The peer has this proof. */
  known(id: EnvelopeId): void {
    this.#known.add(id)
  }

  /** Proofs to tell now; they count as told. */
  next(): Uint8Array[] {
    const proofs = [...this.#forks().values()].filter(({ id }) => !this.#known.has(id))
    const places = TOLD_MAX - this.#told
    // From another place each time, so that where they are too many none is left out for ever.
    const first = proofs.length > places ? Math.floor(Math.random() * proofs.length) : 0
    const chosen = [...proofs.slice(first), ...proofs.slice(0, first)].slice(0, places)
    for (const { id } of chosen) this.#known.add(id)
    this.#told += chosen.length
    return chosen.map(({ bytes }) => bytes)
  }
}
