/** One world from its first step to its end, by one seed. */
import { SECOND_MS } from '../../src/core/limits.js'
import { act, admit, WEIGHTS } from './actions.js'
import { checkEnd, heal } from './convergence.js'
import { checkHashes, checkNode } from './invariants.js'
import { Seals } from './seals.js'
import { checkAllVerdicts, checkTouched } from './verdicts.js'
import { World, type Plant } from './world.js'

export const STEPS = 200
const HASHES_EVERY = 10
const VERDICTS_EVERY = 100
const VERIFY_EVERY = 100
/** How often a full disk gets space again. */
const SPACE_AGAIN = 0.25

/** A violation with what it takes to see it again. */
export class SimulationFailure extends Error {
  constructor(
    readonly seed: number,
    readonly step: number,
    readonly what: string,
    events: readonly string[],
  ) {
    const tail = events.map((event) => `    ${event}`).join('\n')
    super(`seed ${seed}, step ${step}: ${what}\n${tail}\n  again: SEED=${seed} npm run simulate`)
  }
}

export interface Lived {
  readonly nodes: number
  /** The kinds of fault that occurred. */
  readonly covered: ReadonlySet<string>
  /** The same for the same seed. */
  readonly trace: string
}

export async function simulate(seed: number, steps = STEPS, plant?: Plant): Promise<Lived> {
  const world = new World(seed, plant)
  const unpatch = plant?.patch?.()
  const seals = new Seals()
  world.timers.install()
  seals.install()
  try {
    await populate(world)
    for (world.step = 1; world.step <= steps; world.step++) await step(world)
    await heal(world)
    checkHashes(world)
    checkAllVerdicts(world)
    await checkEnd(world)
    return { nodes: world.nodes.length, covered: world.covered, trace: world.trace() }
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new SimulationFailure(seed, world.step, what, world.events.slice(-30))
  } finally {
    seals.uninstall()
    world.timers.uninstall()
    unpatch?.()
  }
}

/** Everybody runs and admits most of the others. */
async function populate(world: World): Promise<void> {
  const { random } = world
  for (const node of world.nodes) await world.start(node)
  const everybody = [...world.nodes, ...world.liars]
  for (const node of world.up) {
    admit(world, node, ...random.some(everybody, 0.85).filter((other) => other !== node))
  }
  await world.settle()
  if (trustIsPartial(world)) world.cover('partial trust')
}

/** A admits C, B does not, and A and B are neighbours. */
function trustIsPartial(world: World): boolean {
  const authors = [...world.nodes, ...world.liars]
  return world.up.some((a) =>
    world.up.some(
      (b) =>
        world.linked(a, b) &&
        authors.some((c) => world.admits(a, c.own) && !world.admits(b, c.own)),
    ),
  )
}

async function step(world: World): Promise<void> {
  const { random } = world
  world.time.now += random.below(30 * SECOND_MS)
  for (const { disk } of world.nodes) if (disk.full) disk.full = !random.chance(SPACE_AGAIN)
  world.timers.ring()
  await act(world, random.weighted(WEIGHTS))
  if (random.chance(0.1)) await act(world, 'session')
  world.deliver(random.below(6))
  await world.settle()
  for (const node of world.up) {
    checkNode(world, node)
    checkTouched(world, node)
  }
  if (world.step % HASHES_EVERY === 0) checkHashes(world)
  if (world.step % VERDICTS_EVERY === 0) checkAllVerdicts(world)
  if (world.step % VERIFY_EVERY === 0 && world.up.length > 0) await verifyOne(world)
  world.check()
}

async function verifyOne(world: World): Promise<void> {
  const { name, run } = world.random.pick(world.up)
  if (run.state.revision === 0) return
  const { ok, logs, claims } = await run.upkeep.verify()
  const wrong = logs.find((log) => !log.ok)?.problem ?? claims.problem
  if (!ok) world.fail(`${name} does not verify: ${wrong}`)
}
