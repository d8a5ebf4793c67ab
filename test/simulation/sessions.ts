/** Catch-up between two honest nodes, and between an honest one and a liar. */
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { Session } from '../../src/mesh/catch-up-session.js'
import { Line, LineCut, type LineEnd } from './line.js'
import type { Liar } from './liar.js'
import type { Up } from './node.js'
import type { World } from './world.js'

type Channel = ConstructorParameters<typeof Session>[0]['channel']

const { networkId } = OPEN_FEDERATION

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
