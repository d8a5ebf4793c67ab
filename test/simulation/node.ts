/**
 * An honest node as the world knows it: what stays when its program dies, and what its clients were
 * told.
 */
import type { AuthorId, EnvelopeId } from '../../src/core/identity.js'
import type { ItemResult, ReportItem, RevocationItem } from '../../src/core/ports.js'
import type { Member, Trust } from '../../src/core/roster.js'
import { ownOf, seedOf } from '../support/lab.js'
import { Disk } from './disk.js'
import { Held } from './held.js'
import type { Run } from './run.js'
import type { Value } from './values.js'

/** One request of a client. Each report carries a campaign of its own, by which it is known. */
export type Ask = {
  readonly receipt: string | undefined
  readonly askedMs: number
} & (
  | { readonly kind: 'report'; readonly items: readonly (ReportItem & { campaign: string })[] }
  | { readonly kind: 'revocation'; readonly items: readonly RevocationItem[] }
)

/** What a client was told was done. */
export interface Acknowledged {
  readonly envelope: EnvelopeId
  readonly kind: Ask['kind']
  readonly value: string
  readonly campaign: string | undefined
}

/** A node whose program runs. */
export type Up = Node & { readonly run: Run }

export class Node {
  readonly own: AuthorId
  readonly seed: Uint8Array
  readonly disk = new Disk()
  held = new Held()
  run: Run | undefined
  /** How far its wall clock is off. */
  offMs = 0
  /** Asked and not answered yet. */
  readonly asked = new Set<Ask>()
  /** Never answered, or with a failure: the client asks again with the same receipt. */
  unanswered: Ask[] = []
  readonly acknowledged: Acknowledged[] = []
  /** How many of them have been looked up in the log. */
  checked = 0
  /** Whom its operator admits, and how far they are trusted: from what was made durable. */
  readonly trusts = new Map<AuthorId, Trust>()
  /** Values whose verdicts may have changed since they were last checked. */
  readonly touched = new Set<Value>()
  /** Its database is an older copy: what it had since is with others, or lost. */
  putBack = false

  constructor(
    readonly name: string,
    /** Place among the nodes. */
    readonly place: number,
  ) {
    this.own = ownOf(name)
    this.seed = seedOf(name)
  }

  /** A row of its roster; everybody has one key and goes by its own name. */
  admits(name: string, row: Member | null): void {
    if (row === null) this.trusts.delete(ownOf(name))
    else this.trusts.set(ownOf(name), row.trust)
  }

  answered(ask: Ask, results: readonly ItemResult[]): void {
    this.asked.delete(ask)
    results.forEach((result, i) => {
      if (result.status !== 'accepted') return
      const item = ask.items[i]!
      const campaign = 'campaign' in item ? item.campaign : undefined
      const { kind } = ask
      this.acknowledged.push({ envelope: result.envelope!, kind, value: item.value, campaign })
    })
  }

  failed(ask: Ask): void {
    this.asked.delete(ask)
    if (ask.receipt !== undefined) this.unanswered.push(ask)
  }
}
