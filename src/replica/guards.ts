/**
 * Middleware for Node applications: asks a replica about each request, declines what is blocked by
 * one constant text, and never throws into the application. No package is needed for it: the shapes
 * are those of express and fastify as far as they are used.
 */
import type { IncomingHttpHeaders } from 'node:http'
import {
  clientAddress,
  LOOPBACK,
  trustedProxies,
  type RequestHeaders,
} from '../core/client-address.js'
import { REFUSAL } from '../core/refusal.js'
import type { NetworkSet } from '../core/network-set.js'
import type { Question } from './hooks.js'
import { ReplicaOptionError } from './options.js'
import type { ReplicaVerdict } from './replica-verdict.js'

interface Checker {
  checkRequest(question: { readonly attributes: readonly Question[] }): ReplicaVerdict
}

interface GuardedRequest {
  readonly headers: IncomingHttpHeaders
  readonly socket: { readonly remoteAddress?: string | undefined }
}

export interface GuardOptions<Request> {
  /** Peers that say truly where a request comes from; loopback unless given. */
  readonly trustedProxies?: readonly string[]
  /** What else is known of a request, set by your own authentication: never by its sender. */
  readonly attributes?: (request: Request) => readonly Question[]
  /** A request of which no address is known. */
  readonly noAddress?: 'allow' | 'deny'
  /** Told of every verdict; for throttle and challenge, which pass. What it throws is ignored. */
  readonly onVerdict?: (request: Request, verdict: ReplicaVerdict) => void
}

interface ExpressResponse {
  status(code: number): { type(type: string): { send(body: string): unknown } }
  setHeader(name: string, value: string): unknown
}

/** `app.use(expressGuard(replica))`. Throws `ReplicaOptionError` at once, and nothing later. */
export function expressGuard<Request extends GuardedRequest>(
  replica: Checker,
  options: GuardOptions<Request> = {},
): (request: Request, response: ExpressResponse, next: () => void) => void {
  const decide = decider(replica, options)
  return (request, response, next) => {
    const { passes, action, decisionId } = decide(request)
    response.setHeader('x-tocsin-action', action)
    if (passes) return next()
    response.setHeader('x-tocsin-decision', decisionId)
    response.status(403).type('text/plain').send(`${REFUSAL}\n`)
  }
}

interface FastifyReply {
  header(name: string, value: string): unknown
  code(code: number): { type(type: string): { send(body: string): unknown } }
}

/** `app.addHook('onRequest', fastifyGuard(replica))`. */
export function fastifyGuard<Request extends GuardedRequest>(
  replica: Checker,
  options: GuardOptions<Request> = {},
): (request: Request, reply: FastifyReply, done: () => void) => void {
  const decide = decider(replica, options)
  return (request, reply, done) => {
    const { passes, action, decisionId } = decide(request)
    reply.header('x-tocsin-action', action)
    if (passes) return done()
    reply.header('x-tocsin-decision', decisionId)
    reply.code(403).type('text/plain; charset=utf-8').send(`${REFUSAL}\n`)
  }
}

interface Decision {
  readonly passes: boolean
  readonly action: string
  readonly decisionId: string
}

const DENIED: Decision = { passes: false, action: 'block', decisionId: '' }

function decider<Request extends GuardedRequest>(
  replica: Checker,
  options: GuardOptions<Request>,
): (request: Request) => Decision {
  const trusted = trustedProxies(options.trustedProxies ?? LOOPBACK)
  if (trusted === undefined)
    throw new ReplicaOptionError('trustedProxies are addresses or networks')
  const { noAddress = 'deny', onVerdict } = options
  return (request) => {
    const address = addressOf(request, trusted)
    if (address.length === 0 && noAddress === 'deny') return DENIED
    const attributes = [...address, ...attributesOf(request, options)]
    const verdict = replica.checkRequest({ attributes })
    try {
      onVerdict?.(request, verdict)
    } catch {
      // The application's own affair, and no reason to decide otherwise.
    }
    const { action } = verdict
    const passes = action !== 'block'
    return { passes, action, decisionId: passes ? '' : verdict.decisionId }
  }
}

function addressOf({ headers, socket }: GuardedRequest, trusted: NetworkSet): Question[] {
  const value = clientAddress(socket.remoteAddress, headers as RequestHeaders, trusted)
  return value === undefined ? [] : [{ type: 'ip', value }]
}

/** What the application itself cannot say is left out. */
function attributesOf<Request>(
  request: Request,
  { attributes }: GuardOptions<Request>,
): readonly Question[] {
  try {
    return attributes?.(request) ?? []
  } catch {
    return []
  }
}
