/**
 * Says each new proof of a fork once by gossip, however it came to be here. Those already held at
 * the start, and whoever is not reached, are catch-up's: it hands over every proof.
 */
import type { ForkProof } from '../core/fork.js'
import type { AuthorId, EnvelopeId } from '../core/identity.js'

export interface ForkNewsDependencies {
  readonly forks: () => ReadonlyMap<AuthorId, ForkProof>
  readonly tell: (proof: Uint8Array) => Promise<void>
}

export class ForkNews {
  readonly #deps: ForkNewsDependencies
  readonly #told = new Map<AuthorId, EnvelopeId>()

  constructor(dependencies: ForkNewsDependencies) {
    this.#deps = dependencies
    for (const [author, proof] of dependencies.forks()) this.#told.set(author, proof.id)
  }

  look(): void {
    for (const [author, proof] of this.#deps.forks()) {
      if (this.#told.get(author) === proof.id) continue
      this.#told.set(author, proof.id)
      void this.#deps.tell(proof.bytes)
    }
  }
}
