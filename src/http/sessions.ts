/**
 * Browsers of the operator: a link that can be opened once, and the session it begins. Both are
 * random, kept as their SHA-256 in memory alone, and end by themselves or with the process.
 */
import { randomBytes } from 'node:crypto'
import { LIMITS, MINUTE_MS, SECOND_MS } from '../core/limits.js'
import { hashToken } from './access.js'

/** As long as it takes to go from a terminal to a browser. */
const LINK_MS = 15 * MINUTE_MS
/** A working day: whoever comes back the next one asks for another link. */
const SESSION_MS = 12 * 60 * MINUTE_MS

export interface Link {
  /** Of the API: what follows its address. */
  readonly path: string
  readonly untilMs: number
}

export class Sessions {
  readonly cookieName: string
  readonly #isSecure: boolean
  /** End by hash of what is secret. */
  readonly #links = new Map<string, number>()
  readonly #sessions = new Map<string, number>()

  /**
   * `id` names the node: browsers send a cookie to every port of a host, and several nodes may
   * share one. `isSecure` where the API speaks TLS.
   */
  constructor({ id, isSecure }: { readonly id: string; readonly isSecure: boolean }) {
    this.cookieName = `tocsin-${id.slice(-8)}`
    this.#isSecure = isSecure
  }

  link(now: number): Link {
    const untilMs = now + LINK_MS
    return { path: `/enter/${this.#add(this.#links, untilMs, now)}`, untilMs }
  }

  /** The header that begins a session; undefined where the link was used, is over or was none. */
  enter(code: string, now: number): string | undefined {
    const hash = hashToken(code)
    const untilMs = this.#links.get(hash)
    this.#links.delete(hash)
    if (untilMs === undefined || untilMs <= now) return undefined
    return this.#cookie(this.#add(this.#sessions, now + SESSION_MS, now), SESSION_MS)
  }

  /** Whether a request comes from a browser that has entered. */
  has(cookies: string | undefined, now: number): boolean {
    const session = this.#of(cookies)
    if (session === undefined) return false
    return (this.#sessions.get(hashToken(session)) ?? 0) > now
  }

  /** The header that ends it in the browser, too. */
  leave(cookies: string | undefined): string {
    const session = this.#of(cookies)
    if (session !== undefined) this.#sessions.delete(hashToken(session))
    return this.#cookie('', 0)
  }

  #of(cookies = ''): string | undefined {
    const pairs = cookies.split(';').map((pair) => pair.trim().split('='))
    return pairs.find(([name]) => name === this.cookieName)?.[1]
  }

  #cookie(value: string, lifeMs: number): string {
    const age = `Max-Age=${lifeMs / SECOND_MS}`
    const secure = this.#isSecure ? '; Secure' : ''
    return `${this.cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; ${age}${secure}`
  }

  /** The oldest gives way to the newest: whoever asks is the operator. */
  #add(to: Map<string, number>, untilMs: number, now: number): string {
    for (const [hash, end] of to) if (end <= now) to.delete(hash)
    const [oldest] = to.keys()
    if (to.size >= LIMITS.sessionsMax && oldest !== undefined) to.delete(oldest)
    const secret = randomBytes(32).toString('base64url')
    to.set(hashToken(secret), untilMs)
    return secret
  }
}
