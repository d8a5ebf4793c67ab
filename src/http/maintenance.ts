/**
 * Slow work on the whole folder, for an operator. It may take minutes in which nothing is sent, so
 * the connection's idle time does not count.
 */
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { HttpDependencies } from './dependencies.js'
import type { App } from './shape.js'

const BackUpBody = Type.Object(
  { folder: Type.String({ minLength: 1 }), withKey: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)

export function maintenanceRoutes(app: App, { maintenance, backUp }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  app.post('/v1/admin/verify', { config }, (request) => {
    patient(request)
    return maintenance.verify()
  })
  app.post('/v1/admin/rebuild', { config }, async (request) => {
    patient(request)
    return { claims: await maintenance.rebuild() }
  })
  app.post('/v1/admin/backup', { config, schema: { body: BackUpBody } }, async (request) => {
    patient(request)
    const { folder, withKey = false } = request.body as Static<typeof BackUpBody>
    return { rows: await backUp(folder, withKey) }
  })
}

function patient(request: FastifyRequest): void {
  request.socket.setTimeout(0)
}
