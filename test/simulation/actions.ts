/** What can happen in a step, and how often. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/core/limits.js'
import { VoiceError } from '../../src/core/ports.js'
import { StoreError } from '../../src/core/store-port.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { TRUSTS } from '../../src/core/roster.js'
import { Session } from '../../src/mesh/catch-up-session.js'
import { CRASH_POINTS } from './disk.js'
import { Line, LineCut, type LineEnd } from './line.js'
import type { Liar } from './liar.js'
import type { Ask, Node } from './node.js'
import type { Run } from './run.js'
import { VALUES } from './values.js'
import type { World } from './world.js'

type Up = Node & { readonly run: Run }
type Channel = ConstructorParameters<typeof Session>[0]['channel']

const { networkId } = OPEN_FEDERATION
const LIVES = ['1m', '10m', '1h', '6h', '1d', '7d']
const ACTIONS = ['observe', 'throttle', 'challenge', 'block']
/** A client does not repeat what is older: receipts are kept for a day. */
const PATIENCE_MS = 12 * HOUR_MS

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

export function speak(world: World, node: Up, how: 'report' | 'correct' | 'revoke'): void {
  const { random } = world
  const ours = node.acknowledged.filter(({ kind }) => kind === 'report').slice(-12)
  const receipt = random.chance(0.5) ? random.hex(32) : undefined
  const common = { receipt, askedMs: world.time.now }
  if (how === 'revoke') {
    const value = ours.length > 0 && random.chance(0.8) ? random.pick(ours).value : undefined
    const { type, value: name } = VALUES.find((one) => one.value === value) ?? random.pick(VALUES)
    const items = [{ type, value: name, reason: 'false-positive' }]
    return ask(world, node, { ...common, kind: 'revocation', items })
  }
  const items = Array.from({ length: random.pick([1, 1, 1, 2, 4]) }, () => {
    const again = how === 'correct' && ours.length > 0 ? random.pick(ours).value : undefined
    const { type, value } = VALUES.find((one) => one.value === again) ?? random.pick(VALUES)
    return {
      type,
      value,
      ttl: how === 'correct' ? random.pick(LIVES.slice(0, 3)) : random.pick(LIVES),
      action: random.pick(ACTIONS),
      confidence: random.between(50, 100),
      firstHand: random.chance(0.9),
      campaign: random.hex(16),
    }
  })
  ask(world, node, { ...common, kind: 'report', items })
}

function ask(world: World, node: Up, request: Ask): void {
  const { run } = node
  node.asked.add(request)
  world.note(`${node.name} ${request.kind} ${request.items.map(({ value }) => value).join()}`)
  const { voice } = run
  const answer =
    request.kind === 'report'
      ? voice.report(request.items, request.receipt)
      : voice.revoke(request.items, request.receipt)
  const heard = answer.then(
    (results) => run.alive && node.answered(request, results),
    (error: unknown) => {
      if (!run.alive) return
      const known = error instanceof VoiceError || error instanceof StoreError
      if (!known || error.code === 'idempotency-mismatch') throw error
      world.note(`${node.name} cannot speak: ${error.code}`)
      node.failed(request)
    },
  )
  world.track(`${node.name} answers`, [run], heard)
}

export function retry(world: World, node: Up): void {
  const again = node.unanswered.splice(0)
  for (const request of again) {
    if (world.time.now - request.askedMs > PATIENCE_MS) continue
    world.cover('repeated request')
    ask(world, node, request)
  }
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
    node.run.fuse = { point, count: random.pick([1, 1, 2]) }
    if (random.chance(0.7)) speak(world, node, 'report')
    if (random.chance(0.3)) speak(world, node, 'revoke')
    if (random.chance(0.3)) changeRoster(world, node)
    if (random.chance(0.3)) catchUp(world, node)
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
  if (admitted) work(world, node, 'removes', node.run.lists.changeRoster({ kind: 'remove', name }))
  else admit(world, node, { name, own })
}

export function admit(world: World, node: Up, other: Pick<Node, 'name' | 'own'>): void {
  const { name, own } = other
  const keys = [{ author: own, addresses: [] }]
  const trust = world.random.pick(TRUSTS)
  const member = { name, role: 'member', trust, keys, addedMs: world.time.now } as const
  work(world, node, 'admits', node.run.lists.changeRoster({ kind: 'put', member }))
}

/** No space, for a while; a report finds out. */
function fillDisk(world: World, node: Up): void {
  node.disk.full = true
  world.cover('disk full')
  world.note(`${node.name}: disk full`)
  if (world.random.chance(0.5)) speak(world, node, 'report')
}

export function catchUp(world: World, node: Up): void {
  const { random } = world
  const partners = [
    ...world.up.filter((other) => world.linked(node, other)),
    ...world.liars.filter((liar) => world.linkedTo(node, liar)),
  ]
  if (partners.length === 0) return
  const partner = random.pick(partners)
  const framesMax = random.chance(0.25) ? random.below(8) : Infinity
  if (framesMax < Infinity) world.cover('session cut')
  if ('run' in partner) converse(world, node, partner, framesMax)
  else converseWithLiar(world, node, partner, framesMax)
}

/** One catch-up session of two honest nodes, up to its end. */
export function converse(world: World, one: Up, other: Up, framesMax = Infinity): void {
  const line = new Line(framesMax)
  const runs = [one.run, other.run]
  world.note(`${one.name} ↔ ${other.name}`)
  world.open(line, runs)
  const sides = [
    [one, other, line.ends[0]],
    [other, one, line.ends[1]],
  ] as const
  const done = Promise.all(
    sides.map(([from, to, end]) => side(world, from, to, end).finally(() => line.leave(end))),
  )
  world.track(
    `${one.name} ↔ ${other.name}`,
    runs,
    done.finally(() => world.close(line)),
  )
}

async function side(world: World, from: Up, to: Up, end: LineEnd): Promise<void> {
  const options = { peer: to.own, networkId, channel: end as unknown as Channel }
  try {
    const session = new Session(options, from.run.sessionDependencies())
    const ending = await session.run(new AbortController().signal)
    if (ending.kind === 'refused' || ending.kind === 'foreign')
      world.fail(`${from.name} ends a session with ${to.name}: ${ending.kind}`)
  } catch (error) {
    if (!(error instanceof LineCut)) throw error
  }
}

function converseWithLiar(world: World, node: Up, liar: Liar, framesMax: number): void {
  const line = new Line(framesMax)
  world.cover('lying catch-up')
  world.note(`${node.name} ↔ ${liar.name}`)
  world.open(line, [node.run])
  const options = { peer: liar.own, networkId, channel: line.ends[0] as unknown as Channel }
  const session = new Session(options, node.run.sessionDependencies())
  const honest = session.run(new AbortController().signal).catch(() => undefined)
  const lying = liar.converse(line.ends[1], node.place, world.time.now).catch(() => undefined)
  // Whoever leaves hangs up.
  const done = Promise.race([honest, lying]).then(async () => {
    await Promise.resolve()
    line.cut()
    await Promise.all([honest, lying])
  })
  world.track(
    `${node.name} ↔ ${liar.name}`,
    [node.run],
    done.finally(() => world.close(line)),
  )
}

function lie(world: World): void {
  const { random, liars } = world
  if (liars.length === 0) return
  const liar = random.pick(liars)
  const how = random.weighted({
    speak: 8,
    withhold: 5,
    fork: 2,
    replay: 4,
    garble: 3,
    future: 2,
    backwards: 1,
  })
  const linked = world.nodes.filter((node) => world.linkedTo(node, liar))
  world.note(`${liar.name}: ${how}`)
  world.cover(how)
  send(world, liar, how, linked)
}

function send(world: World, liar: Liar, how: string, linked: readonly Node[]): void {
  const { random, network, time } = world
  const to = (nodes: readonly Node[], bytes: Uint8Array | undefined) => {
    for (const node of nodes) if (bytes !== undefined) network.send(liar.name, node.name, bytes)
  }
  const branch = random.below(liar.branches)
  const audience = linked.filter(({ place }) => liar.branchFor(place) === branch)
  switch (how) {
    case 'speak':
      return to(audience, liar.speak(branch, time.now))
    case 'withhold':
      return to(random.some(audience, 0.4), liar.speak(branch, time.now))
    case 'fork':
      return to(random.some(linked, 0.5), liar.fork(time.now))
    case 'replay':
      return to(random.some(linked, 0.5), liar.old())
    case 'garble':
      return to(random.some(linked, 0.5), liar.garbled())
    case 'future':
      return to(audience, liar.speak(branch, time.now, random.pick([HOUR_MS, 2 * DAY_MS])))
    case 'backwards':
      return to(linked, liar.speakBackwards(branch))
  }
}
