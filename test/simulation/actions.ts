/** What can happen in a step, and how often. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/core/limits.js'
import { putMember, TRUSTS } from '../../src/core/roster.js'
import { StoreError } from '../../src/core/store-port.js'
import { CRASH_POINTS } from './disk.js'
import { lie } from './lies.js'
import type { Node, Up } from './node.js'
import { retry, speak } from './requests.js'
import { catchUp } from './sessions.js'
import type { World } from './world.js'

export const WEIGHTS = {
  report: 24,
  correct: 5,
  revoke: 6,
  session: 16,
  lie: 14,
  crash: 8,
  start: 6,
  retry: 3,
  split: 2,
  heal: 3,
  clock: 3,
  time: 6,
  roster: 4,
  disk: 3,
  sweep: 3,
  copy: 2,
} as const
export type Action = keyof typeof WEIGHTS

export async function act(world: World, action: Action): Promise<void> {
  const { random } = world
  if (action === 'start') return startOne(world)
  if (action === 'time') return passTime(world)
  if (action === 'split') return split(world)
  if (action === 'heal') return world.network.heal()
  if (action === 'lie') return lie(world)
  const { up } = world
  if (up.length === 0) return
  const node = random.pick(up)
  switch (action) {
    case 'report':
    case 'correct':
    case 'revoke':
      return speak(world, node, action)
    case 'session':
      return catchUp(world, node)
    case 'crash':
      return crash(world, node)
    case 'retry':
      return retry(world, node)
    case 'clock':
      return turnClock(world, node)
    case 'roster':
      return changeRoster(world, node)
    case 'disk':
      return fillDisk(world, node)
    case 'copy':
      return node.disk.copy()
    case 'sweep':
      world.cover('sweep')
      return work(world, node, 'sweeps', node.run.expiry.sweep())
  }
}

/** Work on a node's own behalf; its disk may fail it. */
function work(world: World, node: Up, what: string, promise: Promise<unknown>): void {
  const done = promise.catch((error: unknown) => {
    if (!(error instanceof StoreError)) throw error
  })
  world.track(`${node.name} ${what}`, [node.run], done)
}

async function startOne(world: World): Promise<void> {
  const down = world.nodes.filter((node) => node.run === undefined)
  if (down.length > 0) await startAgain(world, world.random.pick(down))
}

export async function startAgain(world: World, node: Node): Promise<void> {
  node.disk.full = false
  await world.start(node)
  retry(world, node as Up)
}

/** Kills a node idle, or between two steps of what it is told to do. */
async function crash(world: World, node: Up): Promise<void> {
  const { random } = world
  if (random.chance(0.85)) {
    const point = random.pick(CRASH_POINTS)
    node.run.fuse = { point, count: random.pick([1, 1, 2, 3]) }
    if (random.chance(0.7)) speak(world, node, 'report')
    if (random.chance(0.3)) speak(world, node, 'revoke')
    if (random.chance(0.3)) changeRoster(world, node)
    if (random.chance(0.3)) catchUp(world, node)
    if (random.chance(0.2)) work(world, node, 'sweeps', node.run.expiry.sweep())
    world.deliver(random.below(6))
    await world.settle()
  }
  if (node.run?.alive) node.run.die('idle')
  if (random.chance(0.08) && (await node.disk.putBack())) {
    node.putBack = true
    node.unanswered = [] // the receipts of what others give back are gone
    world.cover('database put back')
    world.note(`${node.name}: an older database`)
  }
  if (random.chance(0.6)) await startAgain(world, node)
}

function passTime(world: World): void {
  const { random } = world
  const [low, high] = random.pick([
    [1, 20],
    [1, 20],
    [60, 24 * 60],
    world.isLong ? [20 * 24 * 60, 70 * 24 * 60] : [24 * 60, 72 * 60],
  ] as const)
  world.time.now += random.between(low, high) * MINUTE_MS
  world.note(`time passes: ${new Date(world.time.now).toISOString()}`)
  if (!world.isLong) return
  for (const node of random.some(world.up, 0.6))
    work(world, node, 'sweeps', node.run.expiry.sweep())
}

function split(world: World): void {
  world.network.split([...world.nodes, ...world.liars].map(({ name }) => name))
  world.cover('partition')
  world.note('the network splits')
}

function turnClock(world: World, node: Up): void {
  const { random } = world
  if (random.chance(0.5)) {
    node.offMs = random.between(-5 * MINUTE_MS, 5 * MINUTE_MS)
    world.cover('clock skew')
  } else {
    node.offMs = random.chance(0.4) ? 0 : random.between(-6 * HOUR_MS, 6 * HOUR_MS)
    world.cover('clock jump')
  }
  world.note(`${node.name}: clock off by ${Math.round(node.offMs / SECOND_MS)} s`)
}

export function changeRoster(world: World, node: Up): void {
  const { random } = world
  const others = [...world.nodes, ...world.liars].filter((other) => other !== node)
  const { name, own } = random.pick(others)
  const admitted = world.admits(node, own)
  world.cover('roster change')
  world.note(`${node.name} ${admitted ? 'removes' : 'admits'} ${name}`)
  if (admitted)
    work(world, node, 'removes', node.run.lists.change({ table: 'roster', name, row: null }))
  else admit(world, node, { name, own })
}

/** By one change of the list. */
export function admit(world: World, node: Up, ...others: Pick<Node, 'name' | 'own'>[]): void {
  const changes = others.map(({ name, own }) => {
    const keys = [{ author: own, addresses: [] }]
    const trust = world.random.pick(TRUSTS)
    return putMember({ name, role: 'member', trust, keys, addedMs: world.time.now })
  })
  if (changes.length > 0) work(world, node, 'admits', node.run.lists.change(...changes))
}

/** No space, for a while; a report finds out. */
function fillDisk(world: World, node: Up): void {
  node.disk.full = true
  world.cover('disk full')
  world.note(`${node.name}: disk full`)
  if (world.random.chance(0.5)) speak(world, node, 'report')
}
