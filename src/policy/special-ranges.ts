/**
 * Addresses nobody's report may ever act on: the special-purpose ranges of RFC 6890 (with RFC 7335,
 * 8215 and the multicast and reserved blocks), except documentation ranges, which tests and drills
 * use.
 */
import { covers, parseAddress, parseNetwork, type Network } from '../core/address.js'
import { typeOf, type Indicator } from '../core/indicator.js'

const RANGES: readonly Network[] = [
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
].map((text) => {
  const network = parseNetwork(text, { 4: 0, 6: 0 })
  if (!network.ok) throw new Error(`not a network: ${text}`)
  return network.value
})

/** Whether the address or network lies in, or reaches into, a special-purpose range. */
export function isSpecialPurpose(indicator: Indicator): boolean {
  const type = typeOf(indicator.type).name
  if (type === 'net.cidr') {
    const network = parseNetwork(indicator.value)
    if (!network.ok) return false
    const { base, length } = network.value
    return RANGES.some(
      (range) => covers(range, base, length) || covers(network.value, range.base, range.length),
    )
  }
  if (type !== 'net.ipv4' && type !== 'net.ipv6') return false
  const address = parseAddress(indicator.value)
  if (!address.ok) return false
  const { bytes } = address.value
  return RANGES.some((range) => covers(range, bytes, bytes.length * 8))
}
