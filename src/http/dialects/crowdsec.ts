/**
 * The part of CrowdSec's Local API that bouncers use: look-ups, the stream of decisions, and the
 * metrics they push. Bytes matter here: a miss is `null` and nothing else, durations are whole
 * seconds, every field is always there. What is said of a value is constant but for its end,
 * because bouncers show it to whom they ban.
 *
 * A cursor is kept by token and client address, so that two hosts with one key miss nothing; it
 * moves when the answer has left whole. Who is not known is sent everything, and as deleted
 * whatever it may still hold.
 */
import { createGzip } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { parseAddress } from '../../core/address.js'
import { canonicalise } from '../../core/canonical-form.js'
import { DAY_MS, LIMITS } from '../../core/limits.js'
import type { Clock } from '../../core/ports.js'
import { enforceable, findingOn, type Lookup } from '../../lookup/verdict.js'
import type { EnforcedValue } from '../../lookup/enforced.js'
import { JSON_TYPE } from '../check.js'
import type { Noted } from '../dependencies.js'
import type { EnforcedView } from '../enforced-view.js'
import { Problem } from '../problems.js'
import type { App } from '../shape.js'
import type { Bouncers } from './bouncers.js'
import { goDuration } from './go-duration.js'
import { hostsOf } from './whole-hosts.js'

export interface CrowdsecParts {
  readonly lookup: () => Lookup | undefined
  readonly clock: Clock
  readonly view: EnforcedView
  readonly bouncers: Bouncers
  readonly noted?: Noted | undefined
}

/** Short and constant: it names sets in firewalls, and is shown on ban pages. */
const CONSTANT = { origin: 'tocsin', scenario: 'tocsin/block', type: 'ban' } as const
const MISS = Buffer.from('null')
/** A ban outlives its end in no bouncer; this is for those that read no deletions. */
const DURATION_MS_MAX = 30 * DAY_MS
const PIECE_CHARS = 64 << 10
/** With nftables it blocks the first address of a network alone. */
const CUTTING = /^crowdsec-firewall-bouncer\b/

export function crowdsecRoutes(app: App, parts: CrowdsecParts): void {
  void app.register((scope, _options, done) => {
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply))
    const config = { role: 'gateway' } as const
    const loose = { config, schema: { querystring: Type.Object({}) } }
    for (const method of ['GET', 'HEAD'] as const) {
      scope.route({
        ...loose,
        method,
        url: '/v1/decisions',
        exposeHeadRoute: false,
        handler: (request, reply) => lookUp(parts, request, reply),
      })
      scope.route({
        ...loose,
        method,
        url: '/v1/decisions/stream',
        exposeHeadRoute: false,
        handler: (request, reply) => stream(parts, request, reply),
      })
    }
    scope.post(
      '/v1/usage-metrics',
      { config, bodyLimit: LIMITS.bodyBytesMax },
      (request, reply) => {
        parts.bouncers.reported(request.caller, request.body)
        return reply.code(201).type(JSON_TYPE).send({ message: 'ok' })
      },
    )
    done()
  })
}

/** As bouncers know it: they tell a wrong key by this, and read no code. */
function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Problem && error.isAboutAccess && error.code !== 'wrong-host') {
    return reply.code(403).type(JSON_TYPE).send({ message: 'access forbidden' })
  }
  throw error
}

type Query = Readonly<Record<string, string | undefined>>

function lookUp(
  { lookup, clock, noted }: CrowdsecParts,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const query = request.query as Query
  const asked =
    query['ip'] ?? query['range'] ?? (isOurScope(query['scope']) ? query['value'] : undefined)
  void reply.type(JSON_TYPE)
  if (asked === undefined || (query['type'] ?? 'ban') !== 'ban') return reply.send(MISS)
  const read = canonicalise('ip', asked)
  if (!read.ok) throw new Problem('request-malformed', 'query: not an address or a network')
  const at = lookup()
  if (at === undefined) throw new Problem('not-ready')
  const now = clock()
  const finding = findingOn(at, read.value, now)
  noted?.(finding, now)
  const { action, endsMs } = finding
  if (enforceable(at, action) !== 'block') return reply.send(MISS)
  const { value } = read.value
  return reply.send(JSON.stringify([decision({ value, action, endsMs, number: 1 }, now)]))
}

function isOurScope(scope: string | undefined): boolean {
  return scope === undefined || ['ip', 'range'].includes(scope.toLowerCase())
}

async function stream(parts: CrowdsecParts, request: FastifyRequest, reply: FastifyReply) {
  const { clock, bouncers, lookup } = parts
  if (lookup() === undefined) throw new Problem('not-ready')
  const query = request.query as Query
  const view = await parts.view.now()
  const now = clock()
  const name = `${request.caller} ${addressOf(request)}`
  const isStart = query['startup'] === 'true'
  const cursor = isStart ? undefined : bouncers.cursorOf(name)
  const changes = cursor === undefined ? undefined : view.since(cursor, 'block', now)
  const from = changes === undefined ? undefined : cursor
  const number = view.number
  const scopes = scopesOf(query['scopes'])
  const isAsked = (value: string) => scopes.has(scopeOf(value))
  const isCutting = CUTTING.test(request.headers['user-agent'] ?? '')
  const gone = changes?.gone ?? (isStart ? [] : view.others('block', now))
  const fresh = changes?.fresh ?? view.all('block', now)
  const text = pieces(
    decisionsText(
      goneFor(filtered(gone, isAsked), isCutting, (value) => blocks(lookup(), value, now)),
      freshFor(
        filtered(fresh, ({ value }) => isAsked(value)),
        isCutting,
      ),
      now,
    ),
  )
  // A look ahead (HEAD) reads nothing and moves nothing.
  if (request.method !== 'HEAD') {
    reply.raw.once('finish', () => bouncers.read(name, { from, number }, now))
  }
  return send(request, reply, text)
}

function send(request: FastifyRequest, reply: FastifyReply, text: Generator<string>): FastifyReply {
  const body = Readable.from(text, { objectMode: false })
  void reply.type(JSON_TYPE)
  if (request.headers['accept-encoding']?.includes('gzip') !== true) return reply.send(body)
  void reply.header('content-encoding', 'gzip')
  // `pipeline` ends both where one fails, so that a cut answer is never a whole one.
  return reply.send(pipeline(body, createGzip({ level: 1 }), () => undefined))
}

function* filtered<T>(items: Iterable<T>, isAsked: (item: T) => boolean): Generator<T> {
  for (const item of items) if (isAsked(item)) yield item
}

function* freshFor(fresh: Iterable<EnforcedValue>, isCutting: boolean): Generator<EnforcedValue> {
  for (const one of fresh) {
    if (!isCutting) yield one
    else for (const value of hostsOf(one.value)) yield { ...one, value }
  }
}

/** Who holds a network by its addresses keeps those that something else still gives. */
function* goneFor(
  gone: Iterable<string>,
  isCutting: boolean,
  isBlocked: (value: string) => boolean,
): Generator<string> {
  for (const one of gone) {
    if (!isCutting) yield one
    else for (const value of hostsOf(one)) if (!isBlocked(value)) yield value
  }
}

function blocks(at: Lookup | undefined, value: string, now: number): boolean {
  const read = canonicalise('ip', value)
  if (at === undefined || !read.ok) return false
  return enforceable(at, findingOn(at, read.value, now).action) === 'block'
}

function* decisionsText(
  gone: Iterable<string>,
  fresh: Iterable<EnforcedValue>,
  now: number,
): Generator<string> {
  yield '{"deleted":'
  yield* arrayText(gone, (value) =>
    decision({ value, action: 'block', endsMs: now - 1_000, number: 1 }, now),
  )
  yield ',"new":'
  yield* arrayText(fresh, (value) => decision(value, now))
  yield '}'
}

/** `null` where there is none, as the original has it. */
function* arrayText<T>(items: Iterable<T>, shown: (item: T) => object): Generator<string> {
  let isFirst = true
  for (const item of items) {
    yield `${isFirst ? '[' : ','}${JSON.stringify(shown(item))}`
    isFirst = false
  }
  yield isFirst ? 'null' : ']'
}

function* pieces(parts: Iterable<string>): Generator<string> {
  let piece = ''
  for (const part of parts) {
    piece += part
    if (piece.length < PIECE_CHARS) continue
    yield piece
    piece = ''
  }
  yield piece
}

function decision({ value, endsMs, number }: EnforcedValue, now: number) {
  const duration = goDuration(Math.min(endsMs - now, DURATION_MS_MAX))
  return { duration, id: number, ...CONSTANT, scope: scopeOf(value), value }
}

function scopeOf(value: string): 'Ip' | 'Range' {
  return value.includes('/') ? 'Range' : 'Ip'
}

function scopesOf(text: string | undefined): ReadonlySet<string> {
  const asked = (text ?? 'ip,range').toLowerCase().split(',')
  return new Set(['Ip', 'Range'].filter((scope) => asked.includes(scope.toLowerCase())))
}

function addressOf({ socket }: FastifyRequest): string {
  const address = parseAddress(socket.remoteAddress ?? '')
  return address.ok ? address.value.text : 'socket'
}
