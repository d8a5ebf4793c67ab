/** What the mesh shows of itself to whoever reports on the node: links, receipts, catch-up. */
import type { AuthorId, EnvelopeId } from './identity.js'

export type LinkState = 'up' | 'down' | 'refused' | 'wrong-network'

/** One member key as the mesh sees it. `up` means subscribed on our topic, not merely connected. */
export interface Link {
  readonly author: AuthorId
  readonly link: LinkState
  /** Round trip of the last ping in milliseconds. */
  readonly lagMs?: number
  /** Envelopes from this neighbour by outcome since start; what a neighbour is charged for. */
  readonly counts: Readonly<Record<string, number>>
  /** A beacon of this key is recent, and we hold the head of its own log that it names. */
  readonly current: boolean
  /** How long ago its newest beacon was heard, by whatever path. */
  readonly beaconAgeMs?: number
  /** From our own log growing to the word that this key has applied that, last time; at most. */
  readonly appliedLagMs?: number
  /** The link is up and brought nothing for long, while others were heard: a path that is held. */
  readonly quiet: boolean
  /** Whose logs this key has applied, by its newest beacon, but its own. None before the first. */
  readonly hears: readonly AuthorId[]
}

/** A member's signed word, a beacon, about how far it has applied our own log. */
export interface Receipt {
  readonly seq: number
  readonly id: EnvelopeId
  /** As the beacon says, by its sender's clock. */
  readonly timeMs: number
  readonly heardMs: number
  /** The beacon as it came: proof for whoever has its sender's key. */
  readonly wire: Uint8Array
}

/** Receipts by the key that signed them. */
export interface Receipts {
  of(author: AuthorId): Receipt | undefined
  /** When it was first heard that our envelope `seq` was applied; undefined where unknown. */
  firstMs(author: AuthorId, seq: number): number | undefined
  /** Asks whoever can be reached and has not shown our envelope `seq` to be applied. */
  ask(seq: number): void
}

/** How catch-up stands. */
export interface CatchUpStatus {
  readonly running: number
  /** When a session last ended with both sides level, by the node's clock. */
  readonly lastMs?: number
  /** Logs under way: from whom, the last envelope held and the last one to come. */
  readonly fetching?: readonly {
    readonly author: AuthorId
    readonly from: AuthorId
    readonly held: number
    readonly to: number
  }[]
  /** Envelopes that others have shown to hold and we lack, by log; absent where there are none. */
  readonly missing?: readonly { readonly author: AuthorId; readonly envelopes: number }[]
}
