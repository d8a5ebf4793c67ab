/**
 * What one neighbour may have judged here, in messages and bytes, before any cryptography: a flood
 * of validly framed envelopes would otherwise take the whole core, and its backlog the memory,
 * because nothing in gossipsub or yamux slows a sender down. What is dropped costs nobody; catch-up
 * brings it.
 */
import type { AuthorId } from '../core/identity.js'
import { SECOND_MS } from '../core/limits.js'

const MIB = 1024 * 1024
/** A third of a core in signatures; our own voice packs hundreds of reports into an envelope. */
const MESSAGES_PER_SECOND = 2_000
/** Twice what one node publishes at most: a relay carries several. */
const BYTES_PER_SECOND = 16 * MIB
/** Seconds of it at once, for a relay that comes back to a busy federation. */
const BURST_MS = 10 * SECOND_MS
/** Dropped in a row before the neighbour is shut out: its backlog only goes with its connection. */
const DROPS_MAX = 5_000

interface Account {
  /** Up to when the messages let through are paid for. */
  paidUntilMs: number
  drops: number
}

export class Allowance {
  readonly #accounts = new Map<AuthorId, Account>()

  /** `now` is monotonic. Only admitted keys get here, so the map is bounded. */
  spend(from: AuthorId, bytes: number, now: number): 'pass' | 'drop' | 'flood' {
    const account = this.#accounts.get(from) ?? { paidUntilMs: -Infinity, drops: 0 }
    this.#accounts.set(from, account)
    const costMs = SECOND_MS * Math.max(1 / MESSAGES_PER_SECOND, bytes / BYTES_PER_SECOND)
    const full = now - BURST_MS
    if (account.paidUntilMs <= full) account.drops = 0
    const paidUntilMs = Math.max(account.paidUntilMs, full) + costMs
    if (paidUntilMs <= now) {
      account.paidUntilMs = paidUntilMs
      return 'pass'
    }
    if (++account.drops < DROPS_MAX) return 'drop'
    account.drops = 0
    return 'flood'
  }
}
