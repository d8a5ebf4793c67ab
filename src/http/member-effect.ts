/** What a change of the roster does, before or after it is made. */
import type { FastifyRequest } from 'fastify'
import type { Member, RosterChange } from '../core/roster.js'
import { FlipWalk } from '../lookup/flips.js'
import { liveClaimsOf } from '../lookup/live-count.js'
import type { HttpDependencies } from './dependencies.js'
import { tryOut } from './try-out.js'
import { unhurried } from './unhurried.js'

/** How many live claims the keys of a member have, whether or not they are heard. */
export async function liveClaims(
  { state, clock }: HttpDependencies,
  member: Pick<Member, 'keys'>,
): Promise<number> {
  const authors = new Set(member.keys.map((key) => key.author))
  let count = 0
  await unhurried(liveClaimsOf(state, authors, clock()), (found) => (count += found))
  return count
}

/** Which verdicts a change would turn, on what is held already. Bulkheads stay as they are. */
export async function flipsOf(
  { state, lookup, clock }: HttpDependencies,
  change: RosterChange,
  request: FastifyRequest,
) {
  const now = lookup()
  const then = { ...now, state: state.under(state.roster.with(change)) }
  const isMore = state.roster.named(change.name) === undefined
  const walk = new FlipWalk(now, then, clock(), isMore ? then : now)
  const { examples, ...found } = await tryOut(walk, request)
  return {
    ...found,
    examples: examples.map(({ type, value, from, to }) => ({ type, value, from, to })),
  }
}
