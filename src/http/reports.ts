/**
 * What our own voice is asked to say: reports (one, a list, or a stream of lines), revocations,
 * sightings and disputes (one or a list). Shape only; what may be said is decided behind the port.
 * An answer of 201 means durable. With an `Idempotency-Key` a repeated request is answered as the
 * first one was.
 */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { LIMITS } from '../core/limits.js'
import { isReason } from '../core/own-rows.js'
import type {
  DisputeItem,
  ItemResult,
  ReportItem,
  RevocationItem,
  ManyOptions,
  SayOptions,
  SightingItem,
  Voice,
} from '../core/ports.js'
import type { HttpDependencies } from './dependencies.js'
import { Lines, type Line } from '../core/lines.js'
import { Problem, problemOf } from './problems.js'
import { Results } from './results.js'
import { isSelection, revokeSelected } from './selected.js'
import {
  checkOf,
  DisputeShape,
  object,
  ReportShape,
  RevocationShape,
  SightingShape,
  type App,
} from './shape.js'

/** Lines of a stream that are said together: three full envelopes. */
const CHUNK_ITEMS = 3 * LIMITS.statementsMax
const NDJSON = ['application/x-ndjson', 'application/ndjson', 'application/jsonl']

type Say<Item> = (items: readonly Item[], options: SayOptions) => Promise<readonly ItemResult[]>
interface Kind<Item> {
  readonly check: {
    fits(value: unknown): value is Item
    wrong(value: unknown): string
  }
  readonly say: Say<Item>
}

/** A misspelt `dryRun` must not publish: no other is let through. */
const Yes = Type.Optional(Type.Enum(['yes']))
const Query = object({ dryRun: Yes, sparesFirstHand: Yes })

export function reportRoutes(app: App, dependencies: HttpDependencies): void {
  const config = { role: 'detector' } as const
  const options = { config, schema: { querystring: Query } }
  const { report, revocation, sighting, dispute } = kindsOf(dependencies.voice)
  // Parsed here alone, as a stream: the bound of ordinary bodies does not apply to it.
  void app.register((scope, _options, done) => {
    scope.addContentTypeParser(NDJSON, (_request, payload, parsed) => parsed(null, payload))
    scope.post('/v1/reports', options, (request, reply) =>
      NDJSON.includes(request.mediaType ?? '')
        ? sayStream(report, request, reply)
        : sayBody(report, request, reply),
    )
    done()
  })
  app.post('/v1/revocations', options, (request, reply) =>
    isSelection(request.body)
      ? revokeSelected(dependencies, request.body, manyOptionsOf(request), reply)
      : sayBody(revocation, request, reply),
  )
  app.post('/v1/sightings', options, (request, reply) => sayBody(sighting, request, reply))
  app.post('/v1/disputes', options, (request, reply) => sayBody(dispute, request, reply))
}

function kindsOf(voice: Voice) {
  return {
    report: {
      check: checkOf(ReportShape),
      say: (items, options) => voice.report(items, options),
    } satisfies Kind<ReportItem>,
    revocation: {
      check: checkOf(RevocationShape),
      say: (items, options) => voice.revoke(items, options),
    } satisfies Kind<RevocationItem>,
    sighting: {
      check: checkOf(SightingShape),
      say: (items, options) => voice.sight(items, options),
    } satisfies Kind<SightingItem>,
    dispute: {
      check: checkOf(DisputeShape),
      say: (items, options) => voice.dispute(items, options),
    } satisfies Kind<DisputeItem>,
  }
}

async function sayBody<Item>(
  kind: Kind<Item>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { body } = request
  const options = optionsOf(request)
  if (!Array.isArray(body)) return sayOne(kind, body, options, reply)
  if (body.length === 0) throw new Problem('request-malformed', 'body: an empty list')
  if (body.length > LIMITS.requestItemsMax) throw new Problem('items-too-many')
  const chunk = new Chunk(kind, new Results())
  body.forEach((item, index) => chunk.add(index, item))
  await chunk.say(options)
  return reply.code(chunk.results.status).send(chunk.results.body())
}

async function sayOne<Item>(
  kind: Kind<Item>,
  item: unknown,
  options: SayOptions,
  reply: FastifyReply,
): Promise<unknown> {
  if (!kind.check.fits(item)) {
    throw new Problem('request-malformed', `body: ${kind.check.wrong(item)}`)
  }
  const [result] = await kind.say([item], options)
  if (result === undefined) throw new Error('an item without a result')
  if (result.status === 'refused') throw new Problem(result.code!, result.detail)
  const results = new Results()
  results.add(0, result)
  return reply.code(results.status).send(results.body())
}

/** Lines in, one answer at the end. A chunk is said before the next is read. */
async function sayStream<Item>(
  kind: Kind<Item>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  request.releaseBody()
  const results = new Results()
  const lines = new Lines()
  let chunk = new Chunk(kind, results)
  let chunks = 0
  const say = async () => {
    await chunk.say(optionsOf(request, chunks++))
    chunk = new Chunk(kind, results)
  }
  try {
    for await (const bytes of request.body as Readable) {
      for (const line of lines.push(bytes as Buffer)) {
        chunk.addLine(line)
        if (chunk.size >= CHUNK_ITEMS) await say()
      }
    }
    for (const line of lines.end()) chunk.addLine(line)
    await say()
  } catch (error) {
    // What was said before stays said; the counts tell how much that is.
    const { accepted, duplicate, refused } = results.body()
    const { code, detail } = problemOf(error)
    throw new Problem(code, detail, { accepted, duplicate, refused })
  }
  return reply.code(results.status).send(results.body())
}

/** Items that are said together; one that is not of the shape is refused by itself. */
class Chunk<Item> {
  readonly #kind: Kind<Item>
  readonly #items: Item[] = []
  readonly #places: number[] = []

  constructor(
    kind: Kind<Item>,
    readonly results: Results,
  ) {
    this.#kind = kind
  }

  get size(): number {
    return this.#items.length
  }

  add(index: number, item: unknown): void {
    const { check } = this.#kind
    if (!check.fits(item)) return this.results.refuse(index, 'line-malformed', check.wrong(item))
    this.#items.push(item)
    this.#places.push(index)
  }

  addLine({ index, text }: Line): void {
    if (text === undefined) return this.results.refuse(index, 'line-too-long')
    if (text.trim() === '') return
    let item: unknown
    try {
      item = JSON.parse(text)
    } catch {
      return this.results.refuse(index, 'line-malformed', 'not JSON')
    }
    this.add(index, item)
  }

  async say(options: SayOptions): Promise<void> {
    if (this.#items.length === 0) return
    const said = await this.#kind.say(this.#items, options)
    said.forEach((result, i) => this.results.add(this.#places[i]!, result))
  }
}

export function optionsOf(request: FastifyRequest, chunk?: number): SayOptions {
  const receipt = receiptOf(request, chunk)
  return { ...manyOptionsOf(request), ...(receipt && { receipt }) }
}

function manyOptionsOf(request: FastifyRequest): ManyOptions {
  const { caller: by, isOperator: mayForce } = request
  const approver = approverOf(request)
  const { dryRun, sparesFirstHand } = request.query as Partial<Record<string, unknown>>
  return {
    ...{ by, mayForce },
    ...(approver && { approver }),
    ...(dryRun === 'yes' && { dryRun: true }),
    ...(sparesFirstHand === 'yes' && { sparesFirstHand: true }),
  }
}

/**
 * Who approved that it leaves, for the ledger: local free text, which stays here. Percent-encoded,
 * because names have letters that headers have not.
 */
function approverOf({ headers }: FastifyRequest): string | undefined {
  const given = headers['x-tocsin-approver']
  if (given === undefined || given === '') return undefined
  const name = decoded(String(given))
  if (name === undefined || !isReason(name)) throw new Problem('approver-malformed')
  return name.trim()
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/**
 * The receipt of a request, so that a repeated one is answered and not said again: SHA-256 of the
 * token's name and the key (two callers may choose the same), and of a stream each chunk's number.
 */
function receiptOf(request: FastifyRequest, chunk?: number): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem('idempotency-key-malformed')
  }
  const hash = createHash('sha256').update(`${request.caller}\0${key}`)
  return (chunk === undefined ? hash : hash.update(`\0${chunk}`)).digest('hex')
}
