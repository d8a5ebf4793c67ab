/**
 * Runs worlds by the command line: `SEED=7` one, `SEEDS=10000` many from `FROM` (1) on, each of `STEPS`.
 * Ends with one line of JSON.
 */
import { simulate, SimulationFailure, STEPS } from './simulation.js'

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)
const one = process.env['SEED']
const from = one === undefined ? number('FROM', 1) : Number(one)
const seeds = one === undefined ? number('SEEDS', 100) : 1
const steps = number('STEPS', STEPS)

const coverage = new Map<string, number>()
const failed: number[] = []
const startedMs = performance.now()
for (let seed = from; seed < from + seeds; seed++) {
  try {
    const { covered } = await simulate(seed, steps)
    for (const kind of covered) coverage.set(kind, (coverage.get(kind) ?? 0) + 1)
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error
    failed.push(seed)
    process.stdout.write(`${error.message}\n`)
    if (failed.length >= number('FAILURES', 5)) break
  }
}
const seconds = (performance.now() - startedMs) / 1_000
for (const [kind, count] of [...coverage].sort(([a], [b]) => (a < b ? -1 : 1))) {
  process.stdout.write(`${kind.padEnd(24)} ${String(count).padStart(6)} of ${seeds} seeds\n`)
}
const result = { from, seeds, steps, failed, seconds: Math.round(seconds * 10) / 10 }
const line = { ...result, perSecond: Math.round((seeds / seconds) * 10) / 10 }
process.stdout.write(`${JSON.stringify({ ...line, coverage: Object.fromEntries(coverage) })}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
