/**
 * Slow work on the whole folder, for an operator. It may take minutes in which nothing is sent, so
 * the connection's idle time does not count.
 */
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Tell, Work } from '../core/work.js'
import type { HttpDependencies } from './dependencies.js'
import type { App } from './shape.js'

const BackUpBody = Type.Object(
  { folder: Type.String({ minLength: 1 }), withKey: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)

export function maintenanceRoutes(app: App, { maintenance, backUp }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  const going = new Set<{ work: Work }>()
  const during = async <Done>(what: Work['what'], run: (tell: Tell) => Promise<Done>) => {
    const mine = { work: { what, rows: 0 } as Work }
    going.add(mine)
    try {
      return await run((far) => (mine.work = { what, ...far }))
    } finally {
      going.delete(mine)
    }
  }
  app.get('/v1/admin/work', { config }, () => ({ work: [...going].map(({ work }) => work) }))
  app.post('/v1/admin/verify', { config }, (request) => {
    patient(request)
    return during('verify', (tell) => maintenance.verify(tell))
  })
  app.post('/v1/admin/rebuild', { config }, async (request) => {
    patient(request)
    return { claims: await during('rebuild', (tell) => maintenance.rebuild(tell)) }
  })
  app.post('/v1/admin/backup', { config, schema: { body: BackUpBody } }, async (request) => {
    patient(request)
    const { folder, withKey = false } = request.body as Static<typeof BackUpBody>
    return { rows: await during('backup', (tell) => backUp(folder, withKey, tell)) }
  })
}

function patient(request: FastifyRequest): void {
  request.socket.setTimeout(0)
}
