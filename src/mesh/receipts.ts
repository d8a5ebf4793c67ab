/**
 * What members' beacons show of our own log: a beacon that names a head of ours says, signed, that
 * its sender has applied everything up to it. The newest counts, also where it shows less: a member
 * that was restored from a backup has lost what it once had.
 */
import type { SignedBeacon } from '../core/beacon.js'
import type { Head } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import type { Receipt } from '../core/mesh-port.js'
import type { Clock } from '../core/ports.js'
import type { Roster } from '../core/roster.js'

/** Of each member, and of our own head: what is older is level long since, or lost. */
const STEPS_MAX = 256

interface Step {
  readonly seq: number
  readonly atMs: number
}

interface Held {
  receipt: Receipt
  /** When each further part of our log was first shown, oldest first. */
  readonly steps: Step[]
  lagMs: number | undefined
}

export interface ReceiptsDependencies {
  readonly own: AuthorId
  readonly heads: () => ReadonlyMap<AuthorId, Head>
  readonly roster: () => Roster
  readonly clock: Clock
}

export class Receipts {
  readonly #deps: ReceiptsDependencies
  readonly #held = new Map<AuthorId, Held>()
  /** When our own head was seen to move. */
  readonly #grown: Step[] = []

  constructor(dependencies: ReceiptsDependencies) {
    this.#deps = dependencies
  }

  /** Sees whether our own log has grown, and forgets whom the roster no longer has. */
  look(): void {
    const { own, heads, roster, clock } = this.#deps
    const seq = heads().get(own)?.seq ?? 0
    if (seq > (this.#grown.at(-1)?.seq ?? 0)) push(this.#grown, { seq, atMs: clock() })
    const known = roster()
    for (const author of this.#held.keys()) {
      if (known.memberOf(author) === undefined) this.#held.delete(author)
    }
  }

  /** A verified beacon, newer than any held, as it was on the wire. */
  take({ author, time, heads }: SignedBeacon, wire: Uint8Array): void {
    this.look()
    const head = heads.find((one) => one.author === this.#deps.own)
    if (head === undefined) return void this.#held.delete(author)
    const atMs = this.#deps.clock()
    const receipt = { seq: head.seq, id: head.id, timeMs: time, heardMs: atMs, wire }
    const held = this.#held.get(author) ?? { receipt, steps: [], lagMs: undefined }
    this.#held.set(author, held)
    held.receipt = receipt
    const before = held.steps.at(-1)
    if (before !== undefined && head.seq <= before.seq) return
    // The first that it has not shown before waited longest.
    const first = this.#grown.find(({ seq }) => seq > (before?.seq ?? 0) && seq <= head.seq)
    if (first !== undefined && before !== undefined) held.lagMs = Math.max(0, atMs - first.atMs)
    push(held.steps, { seq: head.seq, atMs })
  }

  of(author: AuthorId): Receipt | undefined {
    return this.#held.get(author)?.receipt
  }

  /**
   * When a member was first heard to have applied our envelope `seq`, by our clock; undefined where
   * it has not shown so, or too long ago.
   */
  firstMs(author: AuthorId, seq: number): number | undefined {
    const { steps } = this.#held.get(author) ?? { steps: [] }
    const at = steps.findIndex((step) => step.seq >= seq)
    // What the list no longer reaches back to was shown at an unknown time.
    return at < 0 || (at === 0 && steps.length === STEPS_MAX) ? undefined : steps[at]!.atMs
  }

  /** From our own log growing to the word that a member has applied that, last time; at most. */
  lagMs(author: AuthorId): number | undefined {
    return this.#held.get(author)?.lagMs
  }
}

function push(steps: Step[], step: Step): void {
  steps.push(step)
  if (steps.length > STEPS_MAX) steps.shift()
}
