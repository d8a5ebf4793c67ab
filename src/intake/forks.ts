/**
 * Equivocation: an author that signed two envelopes with one number. The proof is stored, the log
 * ends below the lowest number used twice, and the author's claims are made anew from what is left.
 * What lies beyond stays on disk as evidence.
 */
import { openParts, type Envelope } from '../core/envelope.js'
import { forkOf, openFork, type ForkProof } from '../core/fork.js'
import type { AuthorId } from '../core/identity.js'
import { keyOf, type IndicatorKey } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import type { IgnoreCode, Outcome } from '../core/outcome.js'
import type { Clock, Judgement } from '../core/ports.js'
import { StoreError, type LogRow, type Store } from '../core/store-port.js'
import { LiveState } from '../lookup/live-state.js'
import { Draft } from '../lookup/draft.js'
import { sweptBefore } from './expiry.js'
import { replayLog } from './restore.js'
import type { Writer } from './writer.js'

export interface ForksDependencies {
  readonly state: LiveState
  readonly store: Pick<Store, 'logRows'>
  readonly writer: Writer
  readonly clock: Clock
  /** Told when an author's log has ended: what was judged beyond it is void. */
  readonly ended: (author: AuthorId) => void
}

export class Forks {
  readonly #networkId: string
  readonly #dependencies: ForksDependencies

  constructor(options: { readonly networkId: string }, dependencies: ForksDependencies) {
    this.#networkId = options.networkId
    this.#dependencies = dependencies
  }

  /** The first seq that no longer counts; Infinity for an honest author. */
  endOf(author: AuthorId): number {
    return this.#dependencies.state.forks.get(author)?.seq ?? Infinity
  }

  /** Judges a proof that others sent. */
  accept(bytes: Uint8Array): Judgement {
    const proof = openFork(bytes)
    if (proof === undefined) return settled({ status: 'refused', code: 'fork-unproven' })
    const { state } = this.#dependencies
    if (proof.networkId !== this.#networkId) return settled(ignored('network-unknown'))
    const known = proof.author === state.own || state.roster.memberOf(proof.author) !== undefined
    if (!known) return settled(ignored('author-unknown'))
    const { id } = proof
    if (this.endOf(proof.author) <= proof.seq) return settled({ status: 'duplicate', id })
    const accepted: Outcome = { status: 'accepted', id }
    return { judged: accepted, committed: this.#end(proof).then((failed) => failed ?? accepted) }
  }

  /**
   * Compares an envelope with what is held at its place, or else nearest to it: the same, or the
   * two are a proof. Waits for everything queued, so that what is held is on disk.
   */
  async compare(envelope: Envelope): Promise<Outcome> {
    const { author, seq, id } = envelope
    try {
      const held = await this.#held(author, seq)
      if (held !== undefined && Buffer.compare(held.header, envelope.header) === 0) {
        return { status: 'duplicate', id }
      }
      const other = held ?? (await this.#nearest(author, seq))
      const proof = other && forkOf(other, envelope)
      // Dropped here, and nothing that is left contradicts it.
      if (held === undefined && proof === undefined) return { status: 'duplicate', id }
      return (proof && (await this.#end(proof, envelope))) ?? ignored('forked')
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return ignored('store-failed')
    }
  }

  /**
   * Takes note of an envelope that lies beyond its author's fork: it counts nowhere, but what it
   * revokes is not to act again.
   */
  async beyond(envelope: Envelope): Promise<Outcome> {
    const { state, writer } = this.#dependencies
    const news = revokedBy(envelope).filter(
      (key) => !state.forkRevocations.has(envelope.author, key),
    )
    try {
      if (news.length > 0) await writer.submit((draft) => this.#noteRevoked(draft, envelope))
      return ignored('forked')
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return ignored('store-failed')
    }
  }

  /** What the branch held here revoked from its fork on; as far as it can be read. */
  async #noteBeyond(draft: Draft, author: AuthorId, from: number, to: number): Promise<void> {
    for (let seq = from; seq <= to;) {
      const rows = await this.#dependencies.store.logRows(author, seq, to, LIMITS.wantBytesMax)
      if (rows.length === 0) return
      for (const row of rows) {
        const envelope = envelopeOf(row)
        if (envelope !== undefined) this.#noteRevoked(draft, envelope)
      }
      seq += rows.length
    }
  }

  #noteRevoked(draft: Draft, envelope: Envelope): void {
    const { forkRevocations } = this.#dependencies.state
    const { author } = envelope
    for (const key of revokedBy(envelope)) {
      if (!forkRevocations.has(author, key)) draft.revokedBeyondFork({ author, key })
    }
  }

  async #held(author: AuthorId, seq: number): Promise<LogRow | undefined> {
    const { store, writer, state } = this.#dependencies
    const read = async () => (await store.logRows(author, seq, seq, 0))[0]
    return (state.heads.get(author)?.seq ?? 0) >= seq ? read() : writer.exclusively(read)
  }

  /** The end of what is held that is nearer to a number outside: our head, or the log's base. */
  async #nearest(author: AuthorId, seq: number): Promise<LogRow | undefined> {
    const { state, store } = this.#dependencies
    const head = state.heads.get(author)?.seq ?? 0
    const at = seq > head ? head : state.floorOf(author)
    return (await store.logRows(author, at, at, 0))[0]
  }

  /** Ends a log below its lowest fork known. Answers the outcome where that failed. */
  async #end(proof: ForkProof, other?: Envelope): Promise<Outcome | undefined> {
    const { state, store, writer, clock, ended } = this.#dependencies
    const { author, seq } = proof
    try {
      await writer.commitAlone(async () => {
        if (this.endOf(author) <= seq) return undefined
        const below = new LiveState(state.own)
        const held = state.heads.get(author)?.seq ?? 0
        await replayLog(store, below, author, state.floorOf(author), Math.min(held, seq - 1))
        const draft = new Draft(state)
        draft.endLog(proof, below, sweptBefore(clock()))
        await this.#noteBeyond(draft, author, Math.max(seq, state.floorOf(author)), held)
        if (other !== undefined) this.#noteRevoked(draft, other)
        return draft
      })
      ended(author)
      return undefined
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return ignored('store-failed')
    }
  }
}

function revokedBy({ statements }: Envelope): IndicatorKey[] {
  return statements.flatMap((said) => (said.kind === 'revocation' ? [keyOf(said)] : []))
}

/** Statements that need no more than to be read: an envelope on disk was judged when it came. */
function envelopeOf(row: LogRow): Envelope | undefined {
  const opened = openParts(row.header, row.signature, row.payload)
  return opened.ok ? opened.value : undefined
}

function ignored(code: IgnoreCode): Outcome {
  return { status: 'ignored', code }
}

function settled(outcome: Outcome): Judgement {
  return { judged: outcome, committed: Promise.resolve(outcome) }
}
