/**
 * Gossip between simulated nodes: a pool of messages on their way, from which chance takes the
 * next, so that they are late, overtaken, doubled and lost. Sides of a partition do not hear each
 * other.
 */
import type { Random } from '../support/random.js'

/** More on their way than this are lost, as buffers overflow. */
const UNDERWAY_MAX = 300

export interface Message {
  readonly from: string
  readonly to: string
  readonly bytes: Uint8Array
}

export type Fate = 'delivered' | 'lost' | 'doubled'

export class Network {
  readonly #random: Random
  #underway: Message[] = []
  /** Which side of the partition somebody is on; empty while there is none. */
  #sides = new Map<string, number>()

  constructor(random: Random) {
    this.#random = random
  }

  get isSplit(): boolean {
    return this.#sides.size > 0
  }

  get underway(): number {
    return this.#underway.length
  }

  send(from: string, to: string, bytes: Uint8Array): void {
    this.#underway.push({ from, to, bytes })
    if (this.#underway.length > UNDERWAY_MAX) this.#underway.shift()
  }

  split(names: readonly string[]): void {
    this.#sides = new Map(names.map((name) => [name, this.#random.below(2)]))
  }

  heal(): void {
    this.#sides.clear()
  }

  drain(): void {
    this.#underway = []
  }

  reaches(one: string, other: string): boolean {
    return this.#sides.get(one) === this.#sides.get(other)
  }

  /** The next message and what becomes of it. `late` where an older one still waits. */
  next(): { message: Message; fate: Fate; late: boolean } | undefined {
    if (this.#underway.length === 0) return undefined
    const at = this.#random.chance(0.5) ? 0 : this.#random.below(this.#underway.length)
    const message = this.#underway[at]!
    const fate = this.#random.weighted({ delivered: 80, lost: 12, doubled: 8 })
    if (fate !== 'doubled') this.#underway.splice(at, 1)
    return { message, fate, late: at > 0 }
  }
}
