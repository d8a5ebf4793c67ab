/**
 * What another policy would turn of the look-ups of the last day, by the sample: each is judged
 * anew under both policies on the reports that had something to say in it, as they are now. What
 * only its masked value could tell (allow entries, lists) is left out on both sides.
 */
import { ACTION, type Action } from '../core/codes.js'
import { indicatorOf, typeOf, type IndicatorKey } from '../core/indicator.js'
import type { LookUps } from './look-ups.js'
import { findingOn, type Lookup } from './verdict.js'

export interface SampleFlips {
  /** Look-ups that those judged stand for. */
  readonly lookUps: number
  readonly flips: number
  readonly byChange: readonly {
    readonly from: Action
    readonly to: Action
    readonly count: number
    /** By the type of the strongest report. */
    readonly byType: Readonly<Record<string, number>>
    readonly byMember: Readonly<Record<string, number>>
  }[]
}

interface Judged {
  readonly action: Action
  readonly type: string
  readonly members: ReadonlySet<string>
}

type Count = Record<string, number>

export function* sampleFlips(
  sample: LookUps,
  before: Lookup,
  after: Lookup,
  now: number,
): Generator<void, SampleFlips> {
  const changes = new Map<string, { from: Action; to: Action; byType: Count; byMember: Count }>()
  const counts: Count = {}
  const [was, is] = [new Bench(before, now), new Bench(after, now)]
  let lookUps = 0
  for (const { lookUp, weight } of sample.all(now)) {
    lookUps += weight
    if (lookUp.keys.length > 0) {
      const [{ action: from }, then] = [was.on(lookUp.keys), is.on(lookUp.keys)]
      const to = then.action
      if (from !== to) {
        const name = `${from} ${to}`
        const change = changes.get(name) ?? { from, to, byType: {}, byMember: {} }
        changes.set(name, change)
        add(counts, name, weight)
        add(change.byType, then.type, weight)
        for (const member of then.members) add(change.byMember, member, weight)
      }
    }
    yield
  }
  const byChange = [...changes].map(([name, { from, to, byType, byMember }]) => {
    const [types, members] = [byType, byMember].map(whole)
    return { from, to, count: Math.round(counts[name]!), byType: types!, byMember: members! }
  })
  const flips = byChange.reduce((sum, { count }) => sum + count, 0)
  byChange.sort((a, b) => b.count - a.count)
  return { lookUps: Math.round(lookUps), flips, byChange }
}

function add(counts: Count, name: string, by: number): void {
  counts[name] = (counts[name] ?? 0) + by
}

function whole(counts: Count): Count {
  return Object.fromEntries(Object.entries(counts).map(([name, of]) => [name, Math.round(of)]))
}

/** Judges keys under one policy, each once. */
class Bench {
  readonly #lookup: Lookup
  readonly #now: number
  readonly #known = new Map<IndicatorKey, Judged>()

  constructor(lookup: Lookup, now: number) {
    this.#lookup = lookup
    this.#now = now
  }

  /** The strongest over keys. */
  on(keys: readonly IndicatorKey[]): Judged {
    return keys
      .map((key) => this.#one(key))
      .reduce((a, b) => (ACTION.code(b.action) > ACTION.code(a.action) ? b : a))
  }

  #one(key: IndicatorKey): Judged {
    let judged = this.#known.get(key)
    if (judged === undefined) {
      const indicator = indicatorOf(key)
      const { action, attributes } = findingOn(this.#lookup, indicator, this.#now)
      const parts = attributes.flatMap((one) => one.parts)
      const members = new Set(parts.map(({ evidence }) => evidence.member))
      judged = { action, type: typeOf(indicator.type).name, members }
      this.#known.set(key, judged)
    }
    return judged
  }
}
