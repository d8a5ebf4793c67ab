/** `/export/…`: what acts now as files for other programs, with the tag that saves a download. */
import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import type { Clock } from '../../core/ports.js'
import { placeOf } from '../../lookup/enforced.js'
import type { Lookup } from '../../lookup/verdict.js'
import type { EnforcedView } from '../enforced-view.js'
import { Problem } from '../problems.js'
import { object, type App } from '../shape.js'
import type { Bouncers } from './bouncers.js'
import { LIST_FORMATS, listText, type ListName } from './list-formats.js'

export interface ListParts {
  readonly lookup: () => Lookup | undefined
  readonly clock: Clock
  readonly view: EnforcedView
  readonly bouncers: Bouncers
}

const Query = object({
  action: Type.Optional(Type.Enum(['throttle', 'challenge', 'block'])),
  family: Type.Optional(Type.Enum(['4', '6'])),
  limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,8}$' })),
})

export function listRoutes(app: App, { lookup, clock, view, bouncers }: ListParts): void {
  const options = { config: { role: 'gateway' }, schema: { querystring: Query } } as const
  for (const name of Object.keys(LIST_FORMATS) as ListName[]) {
    app.get(`/export/${name}`, options, async (request, reply) => {
      if (lookup() === undefined) throw new Problem('not-ready')
      const { action = 'block', family, limit } = request.query
      const now = clock()
      const all = await view.list(action, now)
      const asked =
        family === undefined
          ? all
          : all.filter(({ value }) => `${placeOf(value).version}` === family)
      const text = listText(name, limit === undefined ? asked : asked.slice(0, Number(limit)))
      const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
      bouncers.pulled(request.caller, now)
      void reply.headers({ etag, 'cache-control': 'no-cache' })
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type(LIST_FORMATS[name].type).send(text)
    })
  }
}
