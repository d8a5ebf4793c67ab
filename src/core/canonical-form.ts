/**
 * The one form of a value, per type. Two functions share a table:
 * `canonicalise` makes the form from what a person or program wrote; reports and look-ups both use
 * it. `isForm` is all a receiver checks: ASCII syntax, without IDNA, suffix or provider lists, so
 * that no version of those lists can split the federation.
 */
import { canonicalDomain, isDomain, registrable } from './domain.js'
import { isHost, parseAddress, parseNetwork } from './address.js'
import { typeByName, type Indicator, type IndicatorType } from './indicator.js'
import { failed, fine, type InputCode, type Result } from './outcome.js'
import { LIMITS } from './limits.js'

interface Form {
  readonly canonicalise: (raw: string) => Result<string, InputCode>
  readonly isForm: (value: string) => boolean
}

function pattern(
  form: RegExp,
  code: InputCode,
  prepare = (raw: string) => raw.toLowerCase(),
): Form {
  return {
    canonicalise: (raw) => {
      const value = prepare(raw)
      return form.test(value) ? fine(value) : failed(code)
    },
    isForm: (value) => form.test(value),
  }
}

/** The form of a type whose canonicaliser is its own fixed point and needs no outside data. */
function fixedPoint(canonicalise: Form['canonicalise']): Form {
  return {
    canonicalise,
    isForm: (value) => {
      const again = canonicalise(value)
      return again.ok && again.value === value
    },
  }
}

function addressOf(version: 4 | 6): Form {
  const code = version === 4 ? 'ipv4-malformed' : 'ipv6-malformed'
  return fixedPoint((raw) => {
    const address = parseAddress(raw)
    if (!address.ok) return failed(code)
    return address.value.version === version ? fine(address.value.text) : failed(code)
  })
}

const network: Form = {
  canonicalise: (raw) => {
    const parsed = parseNetwork(raw)
    if (!parsed.ok) return parsed
    return isHost(parsed.value)
      ? failed('cidr-malformed', 'one address is net.ipv4 or net.ipv6')
      : fine(parsed.value.text)
  },
  isForm: (value) => {
    const parsed = parseNetwork(value)
    return parsed.ok && parsed.value.text === value && !isHost(parsed.value)
  },
}

const asn: Form = fixedPoint((raw) => {
  const digits = raw.replace(/^as/i, '')
  const number = Number(digits)
  const good = /^[1-9]\d{0,9}$/.test(digits) && number <= 0xffffffff
  return good ? fine(digits) : failed('asn-malformed')
})

const domain: Form = { canonicalise: canonicalDomain, isForm: isDomain }

const emailDomain: Form = {
  canonicalise: (raw) => {
    const name = canonicalDomain(raw)
    return name.ok ? fine(registrable(name.value)) : name
  },
  isForm: isDomain,
}

/** Versions become `*`, so that one build's number does not hide the family. */
const userAgent: Form = {
  canonicalise: (raw) => {
    const value = raw.trim().replace(/\d+(?:[._]\d+)*/g, '*')
    return userAgent.isForm(value) ? fine(value) : failed('user-agent-malformed')
  },
  isForm: (value) =>
    /^[\x21-\x2f\x3a-\x7e](?:[\x20-\x2f\x3a-\x7e]*[\x21-\x2f\x3a-\x7e])?$/.test(value),
}

const hex32 = /^[0-9a-f]{32}$/
const FORMS: Readonly<Record<string, Form>> = {
  'net.ipv4': addressOf(4),
  'net.ipv6': addressOf(6),
  'net.cidr': network,
  'net.asn': asn,
  'net.domain': domain,
  'tls.ja3': pattern(hex32, 'ja3-malformed'),
  'tls.ja4': pattern(
    /^[tqd](?:\d\d|s[23]|d[123])[di]\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/,
    'ja4-malformed',
  ),
  'http.header-order': pattern(hex32, 'header-order-malformed'),
  'http.user-agent': userAgent,
  'actor.email-domain': emailDomain,
  'actor.bin': pattern(/^(?:\d{6}|\d{8})$/, 'bin-malformed'),
  'actor.proxy-service': pattern(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'uuid-malformed'),
}

/** keyId(4) ‖ digest(16); a sketch is keyId(4) ‖ up to 48 hashes of 8 bytes. */
function isKeyedForm(type: IndicatorType, hex: string): boolean {
  const bytes = hex.length / 2
  if (type.name !== 'query.sketch') return bytes === 20
  return bytes >= 4 + 16 * 8 && bytes <= 4 + 48 * 8 && (bytes - 4) % 8 === 0
}

/** Whether a value that arrived is of its type's form (text, or lower-case hex for keyed types). */
export function isForm(type: IndicatorType, value: string): boolean {
  if (type.privacy === 'keyed') return isKeyedForm(type, value)
  return value.length <= LIMITS.valueTextMax && FORMS[type.name]!.isForm(value)
}

/**
 * The indicator that `typeName` and `raw` name, for reports and look-ups alike.
 * `typeName` is a full or short name, or `ip` for address or network by its look.
 */
export function canonicalise(typeName: string, raw: string): Result<Indicator, InputCode> {
  const text = raw.trim()
  if (text.length === 0) return failed('value-missing')
  // A user agent may be longer before its versions fold; nothing else shrinks much.
  if (text.length > 4 * LIMITS.valueTextMax) return failed('value-too-long')
  const type = typeByName(typeName === 'ip' ? guessNetworkType(text) : typeName)
  if (type === undefined) return failed('type-unknown')
  if (type.privacy === 'keyed') return failed('type-off')
  const value = FORMS[type.name]!.canonicalise(text)
  if (!value.ok) return foldHost(type, text) ?? foldMapped(type, text) ?? value
  if (value.value.length > LIMITS.valueTextMax) return failed('value-too-long')
  return fine({ type: type.code, value: value.value })
}

function guessNetworkType(text: string): string {
  if (text.includes('/')) return 'net.cidr'
  return text.includes(':') ? 'net.ipv6' : 'net.ipv4'
}

/** A /32 or /128 is the address. */
function foldHost(type: IndicatorType, text: string): Result<Indicator, InputCode> | undefined {
  if (type.name !== 'net.cidr') return undefined
  const parsed = parseNetwork(text)
  if (!parsed.ok || !isHost(parsed.value)) return undefined
  return canonicalise('ip', parsed.value.text.slice(0, parsed.value.text.indexOf('/')))
}

/** An IPv4-mapped IPv6 address is the IPv4 address, whichever type was named. */
function foldMapped(type: IndicatorType, text: string): Result<Indicator, InputCode> | undefined {
  if (type.name !== 'net.ipv6') return undefined
  const address = parseAddress(text)
  return address.ok && text.includes(':') ? canonicalise('net.ipv4', address.value.text) : undefined
}
