/**
 * Who is calling: a token from `Authorization: Bearer` or `X-Api-Key`, looked up by the SHA-256 of
 * it among all tokens in constant time, or a browser that the operator has let in; and whether its
 * role may use the route. Roles rise: gateway < detector < operator.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { StoredToken, TokenRole, TokenTlp } from '../core/own-rows.js'
import { Problem } from './problems.js'

export const TOKEN_ROLES = ['gateway', 'detector', 'operator'] as const satisfies TokenRole[]
/** The token beside the node's key; its name is taken for ever. */
export const OPERATOR = 'operator'

export interface Caller {
  readonly name: string
  readonly role: TokenRole
  /** The strictest marking of what it may take outside. */
  readonly tlp?: TokenTlp
}

const BROWSER: Caller = { name: OPERATOR, role: 'operator' }

/** What a token was found to be, and among which. */
interface Passed {
  readonly token: string
  readonly stored: StoredToken
  readonly among: readonly StoredToken[]
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Whether a browser with these cookies has been let in. */
export type HasEntered = (cookies: string | undefined) => boolean

export class Access {
  readonly #tokens: () => readonly StoredToken[]
  readonly #hasEntered: HasEntered
  /** Bytes of the hashes: reading hexadecimal for every token on every request adds up. */
  readonly #hashes = new WeakMap<StoredToken, Buffer>()
  /** What a connection came with last: only that very client can tell by the time it takes. */
  readonly #last = new WeakMap<object, Passed>()

  /** Another list with every change. */
  constructor(tokens: () => readonly StoredToken[], hasEntered: HasEntered = () => false) {
    this.#tokens = tokens
    this.#hasEntered = hasEntered
  }

  /**
   * The caller, who asks on `connection`. Throws `token-missing`, `token-wrong` or, where another
   * site's page makes the operator's browser ask, `cross-site`. `schemes` are those of tools that
   * know no other way.
   */
  callerOf(
    headers: IncomingHttpHeaders,
    connection: object,
    schemes: 'ours' | 'of-tools' = 'ours',
  ): Caller {
    const token = tokenOf(headers) ?? (schemes === 'of-tools' ? toolTokenOf(headers) : undefined)
    if (token === undefined) {
      if (!this.#hasEntered(headers.cookie)) throw new Problem('token-missing')
      if (!isSameOrigin(headers)) throw new Problem('cross-site')
      return BROWSER
    }
    const last = this.#last.get(connection)
    const tokens = this.#tokens()
    if (last?.token === token && last.among === tokens) return last.stored
    const stored = this.#storedOf(token, tokens)
    this.#last.set(connection, { token, stored, among: tokens })
    return stored
  }

  #storedOf(token: string, tokens: readonly StoredToken[]): StoredToken {
    const given = createHash('sha256').update(token).digest()
    let found: StoredToken | undefined
    for (const stored of tokens) {
      // No early end: how long this takes says nothing about which token came close.
      if (timingSafeEqual(given, this.#hashOf(stored))) found = stored
    }
    if (found === undefined) throw new Problem('token-wrong')
    return found
  }

  #hashOf(stored: StoredToken): Buffer {
    let hash = this.#hashes.get(stored)
    if (hash === undefined) this.#hashes.set(stored, (hash = Buffer.from(stored.hash, 'hex')))
    return hash
  }
}

/** Beside those that the operator makes: the one in the data folder. */
export function operatorOf(token: string): StoredToken {
  return { name: OPERATOR, role: 'operator', hash: hashToken(token), createdMs: 0 }
}

/**
 * `X-Api-Key` first: a proxy that asks about a visitor sets it, and may hand on the visitor's own
 * `Authorization` beside it (Envoy always does), which is a token of somebody else's service.
 */
function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-api-key']
  if (typeof key === 'string' && key !== '') return key
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

/**
 * `Token` of TAXII clients, and Basic with the token as password, whatever the name. Nowhere else:
 * a browser sends Basic again by itself, to whatever it is made to ask.
 */
function toolTokenOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  const token = /^token +(\S+)$/i.exec(authorization)?.[1]
  const basic = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  if (token !== undefined || basic === undefined) return token
  return /^[^:]*:(.+)$/s.exec(Buffer.from(basic, 'base64').toString('utf8'))?.[1]
}

export function mayUse(caller: Caller, role: TokenRole): boolean {
  return TOKEN_ROLES.indexOf(caller.role) >= TOKEN_ROLES.indexOf(role)
}

/**
 * Whether a browser says that its own page of this API asks. `SameSite` alone does not: all ports
 * of a host are one site. Browsers name the page with everything that could change something.
 */
function isSameOrigin({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return origin === undefined || /^https?:\/\/(.+)$/.exec(origin)?.[1] === host
}
