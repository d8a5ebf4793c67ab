/**
 * The questions that gateways ask on every request, `GET` and `POST /v1/check?view=action`,
 * answered before the framework is asked: its routing, hooks, validation and reply cost more than
 * the answer itself (`npm run bench lookup`). It takes only what it can answer at once and without
 * a doubt; all else, every error above all, is the framework's, so that each rule is said in one
 * place. A law test holds the two against each other.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { typeByName } from '../core/indicator.js'
import type { ReadValue } from '../core/key-ring.js'
import { AskedKeys } from '../lookup/asked-keys.js'
import type { Access } from './access.js'
import type { AnswerCounts } from './answer-counts.js'
import { briefsOn } from './briefs.js'
import { JSON_TYPE, type Answering } from './check.js'
import { isHostFine } from './host-check.js'
import { PlainQuestions } from './plain-questions.js'

export interface FastLaneParts extends Answering {
  readonly access: Access
  readonly hosts: readonly string[]
  readonly answers?: AnswerCounts | undefined
}

const ROUTE = '/v1/check'
const PATH = `${ROUTE}?`
const BRIEF = 'view=action'
const BATCH = PATH + BRIEF
const [TYPE, VALUE] = ['type=', 'value=']
/** What would have to be decoded. */
const ENCODED = /[%+#;]/
/** As much as comes at once; some thousand questions. */
const BODY_BYTES_MAX = 64 << 10
const JSON_BODY = /^application\/json(?:; ?charset=utf-8)?$/i

type Next = () => void

export class FastLane {
  readonly #parts: FastLaneParts
  /** The Host that a connection was last answered under. */
  readonly #hosts = new WeakMap<object, string>()
  /** Of the request that is answered now. */
  readonly #asked = new AskedKeys()
  #isClosed = false

  constructor(parts: FastLaneParts) {
    this.#parts = parts
  }

  /** From now on everything is the framework's, which knows how to stop. */
  close(): void {
    this.#isClosed = true
  }

  /**
   * Answers, or calls `next` for who will. Never throws, and writes only a whole answer. Of a body
   * nothing is then missing.
   */
  take(request: IncomingMessage, response: ServerResponse, next: Next): void {
    const bytes = bodyBytes(request)
    if (bytes > 0) return this.#takeBody(bytes, request, response, next)
    const begunAt = performance.now()
    const text = bytes < 0 || request.method !== 'GET' ? undefined : this.#answer(request)
    if (text === undefined) next()
    else this.#send(response, text, begunAt)
  }

  /** What comes in pieces is the framework's, too. */
  #takeBody(bytes: number, request: IncomingMessage, response: ServerResponse, next: Next): void {
    if (!isBatch(request) || bytes > BODY_BYTES_MAX) return next()
    request.once('readable', () => {
      const begunAt = performance.now()
      const body = request.read() as Buffer | null
      const text = body?.length === bytes ? this.#answerAll(request, body) : undefined
      if (text !== undefined) return this.#send(response, text, begunAt)
      if (body !== null) request.unshift(body)
      next()
    })
  }

  #send(response: ServerResponse, text: string, begunAt: number): void {
    response.writeHead(200, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': JSON_TYPE,
      'content-length': text.length,
    })
    response.end(text, 'latin1')
    this.#parts.answers?.note(ROUTE, 200, performance.now() - begunAt)
  }

  #answer(request: IncomingMessage): string | undefined {
    const asked = askedIn(request.url!)
    if (asked === undefined || typeByName(asked.type)?.privacy === 'keyed') return undefined
    return this.#briefs(request, (read) => {
      const question = read(asked.type, asked.value)
      if (question.ok) this.#asked.add(question.value)
      return question.ok
    })?.[0]
  }

  #answerAll(request: IncomingMessage, body: Buffer): string | undefined {
    const questions = new PlainQuestions(body)
    const briefs = this.#briefs(request, (read) => questions.addTo(this.#asked, read))
    return briefs === undefined ? undefined : `{"verdicts":[${briefs.join()}]}`
  }

  /** Of what `add` makes of the request, if the caller may ask and it is plain. */
  #briefs(request: IncomingMessage, add: (read: ReadValue) => boolean): string[] | undefined {
    if (this.#isClosed || !this.#isHostFine(request)) return undefined
    const { access, quick } = this.#parts
    try {
      // Every role may look up.
      access.callerOf(request.headers, request.socket)
      const answers = quick()
      this.#asked.clear()
      const isPlain = add((type, value) => answers.read(type, value))
      return isPlain ? briefsOn(this.#parts, this.#asked) : undefined
    } catch {
      return undefined // the framework meets the same, and says what it is
    }
  }

  #isHostFine({ headers: { host }, socket }: IncomingMessage): boolean {
    if (host === undefined) return false
    if (this.#hosts.get(socket) === host) return true
    if (!isHostFine(host, this.#parts.hosts, socket.localAddress)) return false
    this.#hosts.set(socket, host)
    return true
  }
}

/** As its head has it: 0 where there is none, -1 where that is not said. */
function bodyBytes({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return -1
  const length = headers['content-length']
  return length === undefined ? 0 : Number(length)
}

function isBatch({ method, url, headers }: IncomingMessage): boolean {
  return method === 'POST' && url === BATCH && JSON_BODY.test(headers['content-type'] ?? '')
}

/** The three parameters, each once and as it is; undefined for anything else. */
function askedIn(url: string): { readonly type: string; readonly value: string } | undefined {
  if (!url.startsWith(PATH) || ENCODED.test(url)) return undefined
  let [type, value, isBrief]: [string?, string?, boolean?] = []
  let from = PATH.length
  for (let left = 3; left > 0; left--) {
    const end = url.indexOf('&', from)
    if (end < 0 !== (left === 1)) return undefined
    const to = end < 0 ? url.length : end
    if (url.startsWith(TYPE, from)) type = url.slice(from + TYPE.length, to)
    else if (url.startsWith(VALUE, from)) value = url.slice(from + VALUE.length, to)
    else isBrief = url.slice(from, to) === BRIEF
    from = to + 1
  }
  if (isBrief !== true || type === undefined || value === undefined) return undefined
  return { type, value }
}
