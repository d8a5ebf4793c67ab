/** The values of one list, made ready to be asked: networks, names with all below them, others. */
import { parseAddress, parseNetwork, type Network } from '../core/address.js'
import { isPublicSuffix } from '../core/domain.js'
import { keyOf, typeOf, type Indicator, type IndicatorKey } from '../core/indicator.js'
import { anyNetwork, NetworkSet } from '../core/network-set.js'

export interface Values {
  readonly networks: readonly string[]
  readonly domains: readonly string[]
  readonly emailDomains: readonly string[]
  /** Of all other types. */
  readonly keys: readonly IndicatorKey[]
}

export class ValueSet {
  readonly networks: NetworkSet
  readonly #domains: ReadonlySet<string>
  readonly #emailDomains: ReadonlySet<string>
  readonly #keys: ReadonlySet<IndicatorKey>

  constructor({ networks, domains, emailDomains, keys }: Partial<Values>) {
    this.networks = new NetworkSet((networks ?? []).flatMap((text) => anyNetwork(text) ?? []))
    this.#domains = new Set(domains?.filter(isOneParty))
    this.#emailDomains = new Set(emailDomains?.filter(isOneParty))
    this.#keys = new Set(keys)
  }

  /** Whether it is named: itself, a network around all of it, a name at or above it. */
  covers(indicator: Indicator): boolean {
    switch (typeOf(indicator.type).name) {
      case 'net.ipv4':
      case 'net.ipv6': {
        const address = parseAddress(indicator.value)
        return address.ok && this.networks.has(address.value.bytes)
      }
      case 'net.cidr': {
        const network = parseNetwork(indicator.value)
        return network.ok && this.networks.covers(network.value)
      }
      case 'net.domain':
        return isUnder(indicator.value, this.#domains)
      case 'actor.email-domain':
        return isUnder(indicator.value, this.#emailDomains)
      default:
        return this.#keys.has(keyOf(indicator))
    }
  }

  /** Whether something of a network, or a name below a domain, is named. */
  reaches(indicator: Indicator): boolean {
    const type = typeOf(indicator.type).name
    if (type === 'net.domain') {
      return [...this.#domains].some((name) => name.endsWith(`.${indicator.value}`))
    }
    const network = type === 'net.cidr' ? parseNetwork(indicator.value) : undefined
    return network?.ok === true && this.within(network.value).length > 0
  }

  within(network: Network): readonly Network[] {
    return this.networks.within(network)
  }
}

/** Under a public suffix are strangers: naming it says nothing of them. */
function isOneParty(name: string): boolean {
  return !isPublicSuffix(name)
}

function isUnder(name: string, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false
  for (let at = 0; at >= 0; at = name.indexOf('.', at) + 1 || -1) {
    if (names.has(name.slice(at))) return true
  }
  return false
}
