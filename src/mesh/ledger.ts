/**
 * What came from each neighbour, by outcome, and what it is charged for. Only `refused` costs:
 * bytes that every honest node refuses. The charge fades, but hanging up and dialling again does
 * not clear it — gossipsub 17.1.1 forgets its own score of a peer that reconnects
 * (`PeerScore.addPeer`).
 *
 * Does not know gossipsub: `chargeOf` is a number that scoring turns into a score.
 */
import { peerNameOf, type AuthorId } from '../core/identity.js'
import { MINUTE_MS } from '../core/limits.js'
import type { Outcome } from '../core/outcome.js'
import type { Clock, Log } from '../core/ports.js'

/** A charge is halved in this time: a bug that was fixed is forgiven within minutes. */
const HALF_LIFE_MS = 2 * MINUTE_MS
/**
 * Below this a charge is nothing, or a score would stay below zero (and out of the mesh) for ever.
 */
const CHARGE_MIN = 0.25

export class Ledger {
  readonly #counts = new Map<AuthorId, Map<string, number>>()
  readonly #charges = new Map<AuthorId, { charge: number; atMs: number }>()

  constructor(
    readonly clock: Clock,
    readonly log?: Pick<Log, 'debug'>,
  ) {}

  /** Counts one envelope from a neighbour. Only admitted keys get here, so the maps are bounded. */
  note(from: AuthorId, outcome: Outcome): void {
    const key = 'code' in outcome ? `${outcome.status}:${outcome.code}` : outcome.status
    const counts = this.#counts.get(from) ?? new Map<string, number>()
    counts.set(key, (counts.get(key) ?? 0) + 1)
    this.#counts.set(from, counts)
    if ('code' in outcome) {
      this.log?.debug('mesh-envelope-not-taken', { peer: peerNameOf(from), outcome: key })
    }
    if (outcome.status === 'refused') {
      this.#charges.set(from, { charge: this.chargeOf(from) + 1, atMs: this.clock() })
    }
  }

  /** Keys are `accepted`, `duplicate`, `ignored:<code>` and `refused:<code>`; since start. */
  counts(from: AuthorId): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts.get(from) ?? [])
  }

  /** Refused envelopes, faded; 0 for almost everybody. */
  chargeOf(from: AuthorId): number {
    const held = this.#charges.get(from)
    if (held === undefined) return 0
    const ageMs = Math.max(0, this.clock() - held.atMs)
    const charge = held.charge * 0.5 ** (ageMs / HALF_LIFE_MS)
    return charge < CHARGE_MIN ? 0 : charge
  }
}
