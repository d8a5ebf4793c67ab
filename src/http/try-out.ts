/** Walks over everything live that a change would turn, while others have their turns. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { LIMITS } from '../core/limits.js'
import type { FlipWalk, Flips } from '../lookup/flips.js'

/** `complete` is false where time ran out. */
export async function tryOut(
  walk: FlipWalk,
  { socket }: Pick<FastifyRequest, 'socket'>,
): Promise<Flips & { readonly complete: boolean }> {
  const endMs = performance.now() + LIMITS.policyTestMs
  let more = walk.step()
  while (more && performance.now() < endMs && !socket.destroyed) {
    await nextTurn()
    more = walk.step()
  }
  return { complete: !more, ...walk.found }
}
