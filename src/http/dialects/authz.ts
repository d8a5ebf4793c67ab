/**
 * `/authz`, below which any path and any method: nginx `auth_request`, Caddy `forward_auth`, Envoy
 * `ext_authz` over HTTP. 200 or 403 (401 for a token), because these turn anything else into an
 * error of their own. Throttle and challenge pass with `X-Tocsin-Action`; what to do about them is
 * the proxy's.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { clientAddress } from '../../core/client-address.js'
import type { NetworkSet } from '../../core/network-set.js'
import { REFUSAL } from '../../core/refusal.js'
import { Problem } from '../problems.js'
import type { App } from '../shape.js'
import type { Attribute, Gate, Passage } from './gate.js'

export interface AuthzOptions {
  readonly trusted: NetworkSet
  /** Type by header (lower case) that a trusted proxy sets. */
  readonly headers: ReadonlyMap<string, string>
}

/** Envoy sends the original path below its prefix, whatever that is: only the prefix counts. */
export const AUTHZ_PATH = /^\/authz(?:[/?]|$)/

export function authzRoutes(app: App, gate: Gate, options: AuthzOptions): void {
  void app.register((scope, _options, done) => {
    // Before anything of the visitor's body is looked at, its type included.
    scope.addHook('onRequest', (request, reply) => {
      answer(reply, passageOf(request, gate, options))
    })
    scope.route({
      method: [...scope.supportedMethods],
      url: '/authz',
      exposeHeadRoute: false,
      config: { role: 'gateway', anyHost: true },
      handler: (_request, reply) => reply,
    })
    done()
  })
}

function passageOf(request: FastifyRequest, gate: Gate, options: AuthzOptions): Passage {
  const { trusted, headers } = options
  const address = clientAddress(request.socket.remoteAddress, request.headers, trusted)
  if (address === undefined && gate.rules.noAddress === 'deny')
    throw new Problem('no-client-address')
  const attributes: Attribute[] = address === undefined ? [] : [{ type: 'ip', value: address }]
  for (const [name, type] of headers) {
    const value = request.headers[name]
    if (typeof value === 'string') attributes.push({ type, value })
  }
  return attributes.length === 0 ? gate.declared('allow') : gate.decide(attributes)
}

function answer(reply: FastifyReply, { passes, action, decisionId }: Passage): FastifyReply {
  void reply.header('x-tocsin-action', action)
  if (decisionId !== undefined) void reply.header('x-tocsin-decision', decisionId)
  if (passes) return reply.code(200).send()
  return reply.code(403).type('text/plain; charset=utf-8').send(`${REFUSAL}\n`)
}
