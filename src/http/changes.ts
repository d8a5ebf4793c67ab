/**
 * The change feed and the state at one place of it, for replicas: `GET /v1/snapshot`, then
 * `GET /v1/changes` as a stream (SSE) or page by page (long poll). A page names the place it goes
 * on from and the one it reaches; signed marks say what the claims then sum up to. A place that
 * cannot be gone on from is told as such, and never as "nothing new".
 */
import type { ServerResponse } from 'node:http'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { formatCursor, pageJson, parseCursor, type Cursor, type FeedPage } from '../core/feed.js'
import { SECOND_MS } from '../core/limits.js'
import { parseDuration } from '../core/request.js'
import type { KeyRing } from '../core/key-ring.js'
import type { Feed } from './feed.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

/** How soon a follower hears of a change; a look is two comparisons. */
const LOOK_MS = 20
/** Silence for longer says that the stream is dead, to both ends and to proxies between them. */
const HEARTBEAT_MS = 10 * SECOND_MS
const WAIT_MS_MAX = 30 * SECOND_MS

const Text = Type.Optional(Type.String())
const Query = object({ cursor: Text, wait: Text, context: Text, keys: Text })

export function changeRoutes(
  app: App,
  { feed, state, decisionKeyOf, keyRing }: HttpDependencies,
): void {
  const config = { role: 'gateway' } as const
  const keyFor = ({ caller }: FastifyRequest) =>
    Buffer.from(decisionKeyOf(caller)).toString('base64')
  /** For whoever has a token that carries the epoch keys. */
  const ringFor = ({ caller }: FastifyRequest) =>
    state.lists.of('tokens').get(caller)?.keyed === true ? keyRing : undefined
  const stopping = new AbortController()
  app.addHook('preClose', (done) => {
    stopping.abort()
    done()
  })

  app.get('/v1/changes', { config, schema: { querystring: Query } }, async (request, reply) => {
    const { cursor: text = request.headers['last-event-id'], wait, ...known } = request.query
    const cursor = typeof text === 'string' ? parseCursor(text) : undefined
    if (cursor === undefined) throw new Problem('feed-cursor-malformed')
    const waitMs = wait === undefined ? 0 : parseDuration(wait)
    if (waitMs === undefined || waitMs > WAIT_MS_MAX) {
      throw new Problem('request-malformed', 'query: wait is a duration of 30s at most')
    }
    const decisionKey = keyFor(request)
    const keys = { decisionKey, keyRing: ringFor(request) }
    const asked = { cursor, ...known, waitMs, ...keys, signal: stopping.signal }
    const isStream = request.headers.accept?.includes('text/event-stream') === true
    return isStream ? stream(feed, asked, reply) : longPoll(feed, asked, request)
  })

  app.get('/v1/snapshot', { config, schema: { querystring: object({}) } }, (request, reply) => {
    void reply.header('x-tocsin-decision-key', keyFor(request))
    return sendSnapshot(feed, request, reply)
  })
}

interface Asked {
  readonly cursor: Cursor
  /** Hash of the context that the follower has. */
  readonly context?: string
  /** Hash of the key ring that it has. */
  readonly keys?: string
  readonly waitMs: number
  /** Under which the follower seals decision ids that this node can open; base64. */
  readonly decisionKey: string
  /** Undefined: not for this follower. */
  readonly keyRing: (() => KeyRing) | undefined
  readonly signal: AbortSignal
}

/** Resolves once there is something beyond `cursor`, or another context, or the time is over. */
async function news(feed: Feed, asked: Asked): Promise<void> {
  const { cursor, context, keys, keyRing, waitMs, signal } = asked
  const end = performance.now() + waitMs
  const isLevel = () =>
    formatCursor(feed.cursor) === formatCursor(cursor) &&
    feed.context.hash === context &&
    keyRing?.().hash === (keyRing && keys)
  while (isLevel() && performance.now() < end && !signal.aborted) {
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function longPoll(feed: Feed, asked: Asked, { raw }: FastifyRequest): Promise<object> {
  const gone = new AbortController()
  raw.socket.once('close', () => gone.abort())
  await news(feed, { ...asked, signal: AbortSignal.any([asked.signal, gone.signal]) })
  const page = await feed.page(asked.cursor)
  if (page === undefined) throw new Problem('feed-cursor-gone')
  const { hash, of } = feed.context
  const context = hash === asked.context ? {} : { context: of }
  const { decisionKey } = asked
  const cursor = formatCursor({ epoch: asked.cursor.epoch, number: page.number })
  // Of the same place where the page reaches it: the follower compares.
  return {
    cursor,
    ...pageJson(page),
    contextHash: hash,
    ...context,
    decisionKey,
    ...keysFor(asked),
    mark: feed.mark().text,
  }
}

function keysFor({ keyRing }: Asked) {
  if (keyRing === undefined) return {}
  const { parts, hash } = keyRing()
  return { keyRing: parts, keys: hash }
}

async function stream(feed: Feed, asked: Asked, reply: FastifyReply): Promise<FastifyReply> {
  const { raw } = reply
  // What fastify has set on the reply goes out with a hijacked one, too.
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value)
  }
  reply.hijack()
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  const signal = AbortSignal.any([asked.signal, gone.signal])
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
  try {
    await new FeedStream(feed, raw, { ...asked, signal }).run()
  } catch (error) {
    if (!signal.aborted) raw.destroy(error as Error)
  }
  raw.end()
  return reply
}

/** One follower: pages as they come, contexts as they change, marks between them. */
class FeedStream {
  readonly #feed: Feed
  readonly #to: ServerResponse
  readonly #signal: AbortSignal
  #at: Cursor
  #context: string | undefined
  #marked = { number: -1, atMs: -Infinity }

  readonly #asked: Asked
  #ring: KeyRing | undefined

  constructor(feed: Feed, to: ServerResponse, asked: Asked) {
    this.#asked = asked
    this.#feed = feed
    this.#to = to
    this.#at = asked.cursor
    this.#context = asked.context
    this.#signal = asked.signal
  }

  async run(): Promise<void> {
    const signal = this.#signal
    await this.#send('hello', { decisionKey: this.#asked.decisionKey })
    while (!signal.aborted) {
      const ring = this.#asked.keyRing?.()
      if (ring !== this.#ring) await this.#send('keys', (this.#ring = ring)?.parts)
      const { hash, of } = this.#feed.context
      if (hash !== this.#context) {
        this.#context = hash
        await this.#send('context', of)
      }
      const page = await this.#feed.page(this.#at)
      if (page === undefined)
        return this.#send('reset', { cursor: formatCursor(this.#feed.cursor) })
      if (page.number > page.after) await this.#sendPage(page)
      else if (!(await this.#markWhereDue())) {
        await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  #sendPage(page: FeedPage): Promise<void> {
    this.#at = { epoch: this.#at.epoch, number: page.number }
    return this.#send('change', pageJson(page))
  }

  async #markWhereDue(): Promise<boolean> {
    const isSilent = performance.now() - this.#marked.atMs >= HEARTBEAT_MS
    if (!isSilent && this.#marked.number === this.#at.number) return false
    const { text, number } = this.#feed.mark()
    // One that is older than where the follower is says nothing to it; there is a new one soon.
    if (number !== this.#at.number) return false
    this.#marked = { number, atMs: performance.now() }
    await this.#send('mark', text)
    return true
  }

  async #send(event: string, data: unknown): Promise<void> {
    const text = `event: ${event}\nid: ${formatCursor(this.#at)}\ndata: ${JSON.stringify(data)}\n\n`
    if (!this.#to.write(text)) await once(this.#to, 'drain', { signal: this.#signal })
  }
}

/** `Range` and `If-Range` go on with a broken download; `If-None-Match` saves a needless one. */
function sendSnapshot(feed: Feed, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { range, 'if-range': ifRange, 'if-none-match': known } = request.headers
  const current = `"${formatCursor(feed.cursor)}"`
  if (known === current) return reply.code(304).header('etag', current).send()
  const snapshot = feed.snapshot(typeof ifRange === 'string' ? ifRange : undefined)
  const { etag, bytes, chunks, keys } = snapshot
  const from = ifRange === etag ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0
  const headers = { etag, 'accept-ranges': 'bytes', 'x-tocsin-keys': keys }
  void reply.headers(headers).type('application/vnd.tocsin.snapshot')
  if (from > 0 && from < bytes) {
    void reply.code(206).header('content-range', `bytes ${from}-${bytes - 1}/${bytes}`)
    return reply.header('content-length', bytes - from).send(Readable.from(rest(chunks, from)))
  }
  return reply.header('content-length', bytes).send(Readable.from(rest(chunks, 0)))
}

function* rest(chunks: readonly Uint8Array[], from: number): Generator<Uint8Array> {
  let at = 0
  for (const chunk of chunks) {
    if (at + chunk.length > from) yield chunk.subarray(Math.max(0, from - at))
    at += chunk.length
  }
}
