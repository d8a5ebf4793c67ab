/**
 * Slow work on the whole folder, for an operator. It may take minutes in which nothing is sent, so
 * the connection's idle time does not count.
 */
import type { FastifyRequest } from 'fastify'
import type { HttpDependencies } from './dependencies.js'
import type { App } from './shape.js'

export function maintenanceRoutes(app: App, { maintenance }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  app.post('/v1/admin/verify', { config }, (request) => {
    patient(request)
    return maintenance.verify()
  })
  app.post('/v1/admin/rebuild', { config }, async (request) => {
    patient(request)
    return { claims: await maintenance.rebuild() }
  })
}

function patient(request: FastifyRequest): void {
  request.socket.setTimeout(0)
}
