/**
 * The API as one fastify instance: what every request passes (host, token, role, size, time) and
 * how every problem is answered. Which routes there are is in the route files; that a route cannot
 * be reached without its role is here.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { METHODS } from 'node:http'
import type { Socket } from 'node:net'
import { fastify, type FastifyRequest } from 'fastify'
import { TLP } from '../core/codes.js'
import { LIMITS, MINUTE_MS, SECOND_MS } from '../core/limits.js'
import type { Log } from '../core/ports.js'
import type { Answering } from './check.js'
import { mayUse, type Access } from './access.js'
import type { AnswerCounts } from './answer-counts.js'
import { AUTHZ_PATH } from './dialects/authz.js'
import { isHostFine } from './host-check.js'
import { documentRoutes, openapiRoute } from './openapi.js'
import { bodyOf, onProblem, Problem, problemOf, sendProblem } from './problems.js'
import { validatorCompiler, type App, type ShapeProvider } from './shape.js'

export interface AppOptions {
  readonly hosts: readonly string[]
  /** PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
}

/** Between two packets; a slow reader of an export still reads something in that time. */
export const SOCKET_IDLE_MS = 60 * SECOND_MS
/** Until the whole request is here, streams included. */
export const REQUEST_MS = 15 * MINUTE_MS
export const HEADERS_MS = 10 * SECOND_MS
/** Until the body of an ordinary request is here. */
const BODY_MS = 30 * SECOND_MS
/** Longer than the idle time of usual proxies and clients, so that they close first. */
export const KEEP_ALIVE_MS = 75 * SECOND_MS
/**
 * A name or id in a path: the longest are decision ids of a whole request. The router's own default
 * would refuse a long member name, encoded.
 */
const PARAM_LENGTH_MAX = 4_096
/** What tools of threat intelligence ask. */
const TOOL_PATH = /^\/(?:taxii2|misp)(?:[/?]|$)/
/** As much as any proxy in front hands on: a visitor's headers must not make it an error. */
const HEADER_BYTES_MAX = 64 << 10

/** A backslash could write any of the others. */
const SUSPECT = ['__proto__', 'constructor', '\\']

/** What an API is made of: who may call it, and its routes. */
export interface AppParts {
  readonly access: Access
  readonly routes: readonly ((app: App) => void)[]
  readonly answering: Answering
  /** Told every answer. */
  readonly answers?: AnswerCounts | undefined
  readonly version: string
  readonly log: Log
}

export async function createApp(options: AppOptions, parts: AppParts) {
  const { access, routes, answers, version, log } = parts
  const { tls } = options
  const app = fastify({
    ...(tls === undefined
      ? {}
      : { https: { cert: readFileSync(tls.cert), key: readFileSync(tls.key) } }),
    bodyLimit: LIMITS.bodyBytesMax,
    connectionTimeout: SOCKET_IDLE_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    // Whatever a visitor asked for stands below it, as it is, well-formed or not.
    rewriteUrl: ({ url = '/' }) => (AUTHZ_PATH.test(url) ? '/authz' : url),
    http: { maxHeaderSize: HEADER_BYTES_MAX },
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOf(error)),
    clientErrorHandler: answerUnreadable,
  }).withTypeProvider<ShapeProvider>() as unknown as App
  app.server.headersTimeout = HEADERS_MS
  app.setValidatorCompiler(validatorCompiler)
  const logProblem = (request: FastifyRequest, error: unknown) =>
    // The route's pattern, never its address: that may hold a value.
    log.error('request-failed', { route: request.routeOptions.url, method: request.method, error })
  app.setErrorHandler(
    onProblem(logProblem, (request, { code }) =>
      log.debug('request-refused', askedBy(request, code)),
    ),
  )
  app.setNotFoundHandler(() => {
    throw new Problem('route-unknown')
  })
  // Visitors' methods arrive at dialects as they are.
  const known = new Set(['CONNECT', ...app.supportedMethods])
  for (const method of METHODS) if (!known.has(method)) app.addHttpMethod(method)
  readJson(app)
  if (answers !== undefined) countAnswers(app, answers)
  guard(app, options, access)
  await documentRoutes(app, version)
  for (const add of [...routes, openapiRoute]) add(app)
  await app.ready()
  return app
}

/**
 * The framework looks through every body for names that would change a prototype, for longer than
 * it takes to read it (`npm run bench lookup`). Where none of the letters is there it need not.
 */
function readJson(app: App): void {
  const careful = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, parsed) => {
    const body = text as string
    const read = SUSPECT.some((part) => body.includes(part)) ? undefined : jsonIn(body)
    if (read === undefined) return careful(request, body, parsed)
    parsed(null, read)
  })
}

/** Undefined where it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Who was refused what. The route's pattern, as above. */
function askedBy({ method, routeOptions, caller }: FastifyRequest, problem: string) {
  return { route: routeOptions.url, method, caller, problem }
}

/** What stands before every route, in this order: closing, body time, host, token, role. */
function guard(app: App, options: AppOptions, access: Access): void {
  let closing = false
  app.addHook('preClose', (done) => {
    closing = true
    done()
  })
  app.decorateRequest('caller', '')
  app.decorateRequest('isOperator', false)
  app.decorateRequest('tlp', TLP.code('clear'))
  app.decorateRequest('releaseBody', () => undefined)
  app.addHook('onRequest', (request, reply, done) => {
    if (closing) {
      // Kept-alive connections would otherwise hold up the stop.
      reply.raw.shouldKeepAlive = false
      throw new Problem('stopping')
    }
    boundBody(request)
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    const { localAddress } = request.socket
    const { role, anyHost } = request.routeOptions.config
    if (anyHost !== true && !isHostFine(request.headers.host, options.hosts, localAddress)) {
      throw new Problem('wrong-host')
    }
    if (role !== 'public') {
      const schemes = TOOL_PATH.test(request.url) ? 'of-tools' : 'ours'
      const caller = access.callerOf(request.headers, request.socket, schemes)
      request.caller = caller.name
      request.tlp = TLP.code(caller.tlp ?? 'amber')
      if (role !== undefined && !mayUse(caller, role)) {
        throw new Problem('role-too-low', `this route needs ${role}`)
      }
      request.isOperator = mayUse(caller, 'operator')
    }
    done()
  })
}

/**
 * When an answer leaves; to wait for its end would cost each a listener. A stream of changes is
 * written past the framework and not counted.
 */
function countAnswers(app: App, answers: AnswerCounts): void {
  app.decorateRequest('readAt', 0)
  app.addHook('onRequest', (request, _reply, done) => {
    request.readAt = performance.now()
    done()
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    const { routeOptions, readAt } = request
    answers.note(routeOptions.url, reply.statusCode, performance.now() - readAt)
    done()
  })
}

/** Drops the connection of a body that takes too long. */
function boundBody(request: FastifyRequest): void {
  const { raw } = request
  if (raw.headers['content-length'] === undefined && raw.headers['transfer-encoding'] === undefined)
    return
  const timer = setTimeout(() => raw.destroy(), BODY_MS)
  timer.unref()
  request.releaseBody = () => clearTimeout(timer)
  raw.once('end', request.releaseBody).once('close', request.releaseBody)
}

/** What is not even HTTP gets a problem too, and the connection ends. */
function answerUnreadable(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const body = JSON.stringify(bodyOf('request-malformed'))
  socket.end(
    'HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
