/**
 * Speaks to a running node's API: over the Unix socket in its data folder where there is one, else
 * the address it left there, with the operator's token beside it. Where a folder has a socket, an
 * address is not tried: after a crash its port may belong to another program, which must not be
 * handed the token.
 */
import { existsSync, readFileSync } from 'node:fs'
import {
  Agent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { MINUTE_MS } from '../core/limits.js'
import { Failure } from './failure.js'

export interface Place {
  readonly url: URL
  readonly socketPath?: string
  readonly token: string
  /** How other programs reach it, where that is known. */
  readonly address: string | undefined
  /** For messages: the folder or address meant. */
  readonly name: string
}

export interface Answer {
  readonly status: number
  readonly text: string
  // The shapes are the API's; whoever reads a field says what it expects there.
  readonly body: Readonly<Record<string, unknown>>
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** A value, or JSON that is text already. */
  readonly body?: unknown
  readonly json?: string
  readonly headers?: OutgoingHttpHeaders
  /** Slow work sends nothing for as long as it takes. */
  readonly patient?: boolean
}

const ANSWER_MS_MAX = 2 * MINUTE_MS
const GONE = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ENOTSOCK'])

/** The node of a data folder. Throws `no-node` (exit 3) where none has left its address. */
export function placeIn(data: string, token: string | undefined): Place {
  const socketPath = join(data, 'api.sock')
  const address = read(join(data, 'api.addr'))
  const held = token ?? read(join(data, 'operator.token'))
  const hasSocket = existsSync(socketPath)
  if (held === undefined || (!hasSocket && address === undefined)) throw noNode(data)
  const url = new URL(hasSocket ? 'http://localhost' : address!)
  return { url, token: held, address, name: data, ...(hasSocket ? { socketPath } : {}) }
}

/** A node by address, with the token given or that of the data folder. */
export function placeAt(address: string, token: string | undefined, data: string): Place {
  const held = token ?? read(join(data, 'operator.token'))
  if (held === undefined) throw new Failure('token-missing', 'give --token or TOCSIN_TOKEN')
  if (!URL.canParse(address)) throw new Failure('usage', '--url is an address like http://…', 2)
  return { url: new URL(address), token: held, address, name: address }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

function noNode(name: string): Failure {
  return new Failure('no-node', `no node is running on ${name}`, 3)
}

export class Client {
  readonly #place: Place
  readonly #agent: Agent

  constructor(place: Place) {
    this.#place = place
    this.#agent = place.url.protocol === 'https:' ? new TlsAgent(KEEP) : new Agent(KEEP)
  }

  get address(): string | undefined {
    return this.#place.address
  }

  /** The answer, whatever its status. */
  async ask(ask: Ask): Promise<Answer> {
    const response = await this.open(ask)
    const parts: Buffer[] = []
    try {
      for await (const part of response) parts.push(part as Buffer)
    } catch (error) {
      throw this.#failure(error)
    }
    const text = Buffer.concat(parts).toString('utf8')
    return { status: response.statusCode!, text, body: parse(text) }
  }

  /** The answer's head; its body is the caller's to read. */
  open({ method, path, body, json, headers, patient }: Ask): Promise<IncomingMessage> {
    const { url, socketPath, token } = this.#place
    const content = json ?? (body === undefined ? undefined : JSON.stringify(body))
    const options: RequestOptions = {
      method,
      agent: this.#agent,
      path,
      headers: {
        authorization: `Bearer ${token}`,
        ...(content === undefined
          ? {}
          : {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(content),
            }),
        ...headers,
      },
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(patient === true ? {} : { timeout: ANSWER_MS_MAX }),
    }
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest
      const request = send(url, options, resolve)
      request.once('socket', expectEnd)
      request.once('timeout', () => request.destroy(new Failure('no-answer', 'no answer in time')))
      // More than one may come, and one after the answer's head says nothing new.
      request.on('error', (error) => reject(this.#failure(error)))
      request.end(content)
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  #failure(error: unknown): unknown {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof Failure) return error
    if (code !== undefined && GONE.has(code)) return noNode(this.#place.name)
    if (message === 'aborted') return noNode(this.#place.name)
    return new Failure('no-answer', message)
  }
}

const KEEP = { keepAlive: true }
const ignore = () => undefined

/**
 * Node ends each body with an empty write. On a Unix socket that the node has closed by then, with
 * all read and answered, it is an error that nobody listens for any more.
 */
function expectEnd(socket: Socket): void {
  if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore)
}

function parse(text: string): Answer['body'] {
  try {
    return JSON.parse(text) as Answer['body']
  } catch {
    return {}
  }
}

/** The answer where it is one of success, else its problem as a failure. */
export function expectFine(answer: Answer): Answer {
  if (answer.status < 400) return answer
  const { code, title, detail } = answer.body as Record<string, string | undefined>
  const text = [title, detail].filter((part) => part !== undefined).join(': ')
  throw new Failure(code ?? `http-${answer.status}`, text || 'the node did not say why')
}
