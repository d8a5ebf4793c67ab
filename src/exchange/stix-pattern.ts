/**
 * STIX patterns (STIX 2.1 §9) of what is an indicator here, in both directions: `patternOf` writes
 * one, `indicatorsIn` reads what it writes and the ways in which others write the same. Types
 * without an object in STIX have patterns in our own words: `tls.ja4 = '…'`.
 *
 * Read are comparisons that name one value each, alone or as alternatives (`OR`, within an
 * observation or between two). What is narrower than its values (`AND`, `FOLLOWEDBY`, qualifiers),
 * says what is not so, or is about other objects is refused whole: a part of it would say more than
 * its author did.
 */
import { typeByName, typeOf, type Indicator } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { failed, fine, type Failure, type Result } from '../core/outcome.js'

/** `pattern_type` of a pattern in our own words. */
export const OWN_PATTERN = 'tocsin'

export interface StixPattern {
  readonly pattern: string
  readonly pattern_type: 'stix' | typeof OWN_PATTERN
}

/** As somebody wrote it: canonical form is for whoever takes it. */
export interface NamedValue {
  /** Full name of the type. */
  readonly type: string
  readonly value: string
}

const AGENT_PATH = `network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'`
/** A user agent's `*` stands for a version; a header may have the star itself. */
const VERSION = String.raw`(?:\*|[0-9]+(?:[._][0-9]+)*)`
const OPERATOR = String.raw`[\\^$.|?*+()[\]{}]`

/** Of a clear type; keyed ones are in no exchange. */
export function patternOf({ type, value }: Indicator): StixPattern {
  const { name } = typeOf(type)
  const comparison = comparisonOf(name, value)
  if (comparison !== undefined) return { pattern: `[${comparison}]`, pattern_type: 'stix' }
  return { pattern: `${name} = ${quoted(value)}`, pattern_type: OWN_PATTERN }
}

function comparisonOf(name: string, value: string): string | undefined {
  switch (name) {
    case 'net.ipv4':
      return `ipv4-addr:value = ${quoted(value)}`
    case 'net.ipv6':
      return `ipv6-addr:value = ${quoted(value)}`
    case 'net.cidr':
      return `ipv${value.includes(':') ? 6 : 4}-addr:value = ${quoted(value)}`
    case 'net.asn':
      return `autonomous-system:number = ${value}`
    case 'net.domain':
      return `domain-name:value = ${quoted(value)}`
    case 'actor.email-domain':
      return `email-addr:value LIKE ${quoted(`%@${value}`)}`
    case 'http.user-agent':
      return `${AGENT_PATH} MATCHES ${quoted(expressionOf(value))}`
    default:
      return undefined
  }
}

/** STIX §9.5: of all characters only these two are escaped. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`)}'`
}

function expressionOf(agent: string): string {
  const escape = (part: string): string => part.replace(new RegExp(OPERATOR, 'g'), String.raw`\$&`)
  return `^${agent.split('*').map(escape).join(VERSION)}$`
}

/** Of an expression that `expressionOf` could have written; any other may match what it likes. */
function agentOf(expression: string): string | undefined {
  if (!expression.startsWith('^') || !expression.endsWith('$')) return undefined
  const parts = expression.slice(1, -1).split(VERSION)
  const agent = parts.map((part) => part.replace(/\\([^0-9A-Za-z])/g, '$1')).join('*')
  return expressionOf(agent) === expression ? agent : undefined
}

type Refused = Failure<'pattern-unsupported'>
interface Token {
  readonly kind: 'text' | 'number' | 'path' | 'word' | 'symbol' | 'end'
  readonly text: string
}

const unsupported = (detail: string): Refused => failed('pattern-unsupported', detail)

/** At least one value, in the order of the pattern. */
export function indicatorsIn(
  pattern: string,
  patternType: string,
): Result<readonly NamedValue[], 'pattern-unsupported'> {
  if (patternType !== 'stix' && patternType !== OWN_PATTERN) {
    return unsupported('pattern_type is neither stix nor tocsin')
  }
  if (pattern.length > LIMITS.patternCharsMax) return unsupported('longer than a pattern may be')
  const tokens = tokensOf(pattern)
  if (tokens === undefined) return unsupported('not in the words of a pattern')
  const reader = new PatternReader(tokens)
  return patternType === 'stix' ? reader.observations() : reader.own()
}

/** Taken by itself: where it went on with what follows, noise would take exponential time. */
const BLANK = /(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/[^\r\n]*)*/y

/** The longest word of the grammar at a place. */
const TOKEN = new RegExp(
  String.raw`(?<text>'(?:[^'\\]|\\['\\])*')` +
    String.raw`|(?<path>[a-z][a-z0-9-]*:\w[\w-]*(?:\.(?:\w[\w-]*|'(?:[^'\\]|\\['\\])*'))*)` +
    String.raw`|(?<number>[+]?\d+(?![\w.]))|(?<word>[A-Za-z][\w.-]*(?!'))|(?<symbol>==?|[[\]])`,
  'y',
)
const KINDS = ['text', 'path', 'number', 'word', 'symbol'] as const

/** Undefined where something is in it that is of no comparison read here. */
function tokensOf(pattern: string): Token[] | undefined {
  const tokens: Token[] = []
  for (let at = 0; ; at = TOKEN.lastIndex) {
    BLANK.lastIndex = at
    BLANK.exec(pattern)
    if (BLANK.lastIndex === pattern.length) return tokens
    TOKEN.lastIndex = BLANK.lastIndex
    const groups = TOKEN.exec(pattern)?.groups
    if (groups === undefined) return undefined
    const kind = KINDS.find((one) => groups[one] !== undefined)!
    tokens.push({ kind, text: groups[kind]! })
  }
}

class PatternReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** observation *("OR" observation) */
  observations(): Result<readonly NamedValue[], 'pattern-unsupported'> {
    const values: NamedValue[] = []
    do {
      if (!this.#skip('[')) return unsupported('an observation begins with [')
      do {
        const value = this.#comparison()
        if (!value.ok) return value
        values.push(value.value)
      } while (this.#skip('OR'))
      if (!this.#skip(']')) return unsupported('only alternatives (OR) of single values are read')
    } while (this.#skip('OR'))
    return this.#ended ? fine(values) : unsupported('only alternatives (OR) are read')
  }

  /** type "=" text */
  own(): Result<readonly NamedValue[], 'pattern-unsupported'> {
    const { text: name } = this.#next()
    const type = typeByName(name)
    if (type?.name !== name || type.privacy !== 'clear') return unsupported('no type has this name')
    if (!this.#skip('=')) return unsupported('a pattern of ours is a type, = and a text')
    const value = this.#next()
    if (value.kind !== 'text' || !this.#ended) return unsupported('one text in quotes is read')
    return fine([{ type: name, value: unquoted(value.text) }])
  }

  #comparison(): Result<NamedValue, 'pattern-unsupported'> {
    const path = this.#next()
    const operator = this.#next()
    const constant = this.#next()
    if (path.kind !== 'path') return unsupported('a comparison begins with an object’s path')
    const words = operator.text === '==' ? '=' : operator.text
    const text = constant.kind === 'text' ? unquoted(constant.text) : constant.text
    const named = valueOf(path.text, words, { text, isNumber: constant.kind === 'number' })
    return named === undefined ? unsupported(`${shown(path.text)} so compared`) : fine(named)
  }

  #skip(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.text !== text || token.kind === 'text') return false
    this.#at++
    return true
  }

  #next(): Token {
    return this.#tokens[this.#at++] ?? { kind: 'end', text: '' }
  }

  get #ended(): boolean {
    return this.#at >= this.#tokens.length
  }
}

/** The object alone: the rest of a path may have been made of somebody's data. */
function shown(path: string): string {
  return path.slice(0, path.indexOf(':')).slice(0, LIMITS.memberNameMax)
}

function unquoted(literal: string): string {
  return literal.slice(1, -1).replace(/\\(['\\])/g, '$1')
}

interface Constant {
  readonly text: string
  readonly isNumber: boolean
}

function valueOf(path: string, operator: string, constant: Constant): NamedValue | undefined {
  const { text, isNumber } = constant
  if (isNumber) {
    const isAsn = path === 'autonomous-system:number' && operator === '='
    return isAsn ? { type: 'net.asn', value: text.replace('+', '') } : undefined
  }
  const agent = operator === 'MATCHES' ? agentOf(text) : operator === '=' ? text : undefined
  switch (path) {
    case 'ipv4-addr:value':
    case 'ipv6-addr:value':
      return networkOf(path.slice(0, 4) as 'ipv4' | 'ipv6', operator, text)
    case 'domain-name:value':
      return operator === '=' ? { type: 'net.domain', value: text } : undefined
    case 'email-addr:value':
      return operator === 'LIKE' ? emailDomainOf(text) : undefined
    case AGENT_PATH:
      return agent === undefined ? undefined : { type: 'http.user-agent', value: agent }
    default:
      return undefined
  }
}

/** A network of the other family is left to its address type, which refuses it. */
function networkOf(family: 'ipv4' | 'ipv6', operator: string, text: string) {
  const isNetwork = text.includes('/')
  if (operator !== '=' && !(operator === 'ISSUBSET' && isNetwork)) return undefined
  const isOfFamily = text.includes(':') === (family === 'ipv6')
  return { type: isNetwork && isOfFamily ? 'net.cidr' : `net.${family}`, value: text }
}

/** `%` and `_` are LIKE's wildcards: the one before the @ is all there may be. */
function emailDomainOf(like: string): NamedValue | undefined {
  const domain = /^%@([^%_@]+)$/.exec(like)?.[1]
  return domain === undefined ? undefined : { type: 'actor.email-domain', value: domain }
}
