/**
 * Guardrails of AI gateways: LiteLLM's generic guardrail and Portkey's webhook. Both show the
 * caller what they are answered, so that is one constant text; both turn an error of ours into a
 * rule of their own, so whatever happens here is answered 200, as the operator declared.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { typeByName } from '../../core/indicator.js'
import { LIMITS } from '../../core/limits.js'
import { REFUSAL } from '../../core/refusal.js'
import { Problem } from '../problems.js'
import type { App } from '../shape.js'
import type { Attribute, Gate, Passage } from './gate.js'

export interface GuardrailOptions {
  /** Type by JSON pointer (RFC 6901) into the body, for what a trusted hop put there. */
  readonly pointers: ReadonlyMap<string, string>
}

export function guardrailRoutes(app: App, gate: Gate, { pointers }: GuardrailOptions): void {
  const pointed = (body: unknown): Attribute[] =>
    [...pointers].flatMap(([pointer, type]) => {
      const value = at(body, pointer)
      return typeof value === 'string' ? [{ type, value }] : []
    })
  route(app, gate, {
    url: '/beta/litellm_basic_guardrail_api',
    attributes: pointed,
    answer: ({ passes }) =>
      passes ? { action: 'NONE' } : { action: 'BLOCKED', blocked_reason: REFUSAL },
  })
  route(app, gate, {
    url: '/guardrails/portkey',
    attributes: (body) => [...pointed(body), ...named(at(body, '/metadata'))],
    // Never more than the verdict: Portkey shows all of it to its caller.
    answer: ({ passes }) => ({ verdict: passes }),
  })
}

interface Guardrail {
  readonly url: string
  readonly attributes: (body: unknown) => readonly Attribute[]
  readonly answer: (passage: Passage) => object
}

function route(app: App, gate: Gate, { url, attributes, answer }: Guardrail): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, parsed) => {
      parsed(null, jsonOf(bytes as Buffer))
    })
    scope.setErrorHandler((error, _request, reply) => {
      // A token that is missing is a mistake of the operator's, who is to see it.
      if (error instanceof Problem && error.isAboutAccess) throw error
      return reply.code(200).send(answer(gate.declared(gate.rules.noAnswer)))
    })
    const config = { role: 'gateway' } as const
    const options = { config, bodyLimit: LIMITS.guardrailBytesMax }
    scope.post(url, options, (request: FastifyRequest, reply: FastifyReply) =>
      reply.send(answer(gate.decide(attributes(request.body)))),
    )
    done()
  })
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    return undefined // nothing to ask about
  }
}

/** What the pointer names, if anything. */
function at(body: unknown, pointer: string): unknown {
  let value = body
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** Entries that are named after a type, as metadata has them: `{"ip": "192.0.2.1"}`. */
function named(metadata: unknown): Attribute[] {
  if (typeof metadata !== 'object' || metadata === null) return []
  return Object.entries(metadata).flatMap(([type, value]) => {
    const isType = type === 'ip' || typeByName(type) !== undefined
    return isType && typeof value === 'string' ? [{ type, value }] : []
  })
}
