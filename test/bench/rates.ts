/**
 * Answers a second of several sides, asked in turns: what else the machine does meets all alike.
 */
import { quantile } from '../support/fleet.js'
import { Random } from '../support/random.js'
import type { Figures } from '../support/soak-run.js'
import type { Answering } from './answering.js'
import { load, type Load, type Loaded } from './wrk.js'

/** Of all sides alike; those who answer together share them. */
export const CONNECTIONS = 16
const WARM_SECONDS = 2

/** What one side is asked, for so long. */
export type Side = (seconds: number) => Promise<Loaded>

/** Spread over wide ranges, as attackers are; none is one that a node refuses to hear about. */
export function addresses(count: number): string[] {
  const firsts = [45, 46, 47, 62, 77, 78, 79, 80]
  const random = new Random(20261125)
  const found = new Set<string>()
  while (found.size < count) {
    const rest = [random.below(256), random.below(256), 1 + random.below(254)]
    found.add([firsts[random.below(firsts.length)], ...rest].join('.'))
  }
  return [...found]
}

/** The medians of so many turns of so many seconds. */
export async function inTurns<T extends string>(
  sides: Readonly<Record<T, Side>>,
  turns: number,
  seconds: number,
  warmSeconds = WARM_SECONDS,
): Promise<Record<T, Loaded>> {
  const found = Object.entries(sides) as [T, Side][]
  const said = new Map(found.map(([name]) => [name, [] as Loaded[]]))
  for (const [, ask] of found) await ask(warmSeconds)
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, ask] of found) said.get(name)!.push(await ask(seconds))
  }
  const middle = found.map(([name]) => [name, medians(said.get(name)!)])
  return Object.fromEntries(middle) as Record<T, Loaded>
}

/** A side of several that are asked at once, each with its share of the connections. */
export function together(
  folder: string,
  places: readonly Answering[],
  asked: Pick<Load, 'path' | 'values' | 'post'>,
): Side {
  const connections = CONNECTIONS / places.length
  return async (seconds) => {
    const all = await Promise.all(
      places.map((place) => load(folder, { ...place, ...asked, connections, seconds })),
    )
    return { ...mean(all), rate: all.reduce((sum, { rate }) => sum + rate, 0) }
  }
}

function mean(all: readonly Loaded[]): Loaded {
  const of = (key: keyof Loaded) => all.reduce((sum, one) => sum + one[key], 0) / all.length
  return { rate: of('rate'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms') }
}

/** Of each figure by itself. */
export function medians<T extends object>(all: readonly T[]): T {
  const of = (name: string) =>
    quantile(
      all.map((one) => Number(one[name as keyof T])),
      0.5,
    )
  return Object.fromEntries(Object.keys(all[0]!).map((name) => [name, of(name)])) as T
}

export function told(name: string, { rate, p50Ms, p99Ms }: Loaded): Figures {
  return {
    [`${name}PerSecond`]: round(rate),
    [`${name}P50Ms`]: round(p50Ms),
    [`${name}P99Ms`]: round(p99Ms),
  }
}

export function round(value: number): number {
  return Math.round(100 * value) / 100
}
