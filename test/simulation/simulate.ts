/**
 * Runs worlds by the command line: `SEED=7` one, `SEEDS=1000` many from `FROM` (1) on, each of
 * `STEPS`. `npm run soak simulate` is the long form, over several processes.
 */
import { pathToFileURL } from 'node:url'
import { BLOCK, live, missing, total, type Lived } from './coverage.js'
import { STEPS } from './simulation.js'

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise)

async function main(): Promise<void> {
  const one = process.env['SEED']
  const from = one === undefined ? number('FROM', 1) : Number(one)
  const seeds = one === undefined ? number('SEEDS', 100) : 1
  const startedMs = performance.now()
  const blocks: Lived[] = []
  for (let done = 0; done < seeds; done += BLOCK) {
    const block = await live(from + done, Math.min(BLOCK, seeds - done), number('STEPS', STEPS))
    for (const { told } of block.failures) process.stdout.write(`${told}\n`)
    for (const kind of missing(block)) process.stdout.write(`from ${block.from} on: no ${kind}\n`)
    blocks.push(block)
  }
  for (const [kind, count] of Object.entries(total(blocks))) {
    process.stdout.write(`${kind.padEnd(28)} ${String(count).padStart(6)} of ${seeds} seeds\n`)
  }
  const seconds = (performance.now() - startedMs) / 1_000
  const failed = blocks.reduce((sum, { failures }) => sum + failures.length, 0)
  process.stdout.write(`${seeds} seeds in ${seconds.toFixed(1)} s, ${failed} failed\n`)
  const lacking = blocks.some((block) => missing(block).length > 0)
  process.exitCode = failed === 0 && !lacking ? 0 : 1
}

// Mocha loads every file of a folder it is given.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
