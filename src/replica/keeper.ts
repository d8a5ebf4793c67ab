/**
 * What a copy needs now and then: its file written anew, how far it has come noted, what has ended
 * dropped. Asked after every event, so that it has no timer of its own.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Cursor } from '../core/feed.js'
import { peerNameOf } from '../core/identity.js'
import { MINUTE_MS, SECOND_MS } from '../core/limits.js'
import type { Clock } from '../core/ports.js'
import type { Copy } from './copy.js'
import type { LastGood } from './last-good.js'

/** A start then has that much to catch up with at the most. */
const KEEP_MS = 5 * MINUTE_MS
const SEE_MS = 10 * SECOND_MS
const SWEEP_MS = 60 * MINUTE_MS
const SWEEP_TURN = 512

export interface KeeperParts {
  readonly store: LastGood | undefined
  readonly clock: Clock
}

export class Keeper {
  readonly #parts: KeeperParts
  #keptAtMs = -Infinity
  #keptNumber = -1
  #sawAtMs = -Infinity
  #sweptAtMs = performance.now()

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  async look(copy: Copy): Promise<void> {
    const now = performance.now()
    const { store } = this.#parts
    if (store !== undefined && now - this.#sawAtMs >= SEE_MS) {
      this.#sawAtMs = now
      await store.see(peerNameOf(copy.context.own), copy.cursor)
    }
    if (now - this.#keptAtMs >= KEEP_MS) await this.keep(copy)
    if (now - this.#sweptAtMs >= SWEEP_MS) await this.#sweep(copy)
  }

  /** Writes the copy, if it is level with its node and not what the file holds already. */
  async keep(copy: Copy): Promise<void> {
    if (this.#parts.store === undefined || copy.cursor.number === this.#keptNumber) return
    const snapshot = copy.snapshot()
    if (snapshot === undefined) return
    await this.put(peerNameOf(copy.context.own), copy.cursor, snapshot.chunks)
  }

  async put(node: string, cursor: Cursor, chunks: readonly Uint8Array[]): Promise<void> {
    this.#keptAtMs = performance.now()
    this.#keptNumber = cursor.number
    await this.#parts.store?.keep(node, cursor, chunks)
  }

  async #sweep(copy: Copy): Promise<void> {
    this.#sweptAtMs = performance.now()
    const steps = copy.sweep(this.#parts.clock())
    for (let step = 0; steps.next().done !== true; step++) {
      if (step % SWEEP_TURN === 0) await nextTurn()
    }
  }
}
