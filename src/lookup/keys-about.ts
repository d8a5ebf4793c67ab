/**
 * The keys that speak about a question: itself, what shares its /64, the networks that cover it,
 * the domains above it, the shorter number that a card's number begins with.
 */
import { networkText, parseAddress, parseNetwork } from '../core/address.js'
import { typeByName, typeOf, type Indicator, type Question } from '../core/indicator.js'
import type { ClaimIndex } from './claim-index.js'

const CIDR = typeByName('net.cidr')!.code
/** An IPv6 subscriber is a /64: a report of one of its addresses is about all of them. */
const SUBSCRIBER_BITS = 64
/** Issuers were told apart by six digits before they were by eight. */
const SHORT_BIN_DIGITS = 6

export function keysAbout(claims: ClaimIndex, indicator: Question): Question[] {
  switch (typeOf(indicator.type).name) {
    case 'net.ipv4':
    case 'net.ipv6':
      return keysAboutAddress(claims, indicator)
    case 'net.cidr':
      return keysAboutNetwork(claims, indicator)
    case 'net.domain': {
      const labels = indicator.value.split('.')
      return labels.slice(0, -1).map((_, i) => ({ ...indicator, value: labels.slice(i).join('.') }))
    }
    case 'actor.bin': {
      const short = indicator.value.slice(0, SHORT_BIN_DIGITS)
      return short === indicator.value ? [indicator] : [indicator, { ...indicator, value: short }]
    }
    default:
      return [indicator]
  }
}

function keysAboutAddress(claims: ClaimIndex, indicator: Indicator): Indicator[] {
  const address = parseAddress(indicator.value)
  if (!address.ok) return [indicator]
  const { version, bytes } = address.value
  const near = claims.near(bytes).filter(({ value }) => value !== indicator.value)
  const networks = claims
    .networkLengths(version)
    .map((length) => ({ type: CIDR, value: networkText(bytes, length) }))
  return [indicator, ...near, ...networks]
}

function keysAboutNetwork(claims: ClaimIndex, indicator: Indicator): Indicator[] {
  const network = parseNetwork(indicator.value)
  if (!network.ok) return [indicator]
  const { version, base, length } = network.value
  const near = length < SUBSCRIBER_BITS ? [] : claims.near(base)
  const wider = claims
    .networkLengths(version)
    .filter((other) => other < length)
    .map((other) => ({ type: CIDR, value: networkText(base, other) }))
  return [indicator, ...near, ...wider]
}
