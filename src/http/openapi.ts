/**
 * `/openapi.json`: OpenAPI 3.1, made from the routes themselves: what they are called with is their
 * schema, who may call them is their role. Only what a route is for stands here.
 */
import swagger from '@fastify/swagger'
import { Type, type TSchema } from 'typebox'
import { INPUT_CODES } from '../core/outcome.js'
import { ANSWERS } from './answers.js'
import { PROBLEM_CODES } from './problems.js'
import { DisputeShape, ReportShape, RevocationShape, SightingShape, type App } from './shape.js'

/** By method and path. A route that is missing here fails a test. */
export const SUMMARIES: Readonly<Record<string, string>> = {
  'GET /healthz': 'Whether the process answers.',
  'GET /readyz': 'Whether answers are whole; with fresh also whether members are current.',
  'GET /metrics': 'Numbers for Prometheus.',
  'GET /openapi.json': 'This document.',
  'GET /v1/check': 'The verdict on one value.',
  'POST /v1/check': 'Verdicts on up to 1,000 values, in order.',
  'POST /v1/check/request': 'One verdict on all that one API request shows.',
  'GET /v1/snapshot': 'The whole state at one place of the change feed, for replicas.',
  'GET /v1/changes': 'What was committed after a place: a stream (SSE), or a page by long poll.',
  'POST /v1/sketches': 'The frame of a campaign, told to the members as a sketch.',
  'POST /v1/reports': 'Report values; one, up to 1,000, or a stream of lines.',
  'POST /v1/revocations': 'Take own reports back.',
  'POST /v1/sightings': 'Say that reported values were seen here, too.',
  'POST /v1/disputes': 'Contradict others’ reports.',
  'GET /v1/explain': 'Why a verdict is what it is, with signed evidence.',
  'POST /v1/explain': 'The same for values that do not belong in an address.',
  'GET /v1/decisions/by-id/:id': 'What a decision was about.',
  'GET /v1/indicators': 'What is live, page by page.',
  'GET /v1/voids': 'Statements that mean nothing here.',
  'GET /v1/export': 'Everything live that may leave.',
  'POST /v1/import': 'Say what a document of another tool says, second-hand.',
  'GET /v1/members': 'The roster.',
  'POST /v1/members': 'Admit a member, or another key of one.',
  'GET /v1/members/:name': 'One member.',
  'PUT /v1/members/:name': 'Change a member.',
  'DELETE /v1/members/:name': 'Remove a member.',
  'GET /v1/allowlist': 'What is never acted on.',
  'POST /v1/allowlist': 'Never act on a value.',
  'DELETE /v1/allowlist': 'Act on it again.',
  'POST /v1/allowlist/lists': 'Load a warning list.',
  'DELETE /v1/allowlist/lists/:name': 'Drop a loaded list.',
  'GET /v1/tokens': 'Names and roles of tokens.',
  'POST /v1/tokens': 'Make a token, which is shown once.',
  'DELETE /v1/tokens/:name': 'End a token.',
  'GET /v1/policy': 'The policy in force.',
  'PUT /v1/policy': 'Put another policy in force.',
  'POST /v1/policy/enforcing': 'The policy’s text with something out of shadow; changes nothing.',
  'POST /v1/policy/test': 'What another policy would change.',
  'GET /v1/status': 'How this node is.',
  'GET /v1/activity': 'What was said and how late it came, minute by minute.',
  'GET /v1/state': 'Sums by which two nodes find where they differ.',
  'GET /v1/peers': 'Links to members.',
  'GET /v1/doctor': 'What could be wrong with this node, and what mends it.',
  'GET /v1/receipts': 'How far members have applied our own log, by their signed word.',
  'GET /v1/ledger': 'What left this node and what was stopped, signed, for counsel.',
  'GET /v1/log': 'Every statement in the order in which it was taken in.',
  'POST /v1/console/links': 'A link that lets a browser into the console, once.',
  'POST /v1/console/leave': 'End a browser’s session.',
  'GET /v1/id': 'This node’s card.',
  'GET /v1/forks': 'Authors that signed two histories, with the proofs.',
  'GET /v1/admin/work': 'How far slow work on the folder is.',
  'POST /v1/admin/verify': 'Check everything on disk.',
  'POST /v1/admin/rebuild': 'Make the claims anew from the logs.',
  'POST /v1/admin/backup': 'Copy the folder.',
  'POST /v1/admin/pause': 'Pause enforcement or publishing.',
  'POST /v1/admin/resume': 'End a pause.',
  'POST /beta/litellm_basic_guardrail_api': 'LiteLLM’s generic guardrail.',
  'POST /guardrails/portkey': 'Portkey’s webhook guardrail.',
  'GET /v1/decisions': 'CrowdSec: decisions on an address.',
  'GET /v1/decisions/stream': 'CrowdSec: decisions since the last answer.',
  'POST /v1/usage-metrics': 'CrowdSec: what a bouncer dropped.',
  'GET /taxii2/': 'TAXII 2.1: where its one API root is.',
  'GET /taxii2/tocsin/': 'TAXII 2.1: the API root.',
  'GET /taxii2/tocsin/collections/': 'TAXII 2.1: everything, and each category by itself.',
  'GET /taxii2/tocsin/collections/:collection/': 'TAXII 2.1: one collection.',
  'GET /taxii2/tocsin/collections/:collection/objects/': 'TAXII 2.1: STIX 2.1 objects, by pages.',
  'GET /taxii2/tocsin/collections/:collection/manifest/':
    'TAXII 2.1: which objects, and since when.',
  'GET /taxii2/tocsin/collections/:collection/objects/:object/': 'TAXII 2.1: one object.',
  'GET /taxii2/tocsin/collections/:collection/objects/:object/versions/':
    'TAXII 2.1: the version there is of it.',
  'POST /taxii2/tocsin/collections/:collection/objects/': 'TAXII 2.1: refused; it is for reading.',
  'DELETE /taxii2/tocsin/collections/:collection/objects/:object/':
    'TAXII 2.1: refused; it is for reading.',
  'GET /misp/manifest.json': 'MISP feed: its events.',
  'GET /misp/hashes.csv': 'MISP feed: MD5 of each value, and its event.',
  'GET /misp/:file': 'MISP feed: one event, UUID.json.',
  'GET /export/plain.txt': 'Blocked addresses and networks, one a line.',
  'GET /export/haproxy.map': 'The same as a map of HAProxy.',
  'GET /export/nginx-geo.conf': 'The same for nginx’s geo.',
  'GET /export/nftables.nft': 'The same for nft -f.',
  'GET /export/ipset.restore': 'The same for ipset restore.',
}

/** Bodies that their routes read for themselves: as one, or as a list. */
const BODIES: Readonly<Record<string, TSchema>> = {
  'POST /v1/reports': oneOrMany(ReportShape),
  'POST /v1/revocations': oneOrMany(RevocationShape),
  'POST /v1/sightings': oneOrMany(SightingShape),
  'POST /v1/disputes': oneOrMany(DisputeShape),
}

function oneOrMany(item: TSchema): TSchema {
  return Type.Union([item, Type.Array(item, { minItems: 1 })])
}

const SECURITY = [{ bearer: [] }, { apiKey: [] }]
const PROBLEM = { $ref: '#/components/schemas/Problem' }
const DESCRIPTION =
  '`/authz`, below which any path and method stand, answers nginx auth_request, Caddy ' +
  'forward_auth and Envoy ext_authz: 200 or 403.'

/** Registered before the routes, which it then sees. */
export async function documentRoutes(app: App, version: string): Promise<void> {
  await app.register(swagger as never, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Tocsin', version, description: DESCRIPTION, license: LICENSE },
      components: { securitySchemes: SCHEMES, schemas: { Problem: problemSchema() } },
    },
    transform: ({ schema, url, route }: Seen) => ({ url, schema: documented(schema, url, route) }),
  })
}

export function openapiRoute(app: App): void {
  app.get('/openapi.json', { config: { role: 'gateway' } }, (_request, reply) => {
    const { swagger: made } = app as App & { readonly swagger: () => object }
    return reply.type('application/json').send(JSON.stringify(made()))
  })
}

interface Seen {
  readonly schema: object | undefined
  readonly url: string
  readonly route: {
    readonly method: string | readonly string[]
    readonly config?: {
      readonly role?: string
      readonly anyHost?: boolean
      readonly isPage?: boolean
    }
  }
}

function documented(schema: object | undefined, url: string, { method, config }: Seen['route']) {
  const name = `${[method].flat()[0]!} ${url}`
  const summary = SUMMARIES[name]
  const [answer, body] = [ANSWERS[name], BODIES[name]]
  const isHidden =
    config?.anyHost === true || config?.isPage === true || [method].flat()[0] === 'HEAD'
  const role = config?.role ?? 'gateway'
  return {
    ...schema,
    ...(body && { body }),
    ...(isHidden ? { hide: true } : {}),
    summary: summary ?? '',
    description: role === 'public' ? 'For anybody.' : `Role: ${role}.`,
    security: role === 'public' ? [] : SECURITY,
    response: {
      '2xx': {
        description: 'Done.',
        ...(answer && { content: { 'application/json': { schema: answer } } }),
      },
      default: {
        description: 'A problem, with a stable code (RFC 9457).',
        content: { 'application/problem+json': { schema: PROBLEM } },
      },
    },
  }
}

const LICENSE = { name: 'Apache-2.0', identifier: 'Apache-2.0' }
const SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
} as const

function problemSchema(): object {
  const text = { type: 'string' }
  const codes = [...new Set([...PROBLEM_CODES, ...Object.keys(INPUT_CODES)])].sort()
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'code'],
    properties: {
      ...{ type: text, title: text, detail: text },
      status: { type: 'integer' },
      code: { type: 'string', enum: codes },
    },
  }
}
