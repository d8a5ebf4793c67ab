/**
 * How a session hands what it received to the one door: judged in order, counted, and waited for
 * until it is durable.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import type { AuthorId } from '../core/identity.js'
import type { Outcome } from '../core/outcome.js'
import type { Accept, Judgement } from '../core/ports.js'
import { consequence, type Consequence } from './catch-up-ending.js'
import type { Ledger } from './ledger.js'

/** Envelopes judged (0.1 ms each) before lookups get a turn. */
const BREATH = 16

export interface TakingDependencies {
  readonly accept: Accept
  readonly ledger: Ledger
}

export class Taking {
  readonly #peer: AuthorId
  readonly #deps: TakingDependencies
  #accepted = 0

  constructor(peer: AuthorId, dependencies: TakingDependencies) {
    this.#peer = peer
    this.#deps = dependencies
  }

  /** Envelopes that were new to us. */
  get accepted(): number {
    return this.#accepted
  }

  /** One envelope or proof. What it was found to be on disk may differ from the first judgement. */
  one(bytes: Uint8Array): Promise<Outcome> {
    return this.#accept(bytes).committed
  }

  /** Judges in order, waits for the commit of all of them, and answers why not to go on, if so. */
  async all(wires: readonly Uint8Array[]): Promise<Consequence | undefined> {
    const commits: Promise<Outcome>[] = []
    let stop: Consequence | undefined
    for (const wire of wires) {
      const { judged, committed } = this.#accept(wire)
      commits.push(committed)
      stop = consequence(judged)
      if (stop !== undefined) break
      if (commits.length % BREATH === 0) await breathe()
    }
    for (const outcome of await Promise.all(commits)) {
      if (outcome.status === 'accepted') this.#accepted++
      stop ??= consequence(outcome)
    }
    return stop
  }

  #accept(bytes: Uint8Array): Judgement {
    const judgement = this.#deps.accept(bytes, { via: 'catch-up', from: this.#peer })
    this.#deps.ledger.note(this.#peer, judgement.judged)
    return judgement
  }
}
