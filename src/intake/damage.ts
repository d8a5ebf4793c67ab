/**
 * Rows of logs that were found damaged while the node runs: named at once, never served (their
 * checksum sees to that), and written anew when somebody hands the same envelope over again. What
 * the state in memory made of them stays: it was made when they were whole.
 */
import { openHeader, type Envelope } from '../core/envelope.js'
import { peerNameOf, type AuthorId, type EnvelopeId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { IgnoreCode, Outcome } from '../core/outcome.js'
import type { Clock, Log } from '../core/ports.js'
import { DamagedRow, StoreError, type Store } from '../core/store-port.js'
import type { LiveState } from '../lookup/live-state.js'
import { Draft } from '../lookup/draft.js'
import type { Writer } from './writer.js'

export interface DamageDependencies {
  readonly state: LiveState
  readonly store: Pick<Store, 'logRows' | 'remains'>
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Log
}

export class Damage {
  readonly #deps: DamageDependencies
  readonly #places = new Map<AuthorId, Set<number>>()

  constructor(dependencies: DamageDependencies) {
    this.#deps = dependencies
  }

  /** Numbers of the rows that cannot be read now, by log. */
  get places(): ReadonlyMap<AuthorId, ReadonlySet<number>> {
    return this.#places
  }

  has(author: AuthorId, seq: number): boolean {
    return this.#places.get(author)?.has(seq) ?? false
  }

  note(author: AuthorId, seq: number): void {
    if (this.has(author, seq)) return
    let places = this.#places.get(author)
    if (places === undefined) this.#places.set(author, (places = new Set()))
    places.add(seq)
    this.#deps.log.error('log-broken', { author: peerNameOf(author), seq })
  }

  /** Reads a log for others; what is found damaged on the way is noted. */
  readonly logRows: Store['logRows'] = async (...range) => {
    try {
      return await this.#deps.store.logRows(...range)
    } catch (error) {
      if (error instanceof DamagedRow) this.note(error.author, error.seq)
      throw error
    }
  }

  /**
   * Writes a row anew from an envelope that was opened and verified. It must be the one that the
   * rest of the log names: the next row by its `prev`, or the head by its id.
   */
  async mend(envelope: Envelope): Promise<Outcome> {
    const { author, seq, id } = envelope
    let fault: IgnoreCode | undefined
    try {
      await this.#deps.writer.commitAlone(async () => {
        if (!this.has(author, seq)) return undefined
        const { state, store, clock } = this.#deps
        const remains = await store.remains(author, seq)
        const head = state.heads.get(author)
        const wanted = seq === head?.seq ? head.id : prevOf(remains.next)
        fault = this.#whyNot(envelope, wanted)
        // Which one belongs here only the next row could say: that is gone, too.
        if (fault === 'gap') this.note(author, seq + 1)
        if (fault !== undefined) return undefined
        const draft = new Draft(state)
        const { number, arrivedMs = clock() } = remains
        draft.mend(envelope, { arrivedMs, ...(number === undefined ? {} : { number }) })
        return draft
      })
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      fault = 'store-failed'
    }
    if (fault !== undefined) return { status: 'ignored', code: fault }
    this.#heal(author, seq)
    return { status: 'duplicate', id }
  }

  #whyNot(envelope: Envelope, wanted: EnvelopeId | undefined): IgnoreCode | undefined {
    if (wanted === undefined) return 'gap'
    if (wanted !== envelope.id) return 'chain-mismatch'
    const lacks = envelope.payload === null
    const needed = this.#deps.clock() < envelope.expires + LIMITS.payloadGraceMs
    return lacks && needed ? 'payload-missing' : undefined
  }

  #heal(author: AuthorId, seq: number): void {
    const places = this.#places.get(author)
    if (places?.delete(seq) !== true) return
    if (places.size === 0) this.#places.delete(author)
    this.#deps.log.info('row-mended', { author: peerNameOf(author), seq })
  }
}

function prevOf(header: Uint8Array | undefined): EnvelopeId | undefined {
  const opened = header && openHeader(header)
  return opened?.ok === true ? (opened.value.prev ?? undefined) : undefined
}
