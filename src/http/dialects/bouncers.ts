/**
 * Programs that pull what acts: when each last did, how far those of the stream of decisions have
 * read, and what they say they dropped.
 */

import type { ConsumerCounts } from '../../core/ports.js'

interface Bouncer {
  /** Token and client address. */
  readonly name: string
  readonly from: number
  readonly number: number
  readonly lastPullMs: number
}

/** Of an answer: undefined begins with all there is. */
export interface Reading {
  readonly from: number | undefined
  readonly number: number
}

/** Names that never come back must not add up for ever. */
const BOUNCERS_MAX = 1_000
/** Of one push: far above any firewall's traffic in half an hour. */
const VALUE_MAX = 1e12

export class Bouncers {
  readonly #read = new Map<string, Bouncer>()
  readonly #dropped = new Map<string, number>()
  /** Of whole lists, by name of the token. */
  readonly #pulled = new Map<string, number>()

  /** Where its next answer begins; undefined of one that is not known. */
  cursorOf(name: string): number | undefined {
    return this.#read.get(name)?.from
  }

  /**
   * An answer up to `number` has left whole. That it arrived nobody says, so what was new in it is
   * said once more; but not all there is: whoever lost that asks for it.
   */
  read(name: string, { from, number }: Reading, now: number): void {
    const next = from === undefined ? number : (this.#read.get(name)?.number ?? number)
    this.#read.delete(name)
    this.#read.set(name, { name, from: next, number, lastPullMs: now })
    const [oldest] = this.#read.keys()
    if (this.#read.size > BOUNCERS_MAX) this.#read.delete(oldest!)
  }

  /** A whole list has been asked for. */
  pulled(token: string, now: number): void {
    this.#pulled.set(token, now)
  }

  counts(): ConsumerCounts {
    const lastPullMs = new Map(this.#pulled)
    for (const { name, lastPullMs: ms } of this.#read.values()) {
      const [token = ''] = name.split(' ')
      lastPullMs.set(token, Math.max(ms, lastPullMs.get(token) ?? 0))
    }
    return { lastPullMs, dropped: this.#dropped }
  }

  /** Takes a push of metrics; what is of another shape counts nothing. */
  reported(token: string, body: unknown): void {
    let sum = 0
    for (const component of listAt(body, 'remediation_components')) {
      for (const metrics of listAt(component, 'metrics')) {
        for (const item of listAt(metrics, 'items')) sum += droppedIn(item)
      }
    }
    if (sum > 0) this.#dropped.set(token, (this.#dropped.get(token) ?? 0) + sum)
  }
}

function listAt(body: unknown, name: string): readonly unknown[] {
  if (typeof body !== 'object' || body === null) return []
  const list = (body as Readonly<Record<string, unknown>>)[name]
  return Array.isArray(list) ? list : []
}

function droppedIn(item: unknown): number {
  const { name, value } = (item ?? {}) as { name?: unknown; value?: unknown }
  if (name !== 'dropped' || typeof value !== 'number') return 0
  return value > 0 && value < VALUE_MAX ? value : 0
}
