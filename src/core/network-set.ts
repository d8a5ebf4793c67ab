/**
 * A set of addresses, kept as the fewest networks: sorted, disjoint, no two of them halves of one.
 * Networks are nested or apart and never overlap in part, so what the set covers whole lies in one
 * member, and the members inside a network are one slice. All answers are binary searches.
 */
import { addressText, parseAddress, parseNetwork, type Network } from './address.js'

type Version = Network['version']
const BITS = { 4: 32, 6: 128 } as const
const ANY_WIDTH = { 4: 0, 6: 0 } as const

/** Bases as hexadecimal text of one width, so that their order as text is that of numbers. */
interface Members {
  readonly bases: readonly string[]
  readonly lengths: readonly number[]
}

/** A network as it is compared: made once where many sets are asked about it. */
export interface Place {
  readonly version: Version
  readonly base: string
  readonly length: number
}

export function placeOf({ version, base, length }: Omit<Network, 'text'>): Place {
  return { version, base: hexOf(base), length }
}

export class NetworkSet {
  readonly #members: Readonly<Record<Version, Members>>
  static readonly EMPTY = new NetworkSet([])

  constructor(networks: Iterable<Network>) {
    const all = [...networks]
    this.#members = { 4: fewest(all, 4), 6: fewest(all, 6) }
  }

  get size(): number {
    return this.#members[4].bases.length + this.#members[6].bases.length
  }

  /** Whether every address of the network is in the set. */
  covers(network: Network): boolean {
    return this.holds(placeOf(network))
  }

  /** As `covers`. The member at or before a base is the only one that can hold it. */
  holds({ version, base, length }: Place): boolean {
    const { bases, lengths } = this.#members[version]
    const next = firstFrom(bases, base)
    const at = bases[next] === base ? next : next - 1
    if (at < 0 || lengths[at]! > length) return false
    return hasPrefix(base, bases[at]!, lengths[at]!)
  }

  /** Whether any address of the network is in the set. */
  meets(place: Place): boolean {
    if (this.holds(place)) return true
    const { bases } = this.#members[place.version]
    const next = bases[firstFrom(bases, place.base)]
    return next !== undefined && hasPrefix(next, place.base, place.length)
  }

  /** What of the set lies in the network; the network itself where the set covers it. */
  within(network: Network): readonly Network[] {
    if (this.covers(network)) return [network]
    const { version, length } = network
    const { bases, lengths } = this.#members[version]
    const base = hexOf(network.base)
    const inside: Network[] = []
    for (let i = firstFrom(bases, base); i < bases.length; i++) {
      if (!hasPrefix(bases[i]!, base, length)) break
      inside.push(networkOf(bases[i]!, lengths[i]!))
    }
    return inside
  }

  *[Symbol.iterator](): Generator<Network> {
    for (const version of [4, 6] as const) {
      const { bases, lengths } = this.#members[version]
      for (const [i, base] of bases.entries()) yield networkOf(base, lengths[i]!)
    }
  }

  /**
   * The rest of a network without the set, as the fewest networks in order; undefined where that
   * would be more than `piecesMax`.
   */
  carve(network: Network, piecesMax: number): readonly Network[] | undefined {
    const rest: Network[] = []
    return this.#carve(network, piecesMax, rest) ? rest : undefined
  }

  #carve(network: Network, piecesMax: number, rest: Network[]): boolean {
    const inside = this.within(network)
    if (inside.length === 0) {
      rest.push(network)
      return rest.length <= piecesMax
    }
    if (inside[0]!.length === network.length) return true
    return halves(network).every((half) => this.#carve(half, piecesMax, rest))
  }
}

/** Place of the first base that is not before `base`. */
function firstFrom(bases: readonly string[], base: string): number {
  let low = 0
  let high = bases.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bases[middle]! < base) low = middle + 1
    else high = middle
  }
  return low
}

function fewest(networks: readonly Network[], version: Version): Members {
  const sorted = networks
    .filter((network) => network.version === version)
    .map(({ base, length }) => ({ base: hexOf(base), length }))
    .sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : a.length - b.length))
  const kept: { base: string; length: number }[] = []
  for (let next of sorted) {
    const last = kept.at(-1)
    if (
      last !== undefined &&
      last.length <= next.length &&
      hasPrefix(next.base, last.base, last.length)
    )
      continue
    // Two halves are their whole, which may be the second half of another.
    for (let half = kept.at(-1); half !== undefined && areHalves(half, next); half = kept.at(-1)) {
      next = { base: half.base, length: half.length - 1 }
      kept.pop()
    }
    kept.push(next)
  }
  return { bases: kept.map(({ base }) => base), lengths: kept.map(({ length }) => length) }
}

type Half = Omit<Place, 'version'>

/** `a` comes before `b` and neither holds the other. */
function areHalves(a: Half, b: Half): boolean {
  return a.length === b.length && a.length > 0 && hasPrefix(b.base, a.base, a.length - 1)
}

/** Whether two bases of one width agree in their first `length` bits. */
function hasPrefix(base: string, prefix: string, length: number): boolean {
  const digits = length >> 2
  if (base.slice(0, digits) !== prefix.slice(0, digits)) return false
  const bits = length & 3
  if (bits === 0) return true
  const differ = parseInt(base[digits]!, 16) ^ parseInt(prefix[digits]!, 16)
  return differ >> (4 - bits) === 0
}

function halves({ version, base, length }: Network): readonly [Network, Network] {
  const second = [...base]
  second[length >> 3]! |= 0x80 >> (length & 7)
  return [made(version, base, length + 1), made(version, second, length + 1)]
}

function made(version: Version, base: readonly number[], length: number): Network {
  return { version, base, length, text: `${addressText(base)}/${length}` }
}

function networkOf(base: string, length: number): Network {
  const bytes = [...Buffer.from(base, 'hex')]
  return made(bytes.length === 4 ? 4 : 6, bytes, length)
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hexOf(bytes: readonly number[]): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]!
  return hex
}

/** A network of any width, or an address as the network of itself; undefined for anything else. */
export function anyNetwork(text: string): Network | undefined {
  if (text.includes('/')) {
    const network = parseNetwork(text, ANY_WIDTH)
    return network.ok ? network.value : undefined
  }
  const address = parseAddress(text)
  if (!address.ok) return undefined
  const { version, bytes, text: canonical } = address.value
  const length = BITS[version]
  return { version, base: bytes, length, text: `${canonical}/${length}` }
}
