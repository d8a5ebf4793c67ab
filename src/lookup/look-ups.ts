/**
 * A sample of the last day's look-ups that this node answered, to measure by: what a new report
 * would hit, whom a wrong one has met, what another policy would have turned. In memory alone,
 * masked, and told to nobody: addresses by their /24 or /48, domains by the name that was
 * registered, everything else under a key that dies with the node. Which reports had something to
 * say is kept as it is: those are the federation's.
 *
 * Each hour is a slice of so many rows, uniform over the hour's look-ups; what is not kept is
 * counted.
 */
import { parseAddress, parseNetwork } from '../core/address.js'
import type { Action } from '../core/codes.js'
import { registrable } from '../core/domain.js'
import { formsOf, keyOf, typeOf, type Indicator, type IndicatorKey } from '../core/indicator.js'
import { HOUR_MS, MINUTE_MS } from '../core/limits.js'
import type { Finding } from './verdict.js'

const HOURS = 24
export const SLICE_ROWS = 4_096
/** What is left of an address. */
const MASK_BITS = { 4: 24, 6: 48 } as const
const WIDEST_BITS = { 4: 16, 6: 32 } as const

export interface LookUp {
  /** To the minute. */
  readonly atMs: number
  readonly action: Action
  /** Of the reports that had something to say. */
  readonly keys: readonly IndicatorKey[]
}

interface Row extends LookUp {
  /** What it is found under when something is measured. */
  readonly areas: readonly string[]
}

interface Slice {
  readonly hour: number
  seen: number
  readonly rows: Row[]
  /** What algorithm L calls W: the largest of the draws by which its rows were chosen. */
  chance: number
  /** Which look-up is kept next, counted from 1. */
  next: number
}

export interface SampleSize {
  readonly held: number
  /** Look-ups there were. */
  readonly seen: number
  /** Of those, not held. */
  readonly lost: number
  readonly sinceMs: number | undefined
}

/** How many of the sampled look-ups of its kind a key would meet. */
export interface Measured {
  readonly hits: number
  readonly of: number
}

/** A look-up that was answered, and which keys had something to say. */
export interface LookedUp extends Pick<Finding, 'indicator' | 'action'> {
  readonly attributes: readonly { readonly key: Indicator }[]
}

export interface LookUpsParts {
  /** From 0 up to, and without, 1. */
  readonly random: () => number
  /** One way, under a key that nobody else has. */
  readonly mask: (text: string) => string
}

export class LookUps {
  readonly #parts: LookUpsParts
  #slices: Slice[] = []
  readonly #counts = new Map<string, number>()
  #sinceMs: number | undefined
  #lastMs = -Infinity

  constructor(parts: LookUpsParts) {
    this.#parts = parts
  }

  /** Which keys had something to say is asked only of what is kept. */
  note(looked: LookedUp, now: number): void {
    this.#sinceMs ??= now
    this.#lastMs = now
    const slice = this.#sliceAt(now)
    if (++slice.seen < slice.next) return
    const { rows } = slice
    const row = this.#rowOf(looked, now)
    const place =
      rows.length < SLICE_ROWS ? rows.length : Math.floor(this.#parts.random() * SLICE_ROWS)
    const replaced = rows[place]
    if (replaced !== undefined) this.#count(replaced, -1)
    rows[place] = row
    this.#count(row, 1)
    slice.next = rows.length < SLICE_ROWS ? slice.seen + 1 : this.#nextOf(slice)
  }

  #rowOf({ indicator, action, attributes }: LookedUp, now: number): Row {
    const keys = attributes.flatMap(({ key }) => formsOf(key).map(keyOf))
    return { atMs: now - (now % MINUTE_MS), action, keys, areas: this.#areasOf(indicator) }
  }

  /**
   * How many pass until one is kept is drawn at once (Li 1994, algorithm L), so that those that
   * pass cost nothing but to be counted.
   */
  #nextOf(slice: Slice): number {
    // Not 0, of which there is no logarithm.
    const drawn = () => Math.log(1 - this.#parts.random())
    slice.chance *= Math.exp(drawn() / SLICE_ROWS)
    return slice.seen + 1 + Math.floor(drawn() / Math.log1p(-slice.chance))
  }

  #sliceAt(now: number): Slice {
    const hour = Math.floor(now / HOUR_MS)
    const last = this.#slices.at(-1)
    if (last?.hour === hour) return last
    const isKept = ({ hour: of }: Slice) => of > hour - HOURS && of <= hour
    for (const gone of this.#slices.filter((slice) => !isKept(slice))) {
      for (const row of gone.rows) this.#count(row, -1)
    }
    const slice = { hour, seen: 0, rows: [], chance: 1, next: 1 }
    this.#slices = [...this.#slices.filter(isKept), slice]
    return slice
  }

  #count({ areas }: Row, by: 1 | -1): void {
    for (const area of areas) {
      const count = (this.#counts.get(area) ?? 0) + by
      if (count === 0) this.#counts.delete(area)
      else this.#counts.set(area, count)
    }
  }

  /** The kind as a whole first. */
  #areasOf({ type, value }: Indicator): string[] {
    const { name } = typeOf(type)
    if (name === 'net.ipv4' || name === 'net.ipv6') return addressAreas(value)
    if (name === 'net.cidr') return []
    return [name, `${name} ${this.#masked(name, value)}`]
  }

  #masked(name: string, value: string): string {
    if (name === 'net.domain' || name === 'actor.email-domain') return registrable(value)
    return this.#parts.mask(`${name} ${value}`)
  }

  /**
   * What a key would have met. Undefined where the masks do not tell: addresses, networks narrower
   * than what is left of an address, names below a registered one.
   */
  measure({ type, value }: Indicator): Measured | undefined {
    const { name, privacy } = typeOf(type)
    if (privacy === 'keyed' || name === 'net.ipv4' || name === 'net.ipv6') return undefined
    if (name === 'net.cidr') return this.#measureNetwork(value)
    if (name === 'net.domain' && registrable(value) !== value) return undefined
    const area = `${name} ${this.#masked(name, value)}`
    return { hits: this.#counts.get(area) ?? 0, of: this.#counts.get(name) ?? 0 }
  }

  #measureNetwork(value: string): Measured | undefined {
    const network = parseNetwork(value)
    if (!network.ok) return undefined
    const { version, base, length } = network.value
    if (length > MASK_BITS[version] || length < WIDEST_BITS[version]) return undefined
    const area = areaOf(version, base, length)
    return { hits: this.#counts.get(area) ?? 0, of: this.#counts.get(`ip${version}`) ?? 0 }
  }

  /** When the last one was answered; -Infinity where none was. */
  get lastMs(): number {
    return this.#lastMs
  }

  get size(): SampleSize {
    const held = this.#slices.reduce((sum, { rows }) => sum + rows.length, 0)
    const seen = this.#slices.reduce((sum, slice) => sum + slice.seen, 0)
    return { held, seen, lost: seen - held, sinceMs: this.#sinceMs }
  }

  /** Those of the last day that are held, and how many look-ups each stands for. */
  *all(now: number): Generator<{ readonly lookUp: LookUp; readonly weight: number }> {
    const first = Math.floor(now / HOUR_MS) - HOURS
    for (const { hour, seen, rows } of this.#slices) {
      if (hour <= first) continue
      for (const lookUp of rows) yield { lookUp, weight: seen / rows.length }
    }
  }
}

/** Look-ups of the last day in which reports of some keys had something to say. */
export interface Affected {
  /** As many as those that are held stand for. */
  readonly lookUps: number
  readonly byAction: Readonly<Record<string, number>>
  readonly firstMs: number | undefined
  readonly lastMs: number | undefined
}

export function affectedBy(
  sample: LookUps,
  keys: ReadonlySet<IndicatorKey>,
  now: number,
): Affected {
  const byAction: Record<string, number> = {}
  let [lookUps, firstMs, lastMs] = [0, Infinity, -Infinity]
  for (const { lookUp, weight } of sample.all(now)) {
    if (!lookUp.keys.some((key) => keys.has(key))) continue
    lookUps += weight
    byAction[lookUp.action] = (byAction[lookUp.action] ?? 0) + weight
    firstMs = Math.min(firstMs, lookUp.atMs)
    lastMs = Math.max(lastMs, lookUp.atMs)
  }
  for (const action of Object.keys(byAction)) byAction[action] = Math.round(byAction[action]!)
  const times = lookUps === 0 ? { firstMs: undefined, lastMs: undefined } : { firstMs, lastMs }
  return { lookUps: Math.round(lookUps), byAction, ...times }
}

function addressAreas(value: string): string[] {
  const address = parseAddress(value)
  if (!address.ok) return []
  const { version, bytes } = address.value
  const areas = [`ip${version}`]
  for (let length = WIDEST_BITS[version]; length <= MASK_BITS[version]; length++) {
    areas.push(areaOf(version, bytes, length))
  }
  return areas
}

/** The first `length` bits, as text. */
function areaOf(version: 4 | 6, bytes: readonly number[], length: number): string {
  let bits = 0
  for (let i = 0; i < Math.ceil(length / 8); i++) bits = bits * 256 + (bytes[i] ?? 0)
  return `ip${version}/${length} ${Math.floor(bits / 2 ** ((8 - (length % 8)) % 8))}`
}
