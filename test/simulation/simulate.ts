/**
 * Runs worlds by the command line: `SEED=7` one, `SEEDS=10000` many from `FROM` (1) on, each of
 * `STEPS`; gives up after `FAILURES` (5). Ends with one line of JSON.
 */
import { pathToFileURL } from 'node:url'
import { simulate, SimulationFailure, STEPS } from './simulation.js'

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)

async function main(): Promise<void> {
  const one = process.env['SEED']
  const from = one === undefined ? number('FROM', 1) : Number(one)
  const seeds = one === undefined ? number('SEEDS', 100) : 1
  const steps = number('STEPS', STEPS)
  const coverage = new Map<string, number>()
  const failed: number[] = []
  const startedMs = performance.now()
  let lived = 0
  for (; lived < seeds && failed.length < number('FAILURES', 5); lived++) {
    try {
      const { covered } = await simulate(from + lived, steps)
      for (const kind of covered) coverage.set(kind, (coverage.get(kind) ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      failed.push(from + lived)
      process.stdout.write(`${error.message}\n`)
    }
  }
  const seconds = (performance.now() - startedMs) / 1_000
  const kinds = [...coverage].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [kind, count] of kinds) {
    process.stdout.write(`${kind.padEnd(24)} ${String(count).padStart(6)} of ${lived} seeds\n`)
  }
  const tenths = (value: number) => Math.round(value * 10) / 10
  const speed = { seconds: tenths(seconds), perSecond: tenths(lived / seconds) }
  const result = {
    from,
    seeds: lived,
    steps,
    failed,
    ...speed,
    coverage: Object.fromEntries(kinds),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

// Mocha loads every file of a folder it is given.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
