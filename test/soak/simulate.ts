/**
 * Ten thousand simulated worlds in a row, from the seed on, over `WORKERS` (2) processes. Every
 * hundred of them see each kind of fault, or it fails; whatever is found wrong is printed with the
 * seed that shows it again.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { BLOCK, missing, NODES_MIN, total, type Lived } from '../simulation/coverage.js'
import { STEPS } from '../simulation/simulation.js'
import { compiled } from '../support/compiled.js'
import { runSoak, type Figures, type SoakOptions } from '../support/soak-run.js'

/**
 * Worlds are small and short-lived: what one leaves behind dies before it is copied. One thread a
 * process, because there are as many processes as cores.
 */
const FLAGS = ['--single-threaded', '--min-semi-space-size=64', '--max-semi-space-size=64']
const PROGRESS_BLOCKS = 10

export interface SimulateOptions extends SoakOptions {
  readonly seeds: number
  readonly workers: number
}

export async function simulateMany(options: SimulateOptions): Promise<Figures> {
  const { seed, seeds, workers, msMax } = options
  const began = performance.now()
  const blocks: Lived[] = []
  const next = tasks(seed, seeds, began + msMax)
  const program = await compiled('test/simulation/worker.ts')
  try {
    await Promise.all(Array.from({ length: workers }, () => work(program.entry, next, blocks)))
  } finally {
    await program.remove()
  }
  const seconds = (performance.now() - began) / 1_000
  return { workers, ...figuresOf(blocks, seed, seconds) }
}

function* tasks(
  from: number,
  seeds: number,
  end: number,
): Generator<[from: number, seeds: number]> {
  for (let done = 0; done < seeds && performance.now() < end; done += BLOCK) {
    yield [from + done, Math.min(BLOCK, seeds - done)]
  }
}

/** One process, which takes block after block. */
async function work(
  entry: string,
  next: Iterator<[from: number, seeds: number]>,
  blocks: Lived[],
): Promise<void> {
  const child = fork(entry, { execArgv: FLAGS })
  try {
    for (let task = next.next(); task.done !== true; task = next.next()) {
      const [from, seeds] = task.value
      const lived = await ask(child, from, seeds)
      blocks.push(lived)
      for (const { told } of lived.failures) process.stdout.write(`${told}\n`)
      for (const kind of missing(lived)) process.stdout.write(`from ${from} on: no ${kind}\n`)
      if (blocks.length % PROGRESS_BLOCKS === 0) {
        const failed = blocks.reduce((sum, { failures }) => sum + failures.length, 0)
        process.stdout.write(`${blocks.length * BLOCK} seeds, ${failed} failed\n`)
      }
    }
  } finally {
    child.kill()
  }
}

async function ask(child: ChildProcess, from: number, seeds: number): Promise<Lived> {
  child.send({ from, seeds })
  const gone = once(child, 'exit').then(() => {
    throw new Error(`a worker ended among seeds ${from} to ${from + seeds - 1}`)
  })
  const [lived] = (await Promise.race([once(child, 'message'), gone])) as [Lived]
  return lived
}

function figuresOf(blocks: readonly Lived[], from: number, seconds: number): Figures {
  const lived = blocks.reduce((sum, { seeds }) => sum + seeds, 0)
  const failed = blocks.flatMap(({ failures }) => failures.map(({ seed }) => seed))
  const lacking = blocks.filter((block) => missing(block).length > 0).length
  if (failed.length + lacking > 0) process.exitCode = 1
  return {
    seeds: lived,
    from,
    to: from + lived - 1,
    steps: STEPS,
    nodesMin: NODES_MIN,
    perSecond: Math.round((lived / seconds) * 100) / 100,
    failed: failed.length,
    failedSeeds: failed.sort((a, b) => a - b).join(' '),
    blocksWithoutSomeFault: lacking,
    ...total(blocks),
  }
}

const workers = Number(process.env['WORKERS'] ?? 2)
await runSoak(import.meta.url, 'simulate', (options) =>
  simulateMany({ seeds: 10_000, workers, ...options }),
)
