/**
 * What is live, by pages, each key with its verdict and why what does not act is held. A page may
 * be short or empty where `state=held` leaves keys out; the listing is over when there is no
 * cursor.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Type } from 'typebox'
import { typesNamed } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { parseInstant } from '../core/request.js'
import { cursorOf, keyAt, pageOf, type PageWish } from '../lookup/page.js'
import { verdictOn, type Verdict } from '../lookup/verdict.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const LIMIT_DEFAULT = 100
const Text = Type.Optional(Type.String())
const Query = object({
  type: Text,
  member: Text,
  since: Text,
  cursor: Text,
  state: Type.Optional(Type.Enum(['live', 'held'])),
  // Nothing is coerced: a query is text.
  limit: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,3}$' })),
})

interface Asked {
  readonly type?: string
  readonly member?: string
  readonly since?: string
  readonly cursor?: string
  readonly limit?: string
}

export function indicatorRoutes(app: App, dependencies: HttpDependencies): void {
  const { state, lookup, clock } = dependencies
  const config = { role: 'operator' } as const
  app.get('/v1/indicators', { config, schema: { querystring: Query } }, async (request) => {
    const wish = wishOf(dependencies, request.query)
    const now = clock()
    const walk = pageOf(state, wish, now)
    let step = walk.next()
    while (!step.done) {
      await nextTurn()
      step = walk.next()
    }
    const at = lookup()
    const verdicts = step.value.map((indicator) => verdictOn(at, indicator, now))
    const last = step.value.length < wish.limit ? undefined : step.value.at(-1)
    const isHeld = ({ reasons }: Verdict) => reasons.some(({ held }) => held !== undefined)
    return {
      asOf: new Date(now).toISOString(),
      indicators: (request.query.state === 'held' ? verdicts.filter(isHeld) : verdicts).map(row),
      ...(last === undefined ? {} : { cursor: cursorOf(last) }),
    }
  })
}

/** A verdict without what is the same for the whole page. */
function row({ decisionId: _, asOf: __, policy: ___, freshness: ____, ...rest }: Verdict) {
  return rest
}

function wishOf({ state }: HttpDependencies, asked: Asked): PageWish {
  const types =
    asked.type === undefined ? undefined : typesNamed(asked.type).map(({ code }) => code)
  if (types?.length === 0) throw new Problem('type-unknown')
  const after = asked.cursor === undefined ? undefined : keyAt(asked.cursor)
  if (asked.cursor !== undefined && after === undefined) throw new Problem('cursor-malformed')
  const since = asked.since === undefined ? -Infinity : parseInstant(asked.since)
  if (since === undefined) throw new Problem('time-malformed')
  const { member } = asked
  if (member !== undefined && member !== state.name && state.roster.named(member) === undefined) {
    throw new Problem('member-unknown')
  }
  return {
    types,
    after,
    member,
    sinceMs: since,
    limit: Math.min(Number(asked.limit ?? LIMIT_DEFAULT), LIMITS.pageKeysMax),
  }
}
