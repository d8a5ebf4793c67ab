/**
 * The addresses and names of this node and of its members: a node that reports its neighbour, or
 * acts on itself, would cut the federation in pieces.
 */
import { parseAddress } from '../core/address.js'
import { ValueSet } from './value-set.js'

/** The hosts of multiaddrs like `/ip4/192.0.2.1/tcp/4717` or `/dns4/node.example/tcp/4717`. */
export function hostsOf(multiaddrs: Iterable<string>): ValueSet {
  const networks: string[] = []
  const domains: string[] = []
  for (const multiaddr of multiaddrs) {
    const [, protocol, host] = multiaddr.split('/')
    if (host === undefined) continue
    if (protocol === 'ip4' || protocol === 'ip6') {
      const address = parseAddress(host)
      if (address.ok) networks.push(address.value.text)
    } else if (protocol?.startsWith('dns')) {
      domains.push(host.toLowerCase())
    }
  }
  return new ValueSet({ networks, domains, emailDomains: domains })
}

/** How long our own addresses are kept: they change with the interfaces of the machine. */
const KEPT_MS = 1_000

/** `hostsOf` what changes: anew with every revision, and once a second. */
export class OwnHosts {
  readonly #multiaddrs: () => Iterable<string>
  readonly #revision: () => number
  #hosts: ValueSet | undefined
  #of = ''
  #madeAt = { revision: -1, ms: 0 }

  constructor(multiaddrs: () => Iterable<string>, revision: () => number) {
    this.#multiaddrs = multiaddrs
    this.#revision = revision
  }

  at(now: number): ValueSet {
    const revision = this.#revision()
    const isOld = Math.abs(now - this.#madeAt.ms) >= KEPT_MS
    if (this.#hosts === undefined || isOld || revision !== this.#madeAt.revision) {
      const multiaddrs = [...this.#multiaddrs()]
      const of = multiaddrs.join(' ')
      // The same object as long as they are the same: what rests on it is remembered.
      if (this.#hosts === undefined || of !== this.#of) this.#hosts = hostsOf(multiaddrs)
      this.#of = of
      this.#madeAt = { revision, ms: now }
    }
    return this.#hosts
  }
}
