/**
 * Pausing enforcement (no verdict is more than `observe`) or publishing (nothing new is said): one
 * row, in force when it is answered, over restarts too, until its time or until it is lifted.
 */
import { Type } from 'typebox'
import { LIMITS } from '../core/limits.js'
import { PAUSES } from '../core/own-rows.js'
import { parseDuration } from '../core/request.js'
import { pauseOf, pausesShown } from '../lookup/pauses.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const What = Type.Enum([...PAUSES])
const Pausing = object({
  what: What,
  for: Type.Optional(Type.String()),
  reason: Type.String({ minLength: 1, maxLength: LIMITS.pauseReasonMax }),
})
const Resuming = object({ what: Type.Optional(What) })

export function pauseRoutes(app: App, { state, registrar, clock }: HttpDependencies): void {
  const config = { role: 'operator' } as const

  app.post('/v1/admin/pause', { config, schema: { body: Pausing } }, async (request) => {
    const { what: kind, for: span, reason } = request.body
    const now = clock()
    const untilMs = span === undefined ? undefined : now + durationOf(span)
    const ends = untilMs === undefined ? {} : { untilMs }
    const row = { kind, reason, sinceMs: now, by: request.caller, ...ends }
    await registrar.change({ table: 'pauses', name: kind, row })
    return { paused: pausesShown(state, clock()) }
  })

  app.post('/v1/admin/resume', { config, schema: { body: Resuming } }, async (request) => {
    const { what } = request.body
    const asked = what === undefined ? PAUSES : [what]
    const lifted = asked.filter((kind) => pauseOf(state, kind, clock()) !== undefined)
    await registrar.change(...lifted.map((name) => ({ table: 'pauses', name, row: null }) as const))
    return { resumed: lifted, paused: pausesShown(state, clock()) }
  })
}

function durationOf(span: string): number {
  const ms = parseDuration(span)
  // Whatever is said now has ended by then: that is no pause with an end.
  if (ms !== undefined && ms <= LIMITS.lifeMsMax) return ms
  throw new Problem('request-malformed', 'body: for is a duration like 1h, of 180d at most')
}
