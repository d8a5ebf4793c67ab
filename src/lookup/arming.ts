/**
 * Whether a sketch may act at all on this node: its hashes in order, each once, and few of them of
 * ordinary prompts. A member who signs what everybody writes is caught here; nobody is refused for
 * it, and the reason is shown.
 */
import { canonicalTokens } from '../core/canonical-text.js'
import { hexOf } from '../core/identity.js'
import type { Indicator } from '../core/indicator.js'
import { bandOf, hashesIn, isAscending, type ShingleHasher } from '../core/sketch.js'
import { distinct, SketchIndex } from './sketch-index.js'

const COMMON_SHARE_MAX = 0.1
/** Of this operator's own ordinary prompts, at most so many may contain it. */
const BENIGN_SHARE_MAX = 0.001
const KEPT = 40_000

export class Arming {
  readonly #common: ReadonlySet<string>
  readonly #hashers: () => readonly ShingleHasher[]
  readonly #benign: readonly string[]
  /** Which of them have a hash, under each key. */
  readonly #replays = new Map<string, SketchIndex>()
  /** Ordinary shingles under each key, by its id. */
  readonly #byKey = new Map<string, ReadonlySet<number>>()
  readonly #judged = new Map<string, boolean>()

  /** `benign`: ordinary prompts of this operator. */
  constructor(
    common: ReadonlySet<string>,
    hashers: () => readonly ShingleHasher[],
    benign: readonly string[] = [],
  ) {
    this.#common = common
    this.#hashers = hashers
    this.#benign = benign
  }

  /** Reads the ordinary prompts before anybody waits for it. */
  prepare(): void {
    for (const { keyId } of this.#hashers()) this.#replayUnder(keyId)
  }

  readonly isArmed = ({ value }: Indicator): boolean => {
    let armed = this.#judged.get(value)
    if (armed === undefined) {
      armed =
        isAscending(value) &&
        this.#commonShare(value) < COMMON_SHARE_MAX &&
        this.#benignShare(value) <= BENIGN_SHARE_MAX
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

  #benignShare(value: string): number {
    const replay = this.#replayUnder(value.slice(0, 8))
    if (replay === undefined) return 0
    const hashes = hashesIn(value)
    const found = [...replay.hits(hashes).values()]
    const acting = found.filter((hits) => bandOf(hits, hashes.length / 2) === 'act')
    return acting.length / this.#benign.length
  }

  /** The other way round: prompts stand in the index, and a sketch asks which of them have it. */
  #replayUnder(keyId: string): SketchIndex | undefined {
    const held = this.#replays.get(keyId)
    const hasher = this.#hashers().find((one) => one.keyId === keyId)
    if (held !== undefined || hasher === undefined || this.#benign.length === 0) return held
    const replay = new SketchIndex((id) => {
      const halves = distinct(hasher.all(canonicalTokens(this.#benign[id]!)))
      return (
        keyId + hexOf(new Uint8Array(Buffer.from(halves.buffer, 0, halves.byteLength).swap32()))
      )
    })
    this.#benign.forEach((_, id) => replay.add(id))
    this.#replays.set(keyId, replay)
    return replay
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
