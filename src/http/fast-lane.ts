/**
 * The question that gateways ask on every request, `GET /v1/check?view=action`, answered before the
 * framework is asked: its routing, hooks, validation and reply cost more than the answer itself
 * (`npm run bench lookup`). It takes only what it can answer at once and without a doubt; all else,
 * every error above all, is the framework's, so that each rule is said in one place. A law test
 * holds the two against each other.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { typeByName } from '../core/indicator.js'
import type { Access } from './access.js'
import type { AnswerCounts } from './answer-counts.js'
import { Briefs } from './briefs.js'
import { JSON_TYPE, type Answering } from './check.js'
import { isHostFine } from './host-check.js'

export interface FastLaneParts extends Answering {
  readonly access: Access
  readonly hosts: readonly string[]
  readonly answers?: AnswerCounts | undefined
}

const ROUTE = '/v1/check'
const PATH = `${ROUTE}?`
/** What would have to be decoded. */
const ENCODED = /[%+#;]/

export class FastLane {
  readonly #parts: FastLaneParts
  /** The Host that a connection was last answered under. */
  readonly #hosts = new WeakMap<object, string>()
  #isClosed = false

  constructor(parts: FastLaneParts) {
    this.#parts = parts
  }

  /** From now on everything is the framework's, which knows how to stop. */
  close(): void {
    this.#isClosed = true
  }

  /** Whether it has answered. Never throws, and writes only a whole answer. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const begunAt = performance.now()
    const body = this.#answer(request)
    if (body === undefined) return false
    response.writeHead(200, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': JSON_TYPE,
      'content-length': body.length,
    })
    response.end(body, 'latin1')
    this.#parts.answers?.note(ROUTE, 200, performance.now() - begunAt)
    return true
  }

  #answer({ method, url = '', headers, socket }: IncomingMessage): string | undefined {
    if (this.#isClosed || method !== 'GET' || !url.startsWith(PATH)) return undefined
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)
      return undefined
    const asked = askedIn(url)
    if (asked === undefined || typeByName(asked.type)?.privacy === 'keyed') return undefined
    const { access, hosts, quick } = this.#parts
    if (headers.host === undefined) return undefined
    if (this.#hosts.get(socket) !== headers.host) {
      if (!isHostFine(headers.host, hosts, socket.localAddress)) return undefined
      this.#hosts.set(socket, headers.host)
    }
    try {
      // Every role may look up.
      access.callerOf(headers, socket)
      const question = quick().read(asked.type, asked.value)
      return question.ok ? new Briefs(this.#parts).one(question.value) : undefined
    } catch {
      return undefined // the framework meets the same, and says what it is
    }
  }
}

/** The three parameters, each once and as it is; undefined for anything else. */
function askedIn(url: string): { readonly type: string; readonly value: string } | undefined {
  const query = url.slice(PATH.length)
  if (ENCODED.test(query)) return undefined
  const pairs = query.split('&')
  if (pairs.length !== 3 || !pairs.includes('view=action')) return undefined
  const type = valueOf(pairs, 'type=')
  const value = valueOf(pairs, 'value=')
  return type === undefined || value === undefined ? undefined : { type, value }
}

function valueOf(pairs: readonly string[], name: string): string | undefined {
  for (const pair of pairs) if (pair.startsWith(name)) return pair.slice(name.length)
  return undefined
}
