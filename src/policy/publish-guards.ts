/**
 * What our own node will not report, however it is asked: special-purpose addresses, and the
 * addresses of this node and of members (a node that reports its neighbour would cut itself off).
 */
import { covers, parseAddress, parseNetwork } from '../core/address.js'
import { typeOf, type Indicator } from '../core/indicator.js'
import { isSpecialPurpose } from './special-ranges.js'

export interface Protected {
  /** Canonical addresses. */
  readonly addresses: ReadonlySet<string>
  /** Canonical domain names. */
  readonly domains: ReadonlySet<string>
}

/** The hosts of multiaddrs like `/ip4/192.0.2.1/tcp/4717` or `/dns4/node.example/tcp/4717`. */
export function protectedHosts(multiaddrs: Iterable<string>): Protected {
  const addresses = new Set<string>()
  const domains = new Set<string>()
  for (const multiaddr of multiaddrs) {
    const [, protocol, host] = multiaddr.split('/')
    if (host === undefined) continue
    if (protocol === 'ip4' || protocol === 'ip6') {
      const address = parseAddress(host)
      if (address.ok) addresses.add(address.value.text)
    } else if (protocol?.startsWith('dns')) {
      domains.add(host.toLowerCase())
    }
  }
  return { addresses, domains }
}

/** Why it may not be published, for people; undefined where it may. */
export function whyGuarded(indicator: Indicator, hosts: Protected): string | undefined {
  if (isSpecialPurpose(indicator)) return 'a special-purpose range'
  const type = typeOf(indicator.type).name
  if (type === 'net.cidr') {
    const network = parseNetwork(indicator.value)
    const inside = [...hosts.addresses].some((text) => {
      const address = parseAddress(text)
      if (!network.ok || !address.ok) return false
      return covers(network.value, address.value.bytes, address.value.bytes.length * 8)
    })
    return inside ? 'holds the address of this node or of a member' : undefined
  }
  const isOurs = hosts.addresses.has(indicator.value) || coversHost(type, indicator.value, hosts)
  return isOurs ? 'this node’s or a member’s own address' : undefined
}

function coversHost(type: string, value: string, { domains }: Protected): boolean {
  if (type !== 'net.domain') return false
  return [...domains].some((domain) => domain === value || domain.endsWith(`.${value}`))
}
