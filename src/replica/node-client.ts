/**
 * The node as a replica asks it, over HTTP, HTTPS or its Unix socket: the snapshot (an interrupted
 * download goes on where it broke off), the stream of changes, and the same by long poll.
 */
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { formatCursor, type Cursor } from '../core/feed.js'
import { SECOND_MS } from '../core/limits.js'
import { EventReader, type ServerEvent } from './sse.js'

/** The node says something at least every ten seconds; longer silence is a dead connection. */
const SILENCE_MS = 15 * SECOND_MS
const POLL_SECONDS = 10

/** An answer that is not what was asked for. */
export class NodeAnswer extends Error {
  constructor(
    readonly status: number,
    /** Seconds, where the node said so. */
    readonly retryAfter: number | undefined,
    /** The stable code of the problem, where there is one. */
    readonly code: string,
  ) {
    super(`the node answered ${status} ${code}`)
  }
}

export interface NodeClientOptions {
  /** `http://…`, `https://…`, or `unix:PATH` of the node's socket. */
  readonly url: string
  readonly credential: () => string | Promise<string>
}

export interface Downloaded {
  readonly bytes: Buffer
  /** Base64; beside the bytes, which are kept on disk. */
  readonly decisionKey: string | undefined
}

function keyIn({ headers }: IncomingMessage): string | undefined {
  const key = headers['x-tocsin-decision-key']
  return typeof key === 'string' ? key : undefined
}

export class NodeClient {
  readonly #options: NodeClientOptions
  /** What has arrived of a snapshot that broke off. */
  #part: { readonly etag: string; readonly chunks: Buffer[] } | undefined
  /** Names the key ring that a poll has brought. */
  #keys = ''
  /** Of bodies, since the start. */
  bytes = 0

  constructor(options: NodeClientOptions) {
    this.#options = options
  }

  async snapshot(signal: AbortSignal): Promise<Downloaded> {
    const part = this.#part
    const from = part?.chunks.reduce((sum, chunk) => sum + chunk.length, 0) ?? 0
    const resume = part === undefined ? {} : { range: `bytes=${from}-`, 'if-range': part.etag }
    const answer = await this.#get('/v1/snapshot', resume, signal)
    const etag = answer.headers.etag ?? ''
    const isRest = answer.statusCode === 206 && etag === part?.etag
    if (!isRest && answer.statusCode !== 200) throw await this.#problem(answer)
    const held = isRest ? part : { etag, chunks: [] }
    // Only a strong tag can be gone on from.
    this.#part = etag.startsWith('"') ? held : undefined
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      this.bytes += chunk.length
      held.chunks.push(chunk)
    }
    this.#part = undefined
    return { bytes: Buffer.concat(held.chunks), decisionKey: keyIn(answer) }
  }

  /** Events until the node or the line ends it. */
  async *stream(cursor: Cursor, context: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const path = `/v1/changes?cursor=${formatCursor(cursor)}&context=${context}`
    const answer = await this.#get(path, { accept: 'text/event-stream' }, signal)
    const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true
    if (answer.statusCode !== 200 || !isStream) throw await this.#problem(answer)
    const reader = new EventReader()
    answer.setEncoding('utf8')
    try {
      for await (const text of answer as AsyncIterable<string>) {
        this.bytes += Buffer.byteLength(text)
        yield* reader.push(text)
      }
    } finally {
      answer.destroy()
    }
  }

  async poll(cursor: Cursor, context: string, signal: AbortSignal): Promise<unknown> {
    const known = `cursor=${formatCursor(cursor)}&context=${context}&keys=${this.#keys}`
    const query = `${known}&wait=${POLL_SECONDS}s`
    const answer = await this.#get(`/v1/changes?${query}`, {}, signal)
    if (answer.statusCode !== 200) throw await this.#problem(answer)
    const json = JSON.parse(await this.#text(answer)) as { readonly keys?: string }
    this.#keys = json.keys ?? ''
    return json
  }

  /** What the node makes of a question. Rejects where it cannot be asked, or refuses. */
  async ask(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    const headers = { 'content-type': 'application/json' }
    const answer = await this.#get(path, headers, signal, JSON.stringify(body))
    if (answer.statusCode !== 200) throw await this.#problem(answer)
    return JSON.parse(await this.#text(answer)) as unknown
  }

  async #get(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    body?: string,
  ): Promise<IncomingMessage> {
    const { url, credential } = this.#options
    const token = await credential()
    const method = body === undefined ? 'GET' : 'POST'
    const options = { method, headers: { ...headers, authorization: `Bearer ${token}` }, signal }
    const request = url.startsWith('unix:')
      ? httpRequest({ socketPath: url.slice(5), path, ...options })
      : (url.startsWith('https:') ? httpsRequest : httpRequest)(new URL(path, url), options)
    request.setTimeout(SILENCE_MS, () => request.destroy(new Error('the node is silent')))
    request.end(body)
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    return answer
  }

  async #text(answer: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = []
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      this.bytes += chunk.length
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  async #problem(answer: IncomingMessage): Promise<NodeAnswer> {
    const { statusCode = 0, headers } = answer
    const seconds = Number(headers['retry-after'])
    const text = await this.#text(answer).catch(() => '')
    const code = /"code":"([a-z-]+)"/.exec(text)?.[1] ?? 'unreadable'
    return new NodeAnswer(statusCode, Number.isNaN(seconds) ? undefined : seconds, code)
  }
}
