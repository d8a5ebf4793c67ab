/** The values of one list, made ready to be asked: networks, names with all below them, others. */
import type { Network } from '../core/address.js'
import { isPublicSuffix } from '../core/domain.js'
import {
  keyOf,
  typeOf,
  type Indicator,
  type IndicatorKey,
  type Question,
} from '../core/indicator.js'
import { anyNetwork, NetworkSet, placeOf, type Place } from '../core/network-set.js'

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
  covers(indicator: Question, place = placeOfIndicator(indicator)): boolean {
    if (place !== undefined) return this.networks.holds(place)
    switch (typeOf(indicator.type).name) {
      case 'net.domain':
        return isUnder(indicator.value, this.#domains)
      case 'actor.email-domain':
        return isUnder(indicator.value, this.#emailDomains)
      default:
        return this.#keys.has(allowKeyOf(indicator))
    }
  }

  /** Whether something of a network, or a name below a domain, is named. */
  reaches(indicator: Indicator): boolean {
    const type = typeOf(indicator.type).name
    if (type === 'net.domain') {
      return [...this.#domains].some((name) => name.endsWith(`.${indicator.value}`))
    }
    const network = networkOf(indicator)
    return network !== undefined && this.within(network).length > 0
  }

  within(network: Network): readonly Network[] {
    return this.networks.within(network)
  }
}

/** The key of an allow entry: of a keyed value its form under a secret that never rotates. */
export function allowKeyOf({ type, value, local = value }: Question): IndicatorKey {
  return keyOf({ type, value: local })
}

/** An address or network as the network it is; undefined for other types. */
export function networkOf({ type, value }: Indicator): Network | undefined {
  const { name } = typeOf(type)
  if (name !== 'net.ipv4' && name !== 'net.ipv6' && name !== 'net.cidr') return undefined
  return anyNetwork(value)
}

export function placeOfIndicator(indicator: Indicator): Place | undefined {
  const network = networkOf(indicator)
  return network === undefined ? undefined : placeOf(network)
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
