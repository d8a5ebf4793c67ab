/**
 * How a session hands what it received to the one door: judged in order, counted, and waited for
 * until it is durable. While the disk writes what was judged, what came next is judged already; how
 * much is between the two is bounded.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import type { AuthorId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { Outcome } from '../core/outcome.js'
import type { Accept, Judgement } from '../core/ports.js'
import { consequence, type Consequence } from './catch-up-ending.js'
import type { Ledger } from './ledger.js'

/**
 * Sessions at once; with the window below they fill half of intake's queue and leave the rest to
 * gossip.
 */
export const SESSIONS_MAX = 8
/** Envelopes of one session that are judged and not yet durable. */
const WINDOW = Math.floor(LIMITS.queueEnvelopesMax / 2 / SESSIONS_MAX)

/**
 * After so many bytes look-ups get a turn: three full envelopes or thirty of one report, 4 ms. A
 * signature takes as long as so many bytes of statements do.
 */
const BREATH_BYTES = 64 * 1024
const SIGNATURE_BYTES = 2 * 1024

export interface TakingDependencies {
  readonly accept: Accept
  readonly ledger: Ledger
}

export class Taking {
  readonly #peer: AuthorId
  readonly #deps: TakingDependencies
  /** Judged good and not known to be durable, oldest first. */
  #waiting: Promise<Outcome>[] = []
  #breathBytes = 0
  #judgedGood = 0
  #accepted = 0

  constructor(peer: AuthorId, dependencies: TakingDependencies) {
    this.#peer = peer
    this.#deps = dependencies
  }

  /** Envelopes that were new to us and are durable. */
  get accepted(): number {
    return this.#accepted
  }

  /** Envelopes that were new to us, durable or on their way to the disk. */
  get judgedGood(): number {
    return this.#judgedGood
  }

  /** One envelope or proof. What it was found to be on disk may differ from the first judgement. */
  one(bytes: Uint8Array): Promise<Outcome> {
    return this.#accept(bytes).committed
  }

  /**
   * Judges in order, and answers why not to go on, if so: because of one of these, or of one before
   * them that could not be written.
   */
  async judge(wires: readonly Uint8Array[]): Promise<Consequence | undefined> {
    for (const wire of wires) {
      const { judged, committed } = this.#accept(wire)
      this.#waiting.push(committed)
      if (judged.status === 'accepted') this.#judgedGood++
      const stop = consequence(judged)
      if (stop !== undefined) return stop
      const failed = this.#waiting.length < WINDOW ? undefined : await this.#oldest()
      if (failed !== undefined) return failed
      this.#breathBytes += wire.length + SIGNATURE_BYTES
      if (this.#breathBytes < BREATH_BYTES) continue
      this.#breathBytes = 0
      await breathe()
    }
    return undefined
  }

  /** Waits until all that was judged is durable; answers why not to go on, if so. */
  async settle(): Promise<Consequence | undefined> {
    let stop: Consequence | undefined
    while (this.#waiting.length > 0) stop = (await this.#oldest()) ?? stop
    return stop
  }

  async #oldest(): Promise<Consequence | undefined> {
    const outcome = await this.#waiting.shift()!
    if (outcome.status === 'accepted') this.#accepted++
    return consequence(outcome)
  }

  #accept(bytes: Uint8Array): Judgement {
    const judgement = this.#deps.accept(bytes, { via: 'catch-up', from: this.#peer })
    this.#deps.ledger.note(this.#peer, judgement.judged)
    return judgement
  }
}
