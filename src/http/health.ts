/**
 * Whether this process answers (`/healthz`, for whoever restarts it), and whether its answers are
 * whole (`/readyz`, for whoever sends it requests). Ready does not mean fresh: that is asked for.
 */
import { Type } from 'typebox'
import { parseDuration } from '../core/request.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const Query = object({ fresh: Type.Optional(Type.String()) })

export function healthRoutes(
  app: App,
  { lookup, disk }: Pick<HttpDependencies, 'lookup' | 'disk'>,
): void {
  const open = { config: { role: 'public' }, exposeHeadRoute: true } as const
  app.get('/healthz', open, () => ({ status: 'ok' }))

  const config = { role: 'gateway' } as const
  app.get('/readyz', { config, schema: { querystring: Query } }, (request) => {
    const { fresh } = request.query
    if (fresh !== undefined && parseDuration(fresh) === undefined) {
      throw new Problem('request-malformed', 'query: fresh is a duration like 60s')
    }
    const { freshness } = lookup()
    const isReady = disk().ok && freshness !== 'degraded'
    if (!isReady || (fresh !== undefined && freshness !== 'fresh')) {
      throw new Problem('not-ready', `freshness: ${freshness}`, { freshness })
    }
    return { status: 'ready', freshness }
  })
}
