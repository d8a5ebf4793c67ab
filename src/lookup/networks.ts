/**
 * The networks that are spoken about, by length: an address is looked for once for each length that
 * is in use, of which there are few, however many networks there are.
 */
import { numberOfIpv4 } from '../core/address.js'

export class Networks {
  /** How many are of a length, per IP version. */
  readonly #lengths = { 4: new Map<number, number>(), 6: new Map<number, number>() }
  /** The IPv4 ones as numbers: bases by length. */
  readonly #bases = new Map<number, Set<number>>()

  /** One more, or one less; canonical text. */
  note(network: string, by: 1 | -1): void {
    const isIpv6 = network.includes(':')
    const lengths = this.#lengths[isIpv6 ? 6 : 4]
    const slash = network.indexOf('/')
    const length = Number(network.slice(slash + 1))
    if (!isIpv6) this.#noteBase(length, numberOfIpv4(network.slice(0, slash)), by)
    const count = (lengths.get(length) ?? 0) + by
    if (count > 0) lengths.set(length, count)
    else lengths.delete(length)
  }

  #noteBase(length: number, base: number, by: 1 | -1): void {
    const bases = this.#bases.get(length) ?? new Set()
    if (by === 1) this.#bases.set(length, bases.add(base))
    else bases.delete(base)
    if (bases.size === 0) this.#bases.delete(length)
  }

  /** Lengths in use, longest first. */
  lengths(version: 4 | 6): number[] {
    return [...this.#lengths[version].keys()].sort((a, b) => b - a)
  }

  /** Whether one of them holds an IPv4 address, given as a number. */
  hold(address: number): boolean {
    for (const [length, bases] of this.#bases) {
      if (bases.has((address & (-1 << (32 - length))) >>> 0)) return true
    }
    return false
  }
}
