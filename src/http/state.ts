/**
 * The parts of `stateHash`, by which two labs find where they differ: sums by author and day of
 * `until`, and of one author and day by envelope. Equal parts are equal claims; who compares two
 * answers finds the envelope in two questions. Says nothing of values.
 */
import { Type } from 'typebox'
import { dayOf, StateSums } from '../core/heads.js'
import { authorOfPeer, peerNameOf, type AuthorId, type PeerName } from '../core/identity.js'
import type { LiveState } from '../lookup/live-state.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'
import { unhurried } from './unhurried.js'

const Day = Type.String({ pattern: '^\\d{1,8}$' })
const Query = object({ author: Type.Optional(Type.String()), day: Type.Optional(Day) })

export function stateRoutes(app: App, { state, clock }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  app.get('/v1/state', { config, schema: { querystring: Query } }, async (request) => {
    const { author: peer, day } = request.query
    if ((peer === undefined) !== (day === undefined)) {
      throw new Problem('request-malformed', 'query: author and day go together')
    }
    if (peer !== undefined) {
      const author = authorOfPeer(peer as PeerName)
      if (author === undefined) throw new Problem('key-unknown')
      return { envelopes: await envelopesOf(state, author, Number(day)) }
    }
    const today = dayOf(clock())
    const authors = [...state.heads.keys()].map((author) => ({
      peerId: peerNameOf(author),
      member: state.organisationOf(author) ?? null,
      days: state.sums.daySums(author, today),
    }))
    return { stateHash: state.stateHash(clock()), authors }
  })
}

/** Sums of what an author's envelopes say that ends on a day, by number. */
async function envelopesOf(state: LiveState, author: AuthorId, day: number) {
  const sums = new Map<number, StateSums>()
  await unhurried(state.claims.entries(), ([, said]) => {
    for (const { author: by, staircase } of said) {
      if (by !== author) continue
      for (const entry of staircase) {
        if (dayOf(entry.statement.until) !== day) continue
        const { seq } = entry.envelope
        let sum = sums.get(seq)
        if (sum === undefined) sums.set(seq, (sum = new StateSums()))
        sum.change(entry, 1)
      }
    }
  })
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([seq, sum]) => ({ seq, sum: sum.authorHash(author, day) }))
}
