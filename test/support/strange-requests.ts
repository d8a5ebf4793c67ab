/**
 * Requests as nobody would send them by mistake, and a matcher of ten lines that knows nothing of
 * ours and says which of them must not pass: what is blocked is one /24, one address and one /48.
 */
import type { Random } from './random.js'

export interface StrangeRequest {
  readonly method: string
  readonly path: string
  /** As they stand on the wire, in order, names repeated or not. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string | undefined
}

export const BLOCKED = ['45.7.9.0/24', '45.8.1.1', '2a00:9:9::/48'] as const

/** Whether a text is an address that is blocked, as plain as can be. */
export function isBlocked(text: string): boolean {
  const ip = text.trim().toLowerCase()
  const quad = /^(?:::ffff:)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(ip)?.slice(1)
  if (quad !== undefined) {
    const [a, b, c, d] = quad.map(Number)
    return (
      (a === 45 && b === 7 && c === 9 && d! < 256) || (a === 45 && b === 8 && c === 1 && d === 1)
    )
  }
  return /^2a00:0{0,3}9:0{0,3}9:/.test(ip)
}

const LISTS = ['plain.txt', 'haproxy.map', 'nginx-geo.conf', 'nftables.nft', 'ipset.restore']
const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'REPORT']
const ODD = [
  ...['', ' ', 'x', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '::', ':::', 'fe80::1%eth0'],
  ...['null', '0', '-1', '{}', '[]', '"', '%00', '../..', 'é', '127.0.0.1', '::1', '1e9', "'"],
]

export class Strange {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  one<T>(of: readonly T[]): T {
    return of[this.#random.word() % of.length]!
  }

  /** An address: blocked, near a blocked one, or any. */
  address(): string {
    const n = (below: number) => this.#random.word() % below
    switch (n(8)) {
      case 0:
        return `45.7.9.${n(256)}`
      case 1:
        return '45.8.1.1'
      case 2:
        return `45.7.${this.one([8, 10])}.${n(256)}`
      case 3:
        return `2a00:9:9:${n(65_536).toString(16)}::${n(9)}`
      case 4:
        return this.one([
          '2A00:0009:0009:1::1',
          '2a00:9:a::1',
          '::ffff:45.7.9.4',
          '::FFFF:45.8.1.1',
        ])
      case 5:
        return this.one(ODD)
      default:
        return `${n(256)}.${n(256)}.${n(256)}.${n(256)}`
    }
  }

  /** A path below `/authz`, well-formed or not. */
  path(): string {
    const parts = [
      '',
      '/',
      '/v1/chat',
      '/..%2e/',
      '/%zz',
      '?ip=8.8.8.8',
      '/x?a=%',
      '//',
      '/\\',
      '/a;b',
    ]
    return `/authz${this.one(parts)}`
  }

  authz(): StrangeRequest {
    const names = [
      'X-Real-IP',
      'x-real-ip',
      'X-Forwarded-For',
      'X-Envoy-External-Address',
      'X-Ip',
      'Cookie',
    ]
    const headers = Array.from({ length: 1 + (this.#random.word() % 4) }, () => {
      const name = this.one(names)
      const hops = name === 'X-Forwarded-For' ? 1 + (this.#random.word() % 3) : 1
      return [name, Array.from({ length: hops }, () => this.address()).join(', ')] as const
    })
    const type = this.one(['application/json', 'text/x', 'multipart/form-data', 'nonsense;;'])
    const method = this.one(METHODS)
    const hasBody = method === 'POST' || method === 'PUT'
    return {
      method,
      path: this.path(),
      headers: hasBody ? [...headers, ['Content-Type', type]] : headers,
      body: hasBody ? this.one(['{', 'x'.repeat(2_000), '', '{"ip":"8.8.8.8"}']) : undefined,
    }
  }

  /** A bouncer's poll. */
  poll(): { readonly query: string; readonly agent: string } {
    const startup = this.one(['true', 'false', '', 'TRUE', '1', 'x'])
    const scopes = this.one(['', '&scopes=ip', '&scopes=Range,ip', '&scopes=country', '&scopes='])
    const rest = this.one(['', '', '&origins=x', '&dedup=false', '&startup=false', '&%zz'])
    const agent = this.one(['crowdsec-firewall-bouncer/v0.0.25', 'x', '', 'curl/8'])
    return { query: `startup=${startup}${scopes}${rest}`, agent }
  }

  list(): { readonly name: string; readonly query: string } {
    const action = this.one([
      '',
      '',
      'action=block',
      'action=observe',
      'action=x',
      'action=throttle',
    ])
    const rest = this.one([
      '',
      '&family=4',
      '&family=6',
      '&limit=1',
      '&limit=0',
      '&limit=-1',
      '&x=1',
    ])
    return { name: this.one(LISTS), query: action === '' ? '' : `${action}${rest}` }
  }

  /** A body with an address at `place`, among whatever else; now and then not even JSON. */
  guardrail(place: readonly string[]): { readonly body: string; readonly address: string } {
    const address = this.address()
    const inner = place.reduceRight(
      (value: unknown, name) => ({ ...this.#clutter(), [name]: value }),
      address,
    )
    const text = JSON.stringify(inner)
    const roll = this.#random.word() % 12
    if (roll === 0) return { body: text.slice(0, this.#random.word() % text.length), address: '' }
    if (roll === 1) return { body: this.one(ODD), address: '' }
    return { body: text, address }
  }

  #clutter(): object {
    const value = this.one<unknown>([
      null,
      0,
      [],
      {},
      'x',
      true,
      ['45.8.1.1'],
      { ip: 7 },
      '45.8.1.1',
    ])
    return { [this.one(['texts', 'ip ', '__proto__', 'toString', 'a/b', '', 'input_type'])]: value }
  }
}
