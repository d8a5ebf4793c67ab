/** Which verdicts of a node a commit may have changed, so that those are checked after the step. */
import type { Changes } from '../../src/core/store-port.js'
import type { Node } from './node.js'
import { VALUES, valueOf } from './values.js'
import type { World } from './world.js'

/** What was said, or was said by whom the node hears differently now. */
export function touch(world: World, node: Node, changes: Changes): void {
  const { envelopes, forks, own, claimsSwept, payloadsGone, headersGone } = changes
  if (claimsSwept.length + payloadsGone.length + headersGone.length > 0) touchSome(world, node)
  const names = new Set(own.map(({ change }) => change.name))
  const members = [...world.nodes, ...world.liars].filter(({ name }) => names.has(name))
  const authors = [...forks.map(({ proof }) => proof.author), ...members.map(({ own }) => own)]
  const logs = authors.flatMap((author) => node.held.log(author))
  for (const { statements } of [...logs, ...envelopes.map(({ envelope }) => envelope)]) {
    for (const statement of statements) {
      if (statement.kind !== 'void') node.touched.add(valueOf(statement))
    }
  }
}

/** Some of all, where nothing should have changed. */
export function touchSome(world: World, node: Node): void {
  for (const value of world.random.some(VALUES, 0.3)) node.touched.add(value)
}
