/**
 * What nobody's report may ever act on: the special-purpose ranges of RFC 6890 (with RFC 7335, 8215
 * and the multicast and reserved blocks), special-use names (RFC 6761 and its registry), and public
 * suffixes, under which anybody can register. Documentation ranges and names (RFC 5737, 3849, 2606)
 * are ordinary, because tests and drills use them, unless the policy says otherwise.
 */
import type { Network } from '../core/address.js'
import { isPublicSuffix } from '../core/domain.js'
import { typeOf, type Indicator } from '../core/indicator.js'
import { anyNetwork, NetworkSet } from '../core/network-set.js'
import { placeOfIndicator } from './value-set.js'

const RANGES = networks(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/8', // unspecified, loopback, mapped and translated addresses: none is a host of its own
  '100::/64',
  '2001::/23', // IETF protocol assignments: Teredo, benchmarking, ORCHID
  '2002::/16', // 6to4
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
)
const DOCUMENTATION = networks(
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '3fff::/20', // RFC 9637
)
const SPECIAL_NAME = /(?:^|\.)(?:localhost|local|internal|onion|alt|arpa)$/
const DOCUMENTATION_NAME = /(?:^|\.)(?:example|test|invalid|example\.(?:com|net|org))$/

function networks(...texts: readonly string[]): NetworkSet {
  return new NetworkSet(texts.flatMap((text) => anyNetwork(text) ?? []))
}

/** Whether it lies in, or reaches into, a special-purpose range, or is nobody's own name. */
export function isSpecialPurpose(
  indicator: Indicator,
  place = placeOfIndicator(indicator),
): boolean {
  if (isName(indicator)) {
    return SPECIAL_NAME.test(indicator.value) || isPublicSuffix(indicator.value)
  }
  return place !== undefined && RANGES.meets(place)
}

/** Whether it lies in a documentation range or under a documentation name. */
export function isDocumentation(
  indicator: Indicator,
  place = placeOfIndicator(indicator),
): boolean {
  if (isName(indicator)) return DOCUMENTATION_NAME.test(indicator.value)
  return place !== undefined && DOCUMENTATION.holds(place)
}

export function isDocumentationNetwork(network: Network): boolean {
  return DOCUMENTATION.covers(network)
}

function isName({ type }: Indicator): boolean {
  const { name } = typeOf(type)
  return name === 'net.domain' || name === 'actor.email-domain'
}
