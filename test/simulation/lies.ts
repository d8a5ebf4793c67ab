/** What a liar does of its own accord, by gossip. */
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import type { Liar } from './liar.js'
import type { Node } from './node.js'
import type { World } from './world.js'

export function lie(world: World): void {
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
