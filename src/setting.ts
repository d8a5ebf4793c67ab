/**
 * The table of settings: every key there is, its kind and its form. Says what is wrong with a value
 * in words; where values come from and which wins is `config.ts`.
 */
import { isIP } from 'node:net'
import { trustedProxies } from './core/client-address.js'
import { typeByName, typesNamed } from './core/indicator.js'
import { KEYED_TYPES } from './core/keyed-form.js'
import { LIMITS } from './core/limits.js'
import { parseInstant } from './core/request.js'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Of files under `/export/`, and on disk. */
export const LIST_NAMES = [
  'plain.txt',
  'haproxy.map',
  'nginx-geo.conf',
  'nftables.nft',
  'ipset.restore',
] as const
export const TROUBLE_RULES = ['last-known', 'allow', 'deny'] as const
export const PASS_RULES = ['allow', 'deny'] as const

/** What existing gateways are answered. */
export interface DialectConfig {
  readonly stale: (typeof TROUBLE_RULES)[number]
  readonly degraded: (typeof TROUBLE_RULES)[number]
  readonly noAnswer: (typeof PASS_RULES)[number]
  readonly noAddress: (typeof PASS_RULES)[number]
  /** `header=type`. */
  readonly headers: readonly string[]
  /** `/json/pointer=type`. */
  readonly pointers: readonly string[]
}

/** What is wrong with a value, for people; undefined where nothing is. */
type Check = (value: string) => string | undefined
export interface Setting {
  readonly kind: 'text' | 'list' | 'boolean'
  readonly check?: Check
  /** Of a list: as many as it may hold. */
  readonly most?: number
}

export const SETTINGS: Readonly<Record<string, Setting>> = {
  data: { kind: 'text' },
  name: { kind: 'text', check: badName },
  listen: { kind: 'list', check: badMultiaddr },
  announce: { kind: 'list', check: badMultiaddr },
  federation: { kind: 'text' },
  policy: { kind: 'text' },
  'api.listen': { kind: 'text', check: badHostPort },
  'api.hosts': { kind: 'list', check: badHost },
  'api.socket': { kind: 'boolean' },
  'api.insecure': { kind: 'boolean' },
  'api.tls.cert': { kind: 'text' },
  'api.tls.key': { kind: 'text' },
  'api.trustedProxies': { kind: 'list', check: badNetwork },
  'api.dialects.stale': { kind: 'text', check: oneOf(TROUBLE_RULES) },
  'api.dialects.degraded': { kind: 'text', check: oneOf(TROUBLE_RULES) },
  'api.dialects.noAnswer': { kind: 'text', check: oneOf(PASS_RULES) },
  'api.dialects.noAddress': { kind: 'text', check: oneOf(PASS_RULES) },
  'api.dialects.headers': { kind: 'list', check: badMapping(/^[a-z0-9-]+$/, 'x-client-ja4=ja4') },
  'api.dialects.pointers': { kind: 'list', check: badMapping(/^\//, '/metadata/ip=ip') },
  'exports.folder': { kind: 'text' },
  'exports.files': { kind: 'list', check: oneOf(LIST_NAMES) },
  'exports.reload': { kind: 'list' },
  redis: { kind: 'text', check: badRedis },
  redisPrefix: { kind: 'text', check: badPrefix },
  'keyed.types': { kind: 'list', check: badKeyedType },
  'keyed.issuers': { kind: 'list', check: badIssuer, most: 2 * LIMITS.membersMax },
  'sketches.benign': { kind: 'text' },
  'legal.basis': { kind: 'text', check: badBasis },
  'legal.until': { kind: 'text', check: badInstant },
  'log.level': { kind: 'text', check: oneOf(LOG_LEVELS) },
}

export function variableOf(key: string): string {
  return `TOCSIN_${key.toUpperCase().replaceAll('.', '_')}`
}

export function fromText({ kind }: Setting, text: string): unknown {
  if (kind === 'list') return text.split(',').map((item) => item.trim())
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

export function whatIsWrong(setting: Setting, value: unknown): string | undefined {
  const { kind, check, most = LIMITS.addressesMax } = setting
  if (kind === 'boolean') return typeof value === 'boolean' ? undefined : 'is true or false'
  if (kind === 'text') {
    if (typeof value !== 'string' || value === '') return 'is a text'
    return check?.(value)
  }
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    return 'is a list of texts'
  if (value.length > most) return `holds at most ${most}`
  const items = value as readonly string[]
  return items.map((item) => check?.(item)).find((wrong) => wrong !== undefined)
}

function oneOf(names: readonly string[]): Check {
  return (value) => (names.includes(value) ? undefined : `is one of ${names.join(' ')}`)
}

export function badName(value: string): string | undefined {
  const good = value.trim() === value && /^\P{C}+$/u.test(value)
  return good && value.length <= LIMITS.memberNameMax
    ? undefined
    : `is 1 to ${LIMITS.memberNameMax} printable characters`
}

function badMultiaddr(value: string): string | undefined {
  const match = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d{1,5})$/.exec(value)
  const [, protocol, host, port] = match ?? []
  const fits =
    protocol === 'ip4' ? isIP(host!) === 4 : protocol === 'ip6' ? isIP(host!) === 6 : true
  if (match !== null && fits && Number(port) <= 65_535) return undefined
  return 'is an address like /ip4/192.0.2.1/tcp/4717 or /dns4/node.example.org/tcp/4717'
}

/** Host and port of `host:port`; an IPv6 host is in brackets. */
export function splitHostPort(value: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(value)
  if (match === null || Number(match[3]) > 65_535) return undefined
  if (match[1] !== undefined && isIP(match[1]) !== 6) return undefined
  return { host: match[1] ?? match[2]!, port: Number(match[3]) }
}

function badHostPort(value: string): string | undefined {
  return splitHostPort(value) === undefined ? 'is host:port, an IPv6 host in brackets' : undefined
}

function badHost(value: string): string | undefined {
  return /^[^\s/@]+$/.test(value) ? undefined : 'is a host name, or host:port'
}

function badNetwork(value: string): string | undefined {
  return trustedProxies([value]) === undefined ? 'is an address or a network' : undefined
}

/** `SOURCE=TYPE`. */
function badMapping(source: RegExp, example: string): Check {
  return (value) => {
    const [from, type] = mappingOf(value)
    return source.test(from) && typesNamed(type).length > 0 ? undefined : `is like ${example}`
  }
}

/** Source and type; a source may hold an equals sign. */
export function mappingOf(value: string): [source: string, type: string] {
  const equals = value.lastIndexOf('=')
  return [value.slice(0, Math.max(0, equals)), value.slice(equals + 1)]
}

export function isLoopback(listen: string): boolean {
  const host = splitHostPort(listen)?.host ?? ''
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function badRedis(value: string): string | undefined {
  const isFine = /^rediss?:\/\/[^\s/]+(?:\/\d{1,3})?\/?$/.test(value) && URL.canParse(value)
  return isFine ? undefined : 'is like redis://HOST:PORT, or rediss://USER:PASSWORD@HOST:PORT/DB'
}

/** Nothing that Redis would take for a pattern of keys. */
function badPrefix(value: string): string | undefined {
  return /^[\w.-]{1,63}:$/.test(value) ? undefined : 'is 1 to 63 of A-Z a-z 0-9 . _ - and a colon'
}

function badKeyedType(value: string): string | undefined {
  if (KEYED_TYPES.includes(typeByName(value)?.name ?? '')) return undefined
  return `is one of ${KEYED_TYPES.join(' ')}`
}

/** `ISSUER=MEMBER`. */
function badIssuer(value: string): string | undefined {
  const [issuer, member] = issuerOf(value)
  const isFine = /^[\x21-\x7e]{1,64}$/.test(issuer) && badName(member) === undefined
  return isFine ? undefined : 'is like anthropic=Lab A'
}

/** What it gives out, and its name in the roster. */
export function issuerOf(value: string): [issuer: string, member: string] {
  const equals = value.indexOf('=')
  return [value.slice(0, Math.max(0, equals)), value.slice(equals + 1)]
}

/** It stands in every line of the ledger. */
function badBasis(value: string): string | undefined {
  return /^[\w.-]{1,40}$/.test(value) ? undefined : 'is a short code like gdpr-6-1-f'
}

function badInstant(value: string): string | undefined {
  return parseInstant(value) === undefined ? 'is an ISO 8601 time with its zone' : undefined
}
