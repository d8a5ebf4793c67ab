/**
 * Tells the log when a pause begins, changes or ends, also one that ends by itself, whose row it
 * then takes away. Nothing rests on its being in time.
 */
import { SECOND_MS } from '../core/limits.js'
import { PAUSES, type Pause, type PauseKind } from '../core/own-rows.js'
import type { Clock, Log, Registrar } from '../core/ports.js'
import { StoreError } from '../core/store-port.js'
import type { LiveState } from '../lookup/live-state.js'
import { pauseOf } from '../lookup/pauses.js'

const LOOK_MS = SECOND_MS / 2

export interface PauseWatchDependencies {
  readonly state: LiveState
  readonly registrar: Registrar
  readonly clock: Clock
  readonly log: Log
}

export class PauseWatch {
  readonly #dependencies: PauseWatchDependencies
  readonly #told = new Map<PauseKind, Pause>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(dependencies: PauseWatchDependencies) {
    this.#dependencies = dependencies
  }

  /** What is paused since before the start is told first. */
  start(): void {
    const look = () => {
      this.#looking ??= this.look().finally(() => (this.#looking = undefined))
    }
    if (this.#timer === undefined) look()
    this.#timer ??= setInterval(look, LOOK_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#looking
  }

  async look(): Promise<void> {
    for (const kind of PAUSES) {
      const pause = this.#tell(kind)
      if (pause === undefined) await this.#clear(kind)
    }
  }

  #tell(kind: PauseKind): Pause | undefined {
    const { state, clock, log } = this.#dependencies
    const pause = pauseOf(state, kind, clock())
    const told = this.#told.get(kind)
    if (pause === told) return pause
    if (pause === undefined) {
      this.#told.delete(kind)
      log.warn('resumed', { what: kind })
    } else {
      this.#told.set(kind, pause)
      const { reason, by, untilMs } = pause
      const until = untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }
      log.warn('paused', { what: kind, reason, by, ...until })
    }
    return pause
  }

  /** In force → over: the row goes. */
  async #clear(kind: PauseKind): Promise<void> {
    const { state, registrar } = this.#dependencies
    if (!state.lists.of('pauses').has(kind)) return
    try {
      await registrar.change({ table: 'pauses', name: kind, row: null })
    } catch (error) {
      // Tried again at the next look.
      if (!(error instanceof StoreError)) throw error
    }
  }
}
