/** What was said and how late it came, minute by minute: for the console and `tocsin status`. */
import { Type } from 'typebox'
import { HOUR_MS } from '../core/limits.js'
import { timeBackOf } from '../core/selection.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const Query = object({ since: Type.Optional(Type.String()) })
/** Where nobody says since when. */
const SPAN_MS = HOUR_MS

export function activityRoutes(app: App, { activity, clock }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  app.get('/v1/activity', { config, schema: { querystring: Query } }, (request) => {
    const now = clock()
    const { since } = request.query
    const sinceMs = since === undefined ? now - SPAN_MS : timeBackOf(since, now)
    if (sinceMs === undefined) throw new Problem('since-malformed')
    return { asOf: new Date(now).toISOString(), minutes: activity.minutes(sinceMs, now) }
  })
}
