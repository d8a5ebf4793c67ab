/**
 * Sweeps what has ended, in bounded batches through the one writer, on its own tick. Nothing rests
 * on its being in time: look-ups compare expiry with the clock themselves. Claims are kept until
 * the day of their end (UTC) is over, because state hashes are taken as of a day, and one day more:
 * a clock that is set back must find them, or an author's next word would be summed up beside what
 * it replaces.
 */
import { isBase, openHeader, openParts } from '../core/envelope.js'
import { registerOf, type Register } from '../core/claims.js'
import { dayOf } from '../core/heads.js'
import { DAY_MS, LIMITS, MINUTE_MS } from '../core/limits.js'
import type { Clock, Log, Maintenance } from '../core/ports.js'
import { StoreError, type ClaimsEnd, type LogPlace, type Store } from '../core/store-port.js'
import type { LiveState } from '../lookup/live-state.js'
import type { Writer } from './writer.js'

const TICK_MS = MINUTE_MS
const SWEEP_ROWS = 500
/** Up to 256 claims each. */
const SWEEP_ENVELOPES = 16
/** Covers a clock that was ahead by less than that. */
const CLAIM_GRACE_MS = DAY_MS

/** Claims that ended before this day may have been swept. */
export function sweptBefore(now: number): number {
  return dayOf(now - CLAIM_GRACE_MS)
}

export interface ExpiryDependencies {
  readonly state: LiveState
  readonly store: Pick<Store, 'claimsEnded' | 'receiptsEnded' | 'payloadsEnded' | 'logRows'>
  readonly writer: Writer
  readonly upkeep: Pick<Maintenance, 'rebuild'>
  readonly clock: Clock
  readonly log: Log
  /** The latest day whose claims were dropped at the start. */
  readonly sweptDay?: number | undefined
}

export class Expiry {
  readonly #dependencies: ExpiryDependencies
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> | undefined
  /** The latest day (since 1970 UTC) whose claims have been swept since the start. */
  #sweptDay: number

  constructor(dependencies: ExpiryDependencies) {
    this.#dependencies = dependencies
    this.#sweptDay = dependencies.sweptDay ?? -Infinity
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#sweeping ??= this.#tick().finally(() => (this.#sweeping = undefined))
    }, TICK_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#sweeping
  }

  /** Sweeps until nothing that has ended is left. */
  async sweep(): Promise<void> {
    await this.#takeBack()
    while (this.#dependencies.writer.fault === undefined && (await this.#sweepSome())) {
      // each pass is bounded; other jobs of the writer run between two
    }
  }

  /**
   * A clock that was believed days ahead has swept what is live by the clock of now; the log still
   * holds it.
   */
  async #takeBack(): Promise<void> {
    const { clock, log, upkeep } = this.#dependencies
    if (this.#sweptDay < dayOf(clock())) return
    this.#sweptDay = -Infinity
    log.warn('clock-set-back')
    await upkeep.rebuild()
  }

  async #tick(): Promise<void> {
    try {
      await this.sweep()
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.#dependencies.log.warn('sweep-failed', { code: error.code })
    }
  }

  async #sweepSome(): Promise<boolean> {
    const { store, writer, clock } = this.#dependencies
    const now = clock()
    const day = sweptBefore(now)
    const ends = await store.claimsEnded(day, SWEEP_ENVELOPES)
    const claims = await this.#endedClaims(ends)
    const receipts = await store.receiptsEnded(now, SWEEP_ROWS)
    const payloads = ends.length > 0 ? [] : await this.#endedPayloads(now, day)
    const headers = await this.#headersBeyond(now)
    if (ends.length + receipts.length + payloads.length + headers.length === 0) return false
    await writer.submit((draft) => {
      for (const register of claims) draft.dropEnded(register, day)
      for (const end of ends) draft.swept(end)
      for (const receipt of receipts) draft.dropReceipt(receipt)
      for (const place of payloads) draft.dropPayload(place)
      for (const place of headers) draft.dropHeader(place)
    })
    for (const end of ends) this.#sweptDay = Math.max(this.#sweptDay, end.day)
    return true
  }

  /** None while claims wait to be swept: their payloads are what finds them. */
  async #endedPayloads(now: number, day: number): Promise<LogPlace[]> {
    const { store } = this.#dependencies
    const payloads = await store.payloadsEnded(now - LIMITS.historyMs, SWEEP_ROWS)
    // Asked afterwards: an old envelope may have come in while the payloads were read.
    const waiting = payloads.length > 0 && (await store.claimsEnded(day, 1)).length > 0
    return waiting ? [] : payloads
  }

  /** The keys that the envelopes named claims on which ended on those days. */
  async #endedClaims(ends: readonly ClaimsEnd[]): Promise<Register[]> {
    const claims: Register[] = []
    for (const { day, author, seq } of ends) {
      const [row] = await this.#dependencies.store.logRows(author, seq, seq, 0)
      const opened = row && openParts(row.header, row.signature, row.payload)
      if (opened?.ok !== true) continue
      const envelope = opened.value
      envelope.statements.forEach((statement, index) => {
        if (statement.kind === 'void' || dayOf(statement.until) !== day) return
        claims.push(registerOf({ envelope, index, statement }))
      })
    }
    return claims
  }

  /**
   * Headers beyond the horizon whose payloads are gone; the newest such stays, as the log's base.
   */
  async #headersBeyond(now: number): Promise<LogPlace[]> {
    const { store, state } = this.#dependencies
    const beyond: LogPlace[] = []
    for (const [author, { seq }] of state.heads) {
      const floor = state.floorOf(author)
      // Nearly always its first row says that there is nothing to do: half a megabyte not read.
      const [first] = await store.logRows(author, floor, floor, 0)
      if (first === undefined || first.payload !== null) continue
      const to = Math.min(seq, floor + SWEEP_ROWS)
      const places: LogPlace[] = []
      for (const row of await store.logRows(author, floor, to, LIMITS.wantBytesMax)) {
        const header = openHeader(row.header)
        if (!header.ok || row.payload !== null || !isBase(header.value, now)) break
        const { seq: at, expires } = header.value
        places.push({ author, seq: at, number: row.number, expires })
      }
      beyond.push(...places.slice(0, -1))
    }
    return beyond
  }
}
