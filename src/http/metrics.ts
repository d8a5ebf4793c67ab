/** Numbers for Prometheus: shape and role only, what they mean is telemetry's. */
import type { HttpDependencies } from './dependencies.js'
import type { App } from './shape.js'

export function metricsRoutes(app: App, { metrics }: Pick<HttpDependencies, 'metrics'>): void {
  app.get('/metrics', { config: { role: 'gateway' } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
}
