/**
 * A token bucket for bytes. Takers wait in the order they came; nothing is refused. What it
 * protects is a buffer beneath it that does not say when it is full.
 */
import { setTimeout as sleep } from 'node:timers/promises'

export class Pace {
  readonly #bytesPerMs: number
  readonly #burstMs: number
  /** Up to when the bytes already given out are paid for; at most a full bucket in the past. */
  #paidUntilMs = -Infinity

  constructor(bytesPerSecond: number, burstBytes: number) {
    this.#bytesPerMs = bytesPerSecond / 1_000
    this.#burstMs = burstBytes / this.#bytesPerMs
  }

  /** Resolves when `bytes` may be sent; rejects when `signal` is aborted first. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const now = performance.now()
    this.#paidUntilMs = Math.max(this.#paidUntilMs, now - this.#burstMs) + bytes / this.#bytesPerMs
    const waitMs = this.#paidUntilMs - now
    if (waitMs > 0) await sleep(waitMs, undefined, { signal })
  }
}
