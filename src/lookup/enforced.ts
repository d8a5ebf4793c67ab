/**
 * The addresses and networks that act, as programs are told that know nothing but lists: each value
 * with its action and its end, carved around what never acts, and with a number that rises with
 * every change, so that whoever read up to a number is told what is new and what is gone since.
 *
 * A view of the state, brought up to date when it is asked for. The walk is a generator, so that
 * others have their turn; what is handed out is compared with the clock once more.
 */
import { parseAddress, networkText } from '../core/address.js'
import { ACTION, type Action } from '../core/codes.js'
import {
  indicatorOf,
  strongest,
  typeByName,
  type Indicator,
  type IndicatorKey,
} from '../core/indicator.js'
import type { Clock } from '../core/ports.js'
import { judge } from '../policy/judge.js'
import { basisOf, KeyWatch, type KeyChange } from './key-watch.js'
import { leaving } from './leaving.js'
import { saidOn } from './said.js'
import { enforceable, type Lookup } from './verdict.js'

export interface EnforcedParts {
  readonly lookup: () => Lookup
  readonly clock: Clock
}

/** One address or network as others' lists have it. */
export interface EnforcedValue {
  /** Canonical text: an address, or a network with its length. */
  readonly value: string
  readonly action: Action
  /** Milliseconds since 1970 UTC. */
  readonly endsMs: number
  /** Of its last change. */
  readonly number: number
}

export interface EnforcedChanges {
  /** What acts at least so, changed since. */
  readonly fresh: readonly EnforcedValue[]
  /** What does not any more. */
  readonly gone: readonly string[]
  readonly number: number
}

interface Given {
  readonly action: Action
  readonly endsMs: number
  readonly values: readonly string[]
}

interface Held {
  action: Action
  endsMs: number
  number: number
  readonly givers: Set<IndicatorKey>
}

const CIDR = typeByName('net.cidr')!.code
const IPV6 = typeByName('net.ipv6')!.code
const NETWORK_TYPES: ReadonlySet<number> = new Set([typeByName('net.ipv4')!.code, IPV6, CIDR])
/** An IPv6 subscriber is a /64: a report of one of its addresses is about all of them. */
const SUBSCRIBER_BITS = 64

/** Values that act no more and are remembered for those who read seldom. */
const GONE_MAX = 100_000

export class Enforced {
  readonly #parts: EnforcedParts
  readonly #given = new Map<IndicatorKey, Given>()
  readonly #values = new Map<string, Held>()
  readonly #watch: KeyWatch
  /**
   * Values in the order of their changes; one stands at its last one, with the strongest it has
   * been: whom it never concerned need not hear that it is gone.
   */
  readonly #changes = new Map<string, { readonly number: number; readonly peak: Action }>()
  #number = 0
  /** What was gone by then may be forgotten. */
  #floor = 0

  constructor(parts: EnforcedParts) {
    this.#parts = parts
    this.#watch = new KeyWatch({ ...parts, basis: enforcedBasis, types: NETWORK_TYPES })
  }

  get number(): number {
    return this.#number
  }

  /** Up to date when it is done; a step is a key. */
  *refresh(): Generator<void> {
    for (const change of this.#watch.changes()) {
      if (change === 'whole') this.#dropUnsaid()
      else this.#judge(change)
      yield
    }
  }

  #dropUnsaid(): void {
    const { claims } = this.#parts.lookup().state
    for (const key of this.#given.keys()) {
      if (claims.on(key).length === 0) this.#give(key, undefined)
    }
  }

  #judge({ key, at, now }: KeyChange): void {
    const indicator = indicatorOf(key)
    const said = saidOn(at, indicator, now)
    if (said === undefined) return this.#give(key, undefined)
    const { action: reached, endsMs } = judge(at.policy, indicator, said, now)
    const action = enforceable(at, reached)
    if (ACTION.code(action) <= ACTION.code('observe')) return this.#give(key, undefined)
    const capped = ACTION.code(action) > ACTION.code(at.policy.lists.cloud)
    const values = valuesOf(at, indicator, now, capped)
    this.#give(key, values.length === 0 ? undefined : { action, endsMs, values })
  }

  #give(key: IndicatorKey, given: Given | undefined): void {
    const before = this.#given.get(key)
    if (given === undefined) this.#given.delete(key)
    else this.#given.set(key, given)
    for (const value of new Set([...(before?.values ?? []), ...(given?.values ?? [])])) {
      const held = this.#values.get(value)
      const givers = held?.givers ?? new Set()
      if (given?.values.includes(value) === true) givers.add(key)
      else givers.delete(key)
      this.#settle(value, held, givers)
    }
  }

  /** What a value comes to: the strongest of those that give it, for as long as one does. */
  #settle(value: string, held: Held | undefined, givers: Set<IndicatorKey>): void {
    let action: Action = 'allow'
    let endsMs = 0
    for (const giver of givers) {
      const given = this.#given.get(giver)!
      const isStronger = ACTION.code(given.action) > ACTION.code(action)
      if (isStronger) endsMs = given.endsMs
      else if (given.action === action) endsMs = Math.max(endsMs, given.endsMs)
      action = strongest(action, given.action)
    }
    if (held?.action === action && held.endsMs === endsMs) return
    const number = ++this.#number
    if (givers.size === 0) this.#values.delete(value)
    else this.#values.set(value, { action, endsMs, number, givers })
    const peak = strongest(action, this.#changes.get(value)?.peak ?? 'allow')
    this.#changes.delete(value)
    this.#changes.set(value, { number, peak })
    if (this.#changes.size > GONE_MAX + 2 * this.#values.size) this.#forgetGone()
  }

  /** Who has not read for so long begins anew. */
  #forgetGone(): void {
    for (const [value, { number }] of this.#changes) {
      if (this.#changes.size <= GONE_MAX / 2 + this.#values.size) return
      if (this.#values.has(value)) continue
      this.#changes.delete(value)
      this.#floor = number
    }
  }

  /** What acts at least so at `now`, in no order. */
  *all(least: Action, now: number): Generator<EnforcedValue> {
    for (const [value, { action, endsMs, number }] of this.#values) {
      if (ACTION.code(action) < ACTION.code(least) || endsMs <= now) continue
      yield { value, action, endsMs, number }
    }
  }

  /** How many `all` gives. */
  count(least: Action, now: number): number {
    let count = 0
    for (const { action, endsMs } of this.#values.values()) {
      if (ACTION.code(action) >= ACTION.code(least) && endsMs > now) count++
    }
    return count
  }

  /**
   * What changed after a number that was handed out before; undefined where that is too long ago,
   * or was never handed out.
   */
  since(number: number, least: Action, now: number): EnforcedChanges | undefined {
    if (number < this.#floor || number > this.#number) return undefined
    if (number === this.#number) return { fresh: [], gone: [], number }
    const fresh: EnforcedValue[] = []
    const gone: string[] = []
    for (const [value, { number: at, peak }] of this.#changes) {
      if (at <= number || ACTION.code(peak) < ACTION.code(least)) continue
      const held = this.#values.get(value)
      const acts = held !== undefined && ACTION.code(held.action) >= ACTION.code(least)
      if (acts && held.endsMs > now) fresh.push({ value, ...held })
      else gone.push(value)
    }
    return { fresh, gone, number: this.#number }
  }

  /** Values somebody speaks about that do not act so: what a list from before may still hold. */
  *others(least: Action, now: number): Generator<string> {
    const told = new Set([...this.all(least, now)].map(({ value }) => value))
    for (const value of this.#mentioned(now)) {
      if (told.has(value)) continue
      told.add(value)
      yield value
    }
  }

  /** Also as it left, which may be a wider network or its pieces. */
  *#mentioned(now: number): Generator<string> {
    const at = this.#parts.lookup()
    for (const [key] of at.state.claims.entries(NETWORK_TYPES)) {
      const indicator = indicatorOf(key)
      yield indicator.value
      if (indicator.type === IPV6) yield subscriberOf(indicator).value
      if (indicator.type !== CIDR && indicator.type !== IPV6) continue
      for (const capped of [false, true]) yield* valuesOf(at, indicator, now, capped)
    }
    yield* this.#changes.keys()
  }
}

function enforcedBasis(at: Lookup, now: number): readonly unknown[] {
  return [...basisOf(at, now), at.overflows, at.paused]
}

/** As it leaves: a network without what is protected, an IPv6 address as its subscriber's /64. */
function valuesOf(
  { guards }: Lookup,
  key: Indicator,
  now: number,
  capped: boolean,
): readonly string[] {
  const whole = key.type === IPV6 ? subscriberOf(key) : key
  return leaving(guards, whole, now, capped).map(({ value }) => value)
}

function subscriberOf(key: Indicator): Indicator {
  const address = parseAddress(key.value)
  if (!address.ok) return key
  return { type: CIDR, value: networkText(address.value.bytes, SUBSCRIBER_BITS) }
}

/** Whether a value is a network, and of which version. */
export function placeOf(value: string): { readonly version: 4 | 6; readonly isNetwork: boolean } {
  const isNetwork = value.includes('/')
  const version = value.includes(':') ? 6 : 4
  return { version, isNetwork }
}
