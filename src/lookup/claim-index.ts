/**
 * All claims, in memory, by key and author: what every look-up reads. A view of the claim rows on
 * disk; intake alone changes it, after a commit. It knows nothing of time, trust or policy.
 */
import type { Register, Staircase } from '../core/claims.js'
import { parseAddress } from '../core/address.js'
import { indicatorOf, typeByName, type Indicator, type IndicatorKey } from '../core/indicator.js'
import { Neighbours } from './neighbours.js'
import { Occupancy } from './occupancy.js'

/** What one author says about a key in one register. */
export interface AuthorClaims extends Omit<Register, 'key'> {
  readonly staircase: Staircase
}

type Place = Omit<Register, 'key'>

function isSame(a: Place, b: Place): boolean {
  return a.author === b.author && a.kind === b.kind && a.about === b.about
}

const NONE: readonly AuthorClaims[] = []
const IPV6 = typeByName('net.ipv6')!.code
const CIDR = typeByName('net.cidr')!.code

export class ClaimIndex {
  /**
   * A short list per key: most keys have one author, few have more than the members of a
   * federation.
   */
  readonly #byKey = new Map<IndicatorKey, readonly AuthorClaims[]>()
  /** How many keys are networks of a length, per IP version: which prefixes are worth a probe. */
  readonly #lengths = { 4: new Map<number, number>(), 6: new Map<number, number>() }

  /** How much of what could act each author owns. */
  readonly occupancy = new Occupancy()
  /** IPv6 addresses by their /64. */
  readonly #near = new Map<string, Neighbours>()

  get size(): number {
    return this.#byKey.size
  }

  on(key: IndicatorKey): readonly AuthorClaims[] {
    return this.#byKey.get(key) ?? NONE
  }

  of(register: Register): Staircase {
    return this.on(register.key).find((held) => isSame(held, register))?.staircase ?? []
  }

  set(key: IndicatorKey, claims: AuthorClaims): void {
    const { author, kind, about, staircase } = claims
    const held = this.on(key)
    const before = held.find((other) => isSame(other, claims))
    const next = before === undefined ? held.slice() : held.filter((other) => other !== before)
    if (staircase.length > 0) next.push({ author, kind, about, staircase })
    // A copy has the size of what is in it; a list that grew keeps room for sixteen more.
    if (next.length > 0) this.#byKey.set(key, next.slice())
    else this.#byKey.delete(key)
    this.occupancy.change(before?.staircase ?? [], staircase)
    if (held.length === 0 && next.length > 0) this.#note(key, 1)
    if (held.length > 0 && next.length === 0) this.#note(key, -1)
  }

  /** Network lengths in use, longest first. */
  networkLengths(version: 4 | 6): number[] {
    return [...this.#lengths[version].keys()].sort((a, b) => b - a)
  }

  entries(): IterableIterator<[IndicatorKey, readonly AuthorClaims[]]> {
    return this.#byKey.entries()
  }

  clear(): void {
    this.#byKey.clear()
    this.#lengths[4].clear()
    this.#lengths[6].clear()
    this.#near.clear()
    this.occupancy.clear()
  }

  /**
   * The first IPv6 addresses that are spoken about in the /64 of an address; none for IPv4.
   */
  near(bytes: readonly number[]): readonly Indicator[] {
    if (bytes.length !== 16) return []
    const near = this.#near.get(subscriberOf(bytes))?.first() ?? []
    return near.map((value) => ({ type: IPV6, value }))
  }

  #note(key: IndicatorKey, by: 1 | -1): void {
    const { type, value } = indicatorOf(key)
    if (type === IPV6) return this.#noteNear(value, by)
    if (type !== CIDR) return
    const lengths = this.#lengths[value.includes(':') ? 6 : 4]
    const length = Number(value.slice(value.indexOf('/') + 1))
    const count = (lengths.get(length) ?? 0) + by
    if (count > 0) lengths.set(length, count)
    else lengths.delete(length)
  }

  #noteNear(value: string, by: 1 | -1): void {
    const address = parseAddress(value)
    if (!address.ok) return
    const subscriber = subscriberOf(address.value.bytes)
    let near = this.#near.get(subscriber)
    if (near === undefined) this.#near.set(subscriber, (near = new Neighbours()))
    if (by === 1) near.add(value)
    else near.remove(value)
    if (near.isEmpty) this.#near.delete(subscriber)
  }
}

/** The first eight bytes, one character each. */
function subscriberOf(bytes: readonly number[]): string {
  return String.fromCharCode(...bytes.slice(0, 8))
}
