/** What worlds have lived through, in blocks of a hundred; each must have seen every fault. */
import { CRASH_POINTS } from './disk.js'
import { simulate, SimulationFailure, STEPS } from './simulation.js'

/** Every kind of fault that the simulation knows, and what must come of some. */
export const FAULTS: readonly string[] = [
  ...[...CRASH_POINTS, 'idle'].map((point) => `crash ${point}`),
  ...['lost', 'delay', 'doubled', 'partition', 'session cut', 'partial trust', 'roster change'],
  ...['clock skew', 'clock jump', 'disk full', 'sweep', 'repeated request', 'database put back'],
  ...['years', 'fork', 'fork proven', 'withhold', 'replay', 'garble', 'future', 'backwards'],
  ...['refused', 'lying catch-up', 'same authors, same hashes'],
]

/** In so many seeds each kind of fault is to occur at least once. */
export const BLOCK = 100
export const NODES_MIN = 5

export interface Lived {
  readonly from: number
  readonly seeds: number
  /** Seeds in which a kind occurred. */
  readonly coverage: Readonly<Record<string, number>>
  /** What was found wrong, with how to see it again. */
  readonly failures: readonly { readonly seed: number; readonly told: string }[]
}

/** Seeds `from` on, `seeds` of them; a failure does not end it. */
export async function live(from: number, seeds: number, steps = STEPS): Promise<Lived> {
  const coverage: Record<string, number> = {}
  const failures: { seed: number; told: string }[] = []
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      const { covered, nodes } = await simulate(seed, steps)
      if (nodes < NODES_MIN) throw new Error(`${nodes} nodes only`)
      for (const kind of covered) coverage[kind] = (coverage[kind] ?? 0) + 1
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      failures.push({ seed, told: error.message })
    }
  }
  return { from, seeds, coverage, failures }
}

/** What a whole block did without. */
export function missing({ seeds, coverage }: Lived): string[] {
  return seeds < BLOCK ? [] : FAULTS.filter((kind) => coverage[kind] === undefined)
}

/** All of them together. */
export function total(blocks: readonly Lived[]): Lived['coverage'] {
  const sum = new Map<string, number>()
  for (const { coverage } of blocks) {
    for (const [kind, count] of Object.entries(coverage))
      sum.set(kind, (sum.get(kind) ?? 0) + count)
  }
  return Object.fromEntries([...sum].sort(([a], [b]) => (a < b ? -1 : 1)))
}
