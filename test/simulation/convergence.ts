/**
 * The end of a world: faults stop, everybody runs, and pairs catch up until nothing changes any
 * more. Then nodes that can hear of an author from each other hold the same of it.
 */
import { dayOf } from '../../src/core/heads.js'
import type { AuthorId } from '../../src/core/identity.js'
import { SECOND_MS } from '../../src/core/limits.js'
import { admit, startAgain } from './actions.js'
import type { Up } from './node.js'
import { retry } from './requests.js'
import type { Run } from './run.js'
import { converse } from './sessions.js'
import type { World } from './world.js'

const ROUNDS_MAX = 12

export async function heal(world: World): Promise<void> {
  world.network.heal()
  world.network.drain()
  for (const node of world.nodes) {
    node.offMs = 0
    node.disk.full = false
    if (node.run === undefined) await startAgain(world, node)
    else retry(world, node as Up)
  }
  if (world.random.chance(0.5)) admitEverybody(world)
  for (let i = 0; i < 3; i++) {
    world.time.now += 2 * SECOND_MS
    world.timers.ring()
    await world.settle()
  }
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = standing(world)
    for (const [one, other] of pairs(world)) {
      if (round > 0 && !differ(world, one, other)) continue
      converse(world, one, other)
      await world.settle()
    }
    if (standing(world) === before) return
  }
  world.fail(`not level after ${ROUNDS_MAX} rounds`)
}

/** Whether they hold other things of somebody whom both hear; everybody has met once before. */
function differ(world: World, one: Up, other: Up): boolean {
  const held = ({ run: { state } }: Up, author: AuthorId) =>
    `${state.heads.get(author)?.id} ${state.forks.get(author)?.seq}`
  return [...world.nodes, ...world.liars].some(
    ({ own }) =>
      world.admits(one, own) && world.admits(other, own) && held(one, own) !== held(other, own),
  )
}

function admitEverybody(world: World): void {
  for (const node of world.up) {
    const others = [...world.nodes, ...world.liars].filter((other) => other !== node)
    admit(world, node, ...others.filter(({ own }) => !world.admits(node, own)))
  }
}

function pairs(world: World): [Up, Up][] {
  const { up } = world
  return up.flatMap((one, i) =>
    up
      .slice(i + 1)
      .flatMap((other): [Up, Up][] => (world.linked(one, other) ? [[one, other]] : [])),
  )
}

function standing(world: World): string {
  return world.up.map(({ run }) => `${run.state.logHash} ${run.state.number}`).join()
}

export async function checkEnd(world: World): Promise<void> {
  for (const author of [...world.nodes, ...world.liars].map(({ own }) => own)) {
    for (const group of hearers(world, author)) checkGroup(world, author, group)
  }
  checkAlike(world)
  for (const { name, run } of world.up) {
    const report = await run.upkeep.verify()
    const wrong = report.logs.find((log) => !log.ok)?.problem ?? report.claims.problem
    if (!report.ok) world.fail(`${name} does not verify: ${wrong}`)
  }
  world.check()
}

/** Groups of nodes within which what an author says can reach everybody. */
function hearers(world: World, author: AuthorId): Up[][] {
  const all = world.up.filter((node) => world.admits(node, author))
  const left = new Set(all)
  const groups: Up[][] = []
  for (const first of left) {
    const group = [first]
    left.delete(first)
    for (const node of group) {
      for (const other of left) {
        if (!world.linked(node, other)) continue
        group.push(other)
        left.delete(other)
      }
    }
    groups.push(group)
  }
  return groups
}

/**
 * Who admits the same authors, and hears each of them by a path, holds the same altogether. Not
 * where logs remain of somebody who is no longer admitted, nor where a fork lies at a base.
 */
function checkAlike(world: World): void {
  const authors = [...world.nodes, ...world.liars].map(({ own }) => own)
  const alike = new Map<string, Up[]>()
  for (const node of world.up) {
    const { heads, forks } = node.run.state
    const admitted = authors.filter((author) => world.admits(node, author))
    const held = [...heads.keys(), ...forks.keys()]
    if (held.some((author) => !admitted.includes(author))) continue
    if ([...forks.keys()].some((author) => beganLate(node.run, author))) continue
    const paths = admitted.map((author) => {
      const group = hearers(world, author).find((some) => some.includes(node))!
      return `${author} ${group.map(({ name }) => name).join()}`
    })
    const key = paths.join()
    alike.set(key, [...(alike.get(key) ?? []), node])
  }
  for (const group of alike.values()) {
    if (group.length > 1) world.cover('same authors, same hashes')
    const day = Math.max(...group.map(({ run }) => dayOf(run.clock.now())))
    const hashes = group.map(
      ({ run: { state } }) => `${state.logHash} ${state.sums.stateHash(day)}`,
    )
    if (new Set(hashes).size > 1)
      world.fail(`${group.map(({ name }) => name).join()} admit the same and hold other things`)
  }
}

function beganLate({ state }: Run, author: AuthorId): boolean {
  return !state.heads.has(author) || state.floorOf(author) > 1
}

function checkGroup(world: World, author: AuthorId, group: readonly Up[]): void {
  const day = Math.max(...group.map(({ run }) => dayOf(run.clock.now())))
  // Where a fork lies at somebody's base, what is below it was swept there, and matters to nobody.
  const swept = group.some(
    ({ run }) => (run.state.forks.get(author)?.seq ?? 0) && beganLate(run, author),
  )
  const held = group.map(({ run }) => {
    const head = swept ? undefined : run.state.heads.get(author)
    const fork = run.state.forks.get(author)?.seq ?? 0
    return `${head?.seq ?? 0} ${head?.id} fork ${fork} ${run.state.sums.authorHash(author, day)}`
  })
  if (new Set(held).size > 1) {
    const told = group.map(({ name }, i) => `${name}: ${held[i]!.slice(0, 90)}`)
    world.fail(`${world.nameOf(author)} differs\n  ${told.join('\n  ')}`)
  }
}
