/**
 * Whether a sketch may act at all on this node: its hashes in order, each once, and few of them of
 * ordinary prompts. A member who signs what everybody writes is caught here; nobody is refused for
 * it, and the reason is shown.
 */
import type { Indicator } from '../core/indicator.js'
import { hashesIn, isAscending, type ShingleHasher } from '../core/sketch.js'

const COMMON_SHARE_MAX = 0.1
const KEPT = 40_000

export class Arming {
  readonly #common: ReadonlySet<string>
  readonly #hashers: () => readonly ShingleHasher[]
  /** Ordinary shingles under each key, by its id. */
  readonly #byKey = new Map<string, ReadonlySet<number>>()
  readonly #judged = new Map<string, boolean>()

  constructor(common: ReadonlySet<string>, hashers: () => readonly ShingleHasher[]) {
    this.#common = common
    this.#hashers = hashers
  }

  readonly isArmed = ({ value }: Indicator): boolean => {
    let armed = this.#judged.get(value)
    if (armed === undefined) {
      armed = isAscending(value) && this.#commonShare(value) < COMMON_SHARE_MAX
      if (this.#judged.size >= KEPT) this.#judged.clear()
      this.#judged.set(value, armed)
    }
    return armed
  }

  #commonShare(value: string): number {
    const common = this.#commonUnder(value.slice(0, 8))
    if (common === undefined) return 1
    const hashes = hashesIn(value)
    let found = 0
    for (let i = 0; i < hashes.length; i += 2) {
      if (common.has(numberOf(hashes[i]!, hashes[i + 1]!))) found++
    }
    return found / (hashes.length / 2)
  }

  #commonUnder(keyId: string): ReadonlySet<number> | undefined {
    const held = this.#byKey.get(keyId)
    const hasher = this.#hashers().find((one) => one.keyId === keyId)
    if (held !== undefined || hasher === undefined) return held
    const numbers = new Set<number>()
    for (const shingle of this.#common) numbers.add(numberOf(...hasher.of(shingle)))
    this.#byKey.set(keyId, numbers)
    return numbers
  }
}

/** Fifty-three bits of a hash: as many as a number holds. */
function numberOf(high: number, low: number): number {
  return high * 0x200000 + (low >>> 11)
}
