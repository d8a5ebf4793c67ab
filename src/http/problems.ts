/**
 * The one table from codes to HTTP: status and text of every problem the API answers with, as
 * `application/problem+json` (RFC 9457). Codes are documented API; texts are for people. A problem
 * never repeats what was sent, and never shows a stack.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { INPUT_CODES, type Failure, type InputCode } from '../core/outcome.js'
import { VoiceError, type VoiceCode } from '../core/ports.js'
import { StoreError } from '../core/store-port.js'
import type { RosterCode } from '../core/roster.js'
import type { ReleaseCode } from '../lookup/release.js'

type Row = readonly [status: number, text: string]

const ROSTER_ROWS: Readonly<Record<RosterCode, Row>> = {
  'member-unknown': [404, 'no such member'],
  'member-exists': [409, 'another member has this name; give a name to add the key to it'],
  'key-taken': [409, 'this key belongs to another member'],
  'key-unknown': [404, 'the member has no such key'],
  'key-own': [409, 'this is the key of this node'],
  'key-weak': [422, 'not a sound Ed25519 key: it would prove nothing'],
  'too-many-members': [409, 'the roster is full'],
  'too-many-keys': [409, 'the member has as many keys as it may have'],
  'too-many-addresses': [422, 'more addresses than a key may have'],
}

const RELEASE_ROWS: Readonly<Record<Exclude<ReleaseCode, RosterCode>, Row>> = {
  'key-not-forked': [409, 'this key has signed one history only: there is nothing to release'],
  'new-key-needed': [409, 'the member has to be admitted with a new key first'],
}

const VOICE_ROWS: Readonly<Record<VoiceCode, Row>> = {
  overload: [429, 'too much is waiting here already'],
  'store-failed': [503, 'this node could not write to its disk'],
  stopping: [503, 'this node is shutting down'],
  'clock-wrong': [503, 'this node’s clock is not to be trusted'],
  'own-log-behind': [503, 'this folder lacks envelopes this node has published'],
  'own-log-forked': [503, 'this node’s key has signed two logs: it needs a new key'],
  'own-head-unasked': [503, 'This folder was restored; a member must be reached first'],
  'own-key-elsewhere': [409, 'Another node speaks with this key'],
  'idempotency-mismatch': [409, 'this idempotency key was used for another request'],
  'publish-paused': [503, 'publishing is paused by the operator'],
}

const HTTP_ROWS = {
  'json-malformed': [400, 'the body is not JSON'],
  'request-malformed': [400, 'the request is not of the route’s shape'],
  'approver-malformed': [400, 'X-Tocsin-Approver is a name, percent-encoded'],
  'idempotency-key-malformed': [400, 'an idempotency key is 1 to 255 printable characters'],
  'token-missing': [401, 'a token is needed: Authorization: Bearer …, or X-Api-Key'],
  'token-wrong': [401, 'no such token'],
  'cross-site': [403, 'a page of another origin may not ask in the operator’s name'],
  'no-client-address': [403, 'no trusted proxy says where the request comes from'],
  'role-too-low': [403, 'this token’s role may not do that'],
  'route-unknown': [404, 'no such route'],
  'collection-unknown': [404, 'no such collection'],
  'object-unknown': [404, 'no such object in this collection'],
  'event-unknown': [404, 'no such event'],
  'not-acceptable': [406, 'application/taxii+json;version=2.1 is all that is spoken here'],
  'read-only': [403, 'nothing is taken in here: tocsin import, or POST /v1/import'],
  'decision-unknown': [404, 'not a decision of this node'],
  'envelope-unknown': [404, 'none of this node’s newest envelopes'],
  'token-unknown': [404, 'no token of this name'],
  'allow-unknown': [404, 'the allowlist has no such value'],
  'list-unknown': [
    404,
    'no loaded list has this name; policy lists.without takes shipped ones out',
  ],
  'allow-full': [409, 'the allowlist is full'],
  'lists-full': [409, 'as many lists are loaded as may be'],
  'token-exists': [409, 'there is a token of this name already'],
  'card-of-another-network': [409, 'the card belongs to another federation'],
  'address-of-a-member': [
    409,
    'another member has this address; newOrganisation says it is another one all the same',
  ],
  'body-too-large': [413, 'more bytes than a request may have'],
  'items-too-many': [413, 'more items than a request may have'],
  'list-too-long': [413, 'more values than a list may have'],
  'media-type-unknown': [415, 'not a media type this route reads'],
  'wrong-host': [421, 'not a host name of this API; api.hosts lists further ones'],
  'feed-cursor-gone': [410, 'the change feed cannot go on from there: fetch /v1/snapshot'],
  'feed-cursor-malformed': [422, 'a cursor of the change feed is needed: EPOCH:NUMBER'],
  'list-empty': [422, 'no value of the list is a network, an address or a domain name'],
  'nothing-asked': [400, 'attributes, an account, a prompt or a sketch is needed'],
  'prompt-or-sketch': [400, 'a prompt or a sketch of it, not both'],
  'use-post': [422, 'values of keyed types do not belong in an address: use POST /v1/check'],
  'card-malformed': [422, 'neither a member card nor a PeerId'],
  'address-malformed': [422, 'not an address like /ip4/192.0.2.1/tcp/4717'],
  'decision-malformed': [422, 'not a decision id'],
  'before-history': [404, 'older than what is kept'],
  'cursor-malformed': [422, 'not a cursor of this listing'],
  'time-malformed': [422, 'not an ISO 8601 time with its zone'],
  'name-missing': [422, 'the card has no name: give one'],
  'policy-invalid': [422, 'not a policy; errors says what is wrong'],
  'policy-packaged': [409, 'the packaged policy is never changed: name a file of your own'],
  'name-malformed': [422, 'a name is 1 to 64 printable characters'],
  'not-ready': [503, 'this node’s answers are not complete'],
  internal: [500, 'a fault of this node; its log says more'],
} as const satisfies Record<string, Row>

export type ProblemCode = keyof typeof HTTP_ROWS | RosterCode | ReleaseCode | VoiceCode | InputCode

const INPUT_ROWS = Object.entries(INPUT_CODES).map(([code, text]) => [code, [422, text]] as const)

/** Later rows win: a code that is also an input code has one status everywhere. */
const ROWS = new Map<string, Row>([
  ...INPUT_ROWS,
  ...Object.entries(VOICE_ROWS),
  ...Object.entries(ROSTER_ROWS),
  ...Object.entries(RELEASE_ROWS),
  ...Object.entries(HTTP_ROWS),
])

/** All there are. */
export const PROBLEM_CODES: readonly string[] = [...ROWS.keys()]

const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'json-malformed',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'json-malformed',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unknown',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request-malformed',
  FST_ERR_BAD_URL: 'request-malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'request-malformed',
  FST_ERR_NOT_FOUND: 'route-unknown',
  ECONNRESET: 'request-malformed', // the client went away in the middle of its body
}

const ABOUT_ACCESS: readonly string[] = [
  'token-missing',
  'token-wrong',
  'role-too-low',
  'wrong-host',
  'cross-site',
]

/** Thrown by routes; becomes the answer. `extra` are further fields of the problem. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    readonly detail?: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(code)
  }

  /** The caller is not who may ask. */
  get isAboutAccess(): boolean {
    return ABOUT_ACCESS.includes(this.code)
  }
}

/** The value, or the failure as a problem. */
export function valueOr<Value>(
  result: { readonly ok: true; readonly value: Value } | Failure<ProblemCode>,
): Value {
  if (result.ok) return result.value
  throw new Problem(result.code, result.detail)
}

export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail?: string
}

export function bodyOf(code: ProblemCode, detail?: string): ProblemBody {
  const [status, title] = ROWS.get(code)!
  const type = `urn:tocsin:problem:${code}`
  return { type, title, status, code, ...(detail === undefined ? {} : { detail }) }
}

/** Any error as a problem. An error nobody foresaw is `internal`, without a word about it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof VoiceError) {
    const { code, message, untilMs } = error
    const until = untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }
    return new Problem(code, message, until)
  }
  if (error instanceof StoreError) return new Problem('store-failed', error.code)
  const { code, statusCode } = error as Partial<FastifyError>
  const known = code === undefined ? undefined : FASTIFY_CODES[code]
  if (known !== undefined) return new Problem(known)
  const isClients = statusCode !== undefined && statusCode >= 400 && statusCode < 500
  return new Problem(isClients ? 'request-malformed' : 'internal')
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const body = bodyOf(problem.code, problem.detail)
  if (body.status === 401) void reply.header('www-authenticate', 'Bearer')
  if (body.status === 429) void reply.header('retry-after', '1')
  // The rest of a body we did not want is read and dropped, within its time: closing instead would
  // reset the connection before the answer is read. Who asked for an end is told that it comes.
  if (reply.raw.shouldKeepAlive) void reply.removeHeader('connection')
  else void reply.header('connection', 'close')
  return reply
    .code(body.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify({ ...body, ...problem.extra })))
}

/** The error handler of the whole API. */
export function onProblem(
  log: (request: FastifyRequest, error: unknown) => void,
  refused: (request: FastifyRequest, problem: Problem) => void,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined {
  return (error, request, reply) => {
    const problem = problemOf(error)
    if (problem.code === 'internal' || problem.code === 'store-failed') log(request, error)
    else refused(request, problem)
    if (problem.code !== 'body-too-large') return sendProblem(reply, problem)
    return afterBody(request, () => sendProblem(reply, problem))
  }
}

/**
 * Reads the rest of a body that is not wanted and drops it, within the time that bodies have:
 * whoever still sends when a connection ends loses the answer.
 */
function afterBody({ raw }: FastifyRequest, answer: () => FastifyReply): FastifyReply | undefined {
  if (raw.complete) return answer()
  raw.resume().once('end', () => void answer())
  return undefined
}
