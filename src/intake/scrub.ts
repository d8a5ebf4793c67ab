/**
 * Looks for damage while nobody asks: every table file, every row of every log with its chain and
 * payload, every claim against its sums; slowly, and standing back while the writer has work. It
 * verifies no signature: what is on disk was verified when it came, and rot does not forge the
 * checksum, the hash and the chain at once (`verify` does all of it).
 *
 * A row of a log is noted and fetched again from a peer. Claims are written anew from memory. A
 * damaged table file halts the writer and closes the database, before LevelDB meets the block: the
 * node answers from memory until the file is mended.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { openParts, type Envelope } from '../core/envelope.js'
import { dayOf, StateSums } from '../core/heads.js'
import { peerNameOf, type AuthorId, type EnvelopeId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { Clock, Log, ScrubStatus } from '../core/ports.js'
import { DamagedRow, StoreError, type LogRow, type Store } from '../core/store-port.js'
import type { LiveState } from '../lookup/live-state.js'
import type { Damage } from './damage.js'
import type { Upkeep } from './upkeep.js'
import type { Writer } from './writer.js'

const STAND_BACK_MS = 100

export interface ScrubOptions {
  /** Between the end of a pass and the next. */
  readonly everyMs: number
  readonly bytesPerSecond: number
}

export interface ScrubDependencies {
  readonly state: LiveState
  readonly store: Pick<Store, 'logRows' | 'claimScan'>
  readonly writer: Writer
  readonly damage: Damage
  readonly upkeep: Pick<Upkeep, 'rewriteClaims'>
  /** Each table file with what is wrong with it. */
  readonly tables: () => AsyncIterable<{ bytes: number; problem: string | undefined }>
  readonly clock: Clock
  readonly log: Log
}

type Part = NonNullable<ScrubStatus['running']>['part']

export class Scrub {
  readonly #options: ScrubOptions
  readonly #deps: ScrubDependencies
  #control: AbortController | undefined
  #loop: Promise<void> = Promise.resolve()
  #at: { part: Part; bytes: number } | undefined
  #passes = 0
  #lastMs: number | undefined
  #finding: ScrubStatus['finding']

  constructor(options: ScrubOptions, dependencies: ScrubDependencies) {
    this.#options = options
    this.#deps = dependencies
  }

  start(): void {
    if (this.#control !== undefined) return
    this.#control = new AbortController()
    this.#loop = this.#run(this.#control.signal)
  }

  async stop(): Promise<void> {
    this.#control?.abort()
    this.#control = undefined
    await this.#loop
  }

  status(): ScrubStatus {
    const damaged = [...this.#deps.damage.places].flatMap(([author, seqs]) =>
      [...seqs].map((seq) => ({ author, seq })),
    )
    return {
      passes: this.#passes,
      damaged,
      ...(this.#at && { running: { ...this.#at } }),
      ...(this.#lastMs !== undefined && { lastMs: this.#lastMs }),
      ...(this.#finding && { finding: this.#finding }),
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await wait(this.#options.everyMs, undefined, { signal, ref: false })
        // A disk that fails is being looked after.
        if (this.#deps.writer.fault === undefined) await this.pass(signal)
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof StoreError)) throw error
        this.#deps.log.warn('scrub-failed', { code: error.code })
      }
    }
  }

  /** Once over everything. */
  async pass(signal: AbortSignal): Promise<void> {
    try {
      if (!(await this.#tables(signal))) return
      await this.#logs(signal)
      await this.#claims(signal)
      this.#passes++
      this.#lastMs = this.#deps.clock()
    } finally {
      this.#at = undefined
    }
  }

  /** Whether rows may be read. */
  async #tables(signal: AbortSignal): Promise<boolean> {
    this.#at = { part: 'tables', bytes: 0 }
    for await (const { bytes, problem } of this.#deps.tables()) {
      if (problem !== undefined) {
        this.#found('table-damaged', { problem })
        await this.#deps.writer.halt(new StoreError('row-damaged', problem))
        return false
      }
      await this.#breathe(bytes, signal)
    }
    return true
  }

  async #logs(signal: AbortSignal): Promise<void> {
    this.#at = { part: 'logs', bytes: 0 }
    const { state } = this.#deps
    for (const [author, head] of [...state.heads]) {
      let seq = state.floorOf(author)
      let prev: EnvelopeId | undefined
      while (seq <= head.seq) {
        const rows = await this.#page(author, seq, head.seq)
        for (const row of rows) prev = this.#check(row, author, seq++, prev)
        if (rows.length === 0) {
          this.#broken(author, seq++)
          prev = undefined
        }
        await this.#breathe(bytesOf(rows), signal)
      }
    }
  }

  /** Empty where the first row is missing or damaged. */
  async #page(author: AuthorId, from: number, to: number): Promise<LogRow[]> {
    try {
      return await this.#deps.store.logRows(author, from, to, LIMITS.scrubPageBytes)
    } catch (error) {
      if (error instanceof DamagedRow) return []
      throw error
    }
  }

  /** Answers the id that the next row must name; undefined where this one does not say. */
  #check(
    row: LogRow,
    author: AuthorId,
    seq: number,
    prev: EnvelopeId | undefined,
  ): EnvelopeId | undefined {
    const opened = openParts(row.header, row.signature, row.payload)
    const envelope = opened.ok ? opened.value : undefined
    if (envelope === undefined || this.#misses(envelope, author, seq)) {
      this.#broken(author, seq)
      return undefined
    }
    // The chain is anchored in the head: of two rows that do not fit the upper one is believed.
    if (prev !== undefined && envelope.prev !== prev) this.#broken(author, seq - 1)
    return envelope.id
  }

  #misses(envelope: Envelope, author: AuthorId, seq: number): boolean {
    const { clock } = this.#deps
    const needed = clock() < envelope.expires + LIMITS.payloadGraceMs
    const lacks = envelope.payload === null && needed
    return envelope.author !== author || envelope.seq !== seq || lacks
  }

  #broken(author: AuthorId, seq: number): void {
    const { state, damage } = this.#deps
    // Dropped, or cut off by a fork, since the walk began.
    if (seq < state.floorOf(author) || seq > (state.heads.get(author)?.seq ?? 0)) return
    if (damage.has(author, seq)) return
    damage.note(author, seq)
    this.#remember(`log-broken ${peerNameOf(author)} ${seq}`)
  }

  async #claims(signal: AbortSignal): Promise<void> {
    this.#at = { part: 'claims', bytes: 0 }
    const { state, store, writer, clock, upkeep } = this.#deps
    const scan = store.claimScan()
    const found = new StateSums()
    const held = new StateSums()
    // The scan sees what is committed when it begins; so must the sums.
    let page = await writer.exclusively(async () => {
      for (const { author, day, lanes } of state.sums.entries()) held.set(author, day, lanes)
      return scan.next()
    })
    let damaged = false
    try {
      for (; page.done !== true; page = await scan.next()) {
        const { bytes, entries } = page.value
        damaged ||= page.value.damaged
        for (const entry of entries) found.change(entry, 1)
        await this.#breathe(bytes, signal)
      }
    } finally {
      await scan.return(undefined)
    }
    const today = dayOf(clock())
    if (!damaged && found.stateHash(today) === held.stateHash(today)) return
    this.#found('claims-doubtful', {})
    await upkeep.rewriteClaims()
  }

  #found(code: string, fields: Readonly<Record<string, unknown>>): void {
    this.#deps.log.error(code, fields)
    this.#remember([code, ...Object.values(fields)].join(' '))
  }

  #remember(what: string): void {
    this.#finding = { what, atMs: this.#deps.clock() }
  }

  /** Keeps the rate, and lets the writer go first, but not for ever. */
  async #breathe(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#at !== undefined) this.#at.bytes += bytes
    const dueMs = (bytes / this.#options.bytesPerSecond) * 1_000
    await wait(dueMs, undefined, { signal, ref: false })
    const until = performance.now() + LIMITS.scrubPauseMsMax
    while (this.#deps.writer.busy && performance.now() < until) {
      await wait(STAND_BACK_MS, undefined, { signal, ref: false })
    }
  }
}

function bytesOf(rows: readonly LogRow[]): number {
  return rows.reduce((sum, row) => sum + row.header.length + (row.payload?.length ?? 0), 256)
}
