/**
 * What somebody may have judged here, in messages and bytes. A neighbour, before any cryptography:
 * a flood of validly framed envelopes would otherwise take the whole core, and its backlog the
 * memory, because nothing in gossipsub or yamux slows a sender down. An author, for what was
 * accepted: a flood comes by many neighbours. What is dropped costs nobody; catch-up brings it.
 */
import type { AuthorId } from '../core/identity.js'
import { SECOND_MS } from '../core/limits.js'

const MIB = 1024 * 1024

export interface Rate {
  readonly messagesPerSecond: number
  readonly bytesPerSecond: number
  /** So many milliseconds of it at once. */
  readonly burstMs: number
}

export const NEIGHBOUR: Rate = {
  // A third of a core in signatures; our own voice packs hundreds of reports into an envelope.
  messagesPerSecond: 2_000,
  // Twice what one node publishes at most: a relay carries several.
  bytesPerSecond: 16 * MIB,
  // For a relay that comes back to a busy federation.
  burstMs: 10 * SECOND_MS,
}
/** Twice what one node publishes at most, and far more than a pipeline reports one by one. */
export const AUTHOR: Rate = {
  messagesPerSecond: 1_000,
  bytesPerSecond: 16 * MIB,
  burstMs: 2 * SECOND_MS,
}
/** Dropped in a row before the neighbour is shut out: its backlog only goes with its connection. */
const DROPS_MAX = 2_000

interface Account {
  /** Up to when the messages let through are paid for. */
  paidUntilMs: number
  drops: number
}

export class Allowance {
  readonly #rate: Rate
  readonly #accounts = new Map<AuthorId, Account>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Whether the smallest message is more than is left. */
  isSpent(by: AuthorId, now: number): boolean {
    const paidUntilMs = this.#accounts.get(by)?.paidUntilMs ?? -Infinity
    return paidUntilMs + SECOND_MS / this.#rate.messagesPerSecond > now
  }

  /** `now` is monotonic. Only admitted keys get here, so the map is bounded. */
  spend(from: AuthorId, bytes: number, now: number): 'pass' | 'drop' | 'flood' {
    const account = this.#accounts.get(from) ?? { paidUntilMs: -Infinity, drops: 0 }
    this.#accounts.set(from, account)
    const { messagesPerSecond, bytesPerSecond, burstMs } = this.#rate
    const costMs = SECOND_MS * Math.max(1 / messagesPerSecond, bytes / bytesPerSecond)
    const full = now - burstMs
    if (account.paidUntilMs <= full) account.drops = 0
    const paidUntilMs = Math.max(account.paidUntilMs, full) + costMs
    if (paidUntilMs > now) return this.drop(from)
    account.paidUntilMs = paidUntilMs
    return 'pass'
  }

  /** Counts a message that was not let through, for whatever reason. */
  drop(from: AuthorId): 'drop' | 'flood' {
    const account = this.#accounts.get(from)
    if (account === undefined || ++account.drops < DROPS_MAX) return 'drop'
    account.drops = 0
    return 'flood'
  }
}
