/**
 * crowdsec-firewall-bouncer, where it fills nftables sets, cuts the length off a network and blocks
 * its first address alone. Small IPv4 networks are told to it address by address; by default no
 * wider one blocks. An IPv6 network cannot be: `/export/nftables.nft` has these whole.
 */
import { anyNetwork } from '../../core/network-set.js'

const LENGTH_MIN = 24

export function* hostsOf(value: string): Generator<string> {
  const network = value.includes('/') ? anyNetwork(value) : undefined
  if (network === undefined || network.version === 6 || network.length < LENGTH_MIN) {
    yield value
    return
  }
  const [a, b, c, first] = network.base
  for (let d = first!; d < first! + 2 ** (32 - network.length); d++) yield `${a}.${b}.${c}.${d}`
}
