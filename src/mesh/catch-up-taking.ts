/**
 * How a session hands what it received to the one door: judged in order, counted, and waited for
 * until it is durable. While signatures are checked and the disk writes, what came next is handed
 * in already; how much is under way is bounded.
 */
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
/** Handed in and not yet judged: enough that threads beside this one always have work. */
const AHEAD = 8

export interface TakingDependencies {
  readonly accept: Accept
  readonly ledger: Ledger
}

export class Taking {
  readonly #peer: AuthorId
  readonly #deps: TakingDependencies
  /** Judged good and not known to be durable, oldest first. */
  #waiting: Promise<Outcome>[] = []
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
  async one(bytes: Uint8Array): Promise<Outcome> {
    const { judged, committed } = await this.#accept(bytes)
    this.#deps.ledger.note(this.#peer, judged)
    return committed
  }

  /**
   * Judges in order, and answers why not to go on, if so: because of one of these, or of one before
   * them that could not be written. What was handed in after that one counts no more.
   */
  async judge(wires: readonly Uint8Array[]): Promise<Consequence | undefined> {
    const ahead: Promise<Judgement>[] = []
    let next = 0
    while (next < wires.length || ahead.length > 0) {
      const room = Math.min(AHEAD, WINDOW - this.#waiting.length)
      while (next < wires.length && ahead.length < room) ahead.push(this.#accept(wires[next++]!))
      const judgement = ahead.shift()
      const stop = judgement === undefined ? await this.#oldest() : this.#count(await judgement)
      if (stop !== undefined) return stop
    }
    return undefined
  }

  #count({ judged, committed }: Judgement): Consequence | undefined {
    this.#deps.ledger.note(this.#peer, judged)
    this.#waiting.push(committed)
    if (judged.status === 'accepted') this.#judgedGood++
    return consequence(judged)
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

  async #accept(bytes: Uint8Array): Promise<Judgement> {
    return this.#deps.accept(bytes, { via: 'catch-up', from: this.#peer })
  }
}
