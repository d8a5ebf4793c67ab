/**
 * Chance that can be had again: all of it comes from one number (sfc32, seeded by splitmix32). Not
 * for secrets.
 */
export class Random {
  readonly #state: Uint32Array

  constructor(seed: number) {
    let x = seed >>> 0
    const word = (): number => {
      x = (x + 0x9e3779b9) | 0
      let t = x ^ (x >>> 16)
      t = Math.imul(t, 0x21f0aaad)
      t ^= t >>> 15
      t = Math.imul(t, 0x735a2d97)
      return (t ^ (t >>> 15)) >>> 0
    }
    this.#state = Uint32Array.of(word(), word(), word(), 1)
    for (let i = 0; i < 12; i++) this.word()
  }

  /** A whole number from 0 to 2^32 − 1. */
  word(): number {
    const s = this.#state
    const [a, b, c, d] = s as unknown as [number, number, number, number]
    const out = (a + b + d) >>> 0
    s[3] = d + 1
    s[0] = b ^ (b >>> 9)
    s[1] = c + (c << 3)
    s[2] = ((c << 21) | (c >>> 11)) + out
    return out
  }

  /** A whole number from 0 to `end` − 1. */
  below(end: number): number {
    return Math.floor((this.word() / 2 ** 32) * end)
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(p: number): boolean {
    return this.word() < p * 2 ** 32
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][]
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [name, weight] of entries) {
      if (left < weight) return name
      left -= weight
    }
    throw new Error('weights without weight')
  }

  /** Each of the list with probability `p`, in its order. */
  some<T>(list: readonly T[], p: number): T[] {
    return list.filter(() => this.chance(p))
  }

  hex(bytes: number): string {
    return Array.from({ length: bytes }, () => this.below(256).toString(16).padStart(2, '0')).join(
      '',
    )
  }
}
