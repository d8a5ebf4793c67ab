/**
 * Writes the claims as they lie in memory to a file now and then, and when the node stops, so that
 * the next start need not read every row: 10,000,000 of them were measured to take three minutes.
 * Nothing is committed while it writes, so nothing is copied; that costs commits a second for some
 * hundred megabytes, and is done seldom enough that a tail is soon folded.
 */
import { MINUTE_MS } from '../core/limits.js'
import type { Log } from '../core/ports.js'
import { StoreError } from '../core/store-port.js'
import { claimsImage } from '../lookup/claims-image.js'
import type { LiveState } from '../lookup/live-state.js'
import type { Writer } from './writer.js'

const LOOK_MS = MINUTE_MS
/** Below it a start reads all rows in a second. */
const KEYS_MIN = 50_000
/** The next one is due once so much of all envelopes has come since, and at least so many. */
const SHARE = 1 / 8
const ENVELOPES_MIN = 1_000

export interface CheckpointsDependencies {
  readonly state: LiveState
  readonly writer: Pick<Writer, 'exclusively' | 'fault'>
  /** Answers how many bytes. */
  readonly write: (chunks: Iterable<Uint8Array>) => Promise<number>
  readonly log: Log
}

export class Checkpoints {
  readonly #deps: CheckpointsDependencies
  readonly #keysMin: number
  /** Number of the last commit in the file; -1 where there is none. */
  #number: number
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(number: number | undefined, deps: CheckpointsDependencies, keysMin = KEYS_MIN) {
    this.#number = number ?? -1
    this.#deps = deps
    this.#keysMin = keysMin
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#looking ??= this.#look().finally(() => (this.#looking = undefined))
    }, LOOK_MS).unref()
  }

  /** Leaves one of the last commit. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
    if (this.#deps.state.number > this.#number) await this.#write()
  }

  async #look(): Promise<void> {
    const { state } = this.#deps
    const all = [...state.heads.values()].reduce((sum, { seq }) => sum + seq, 0)
    const isDue = state.number - this.#number >= Math.max(ENVELOPES_MIN, SHARE * all)
    if (this.#number < 0 || isDue) await this.#write()
  }

  async #write(): Promise<void> {
    const { state, writer, write, log } = this.#deps
    // One that is there must not grow old: every start would fold all that came after it.
    const isWorth = this.#number >= 0 || state.claims.size >= this.#keysMin
    if (!isWorth || writer.fault !== undefined) return
    try {
      const began = performance.now()
      const bytes = await writer.exclusively(async () => {
        const { number } = state
        const written = await write(claimsImage(state))
        this.#number = number
        return written
      })
      const ms = Math.round(performance.now() - began)
      log.info('checkpoint-written', { number: this.#number, bytes, ms })
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      log.warn('checkpoint-failed', { code: error.code })
    }
  }
}
