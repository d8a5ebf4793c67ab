/**
 * Which address a request comes from, as seen behind proxies that are trusted to say so. What a
 * visitor can write himself is never believed: not the left-most of a list, no query parameter, no
 * header of a peer that is no proxy of ours.
 */
import { parseAddress, parseNetwork, type Network } from './address.js'
import { NetworkSet } from './network-set.js'

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** Of proxies on this host. */
export const LOOPBACK = ['127.0.0.0/8', '::1/128'] as const
const ANY_WIDTH = { 4: 0, 6: 0 } as const

/** Addresses and networks of any width; undefined where one of them is neither. */
export function trustedProxies(texts: readonly string[]): NetworkSet | undefined {
  const networks = texts.map(networkOf)
  return networks.every((network) => network !== undefined) ? new NetworkSet(networks) : undefined
}

function networkOf(text: string): Network | undefined {
  const bits = text.includes(':') ? 128 : 32
  const network = parseNetwork(text.includes('/') ? text : `${text}/${bits}`, ANY_WIDTH)
  return network.ok ? network.value : undefined
}

/**
 * The canonical address, or undefined where nothing trustworthy names one.
 *  1. A peer that is no trusted proxy is the client itself.
 *  2. X-Real-IP, else X-Envoy-External-Address: one address, set by the proxy.
 *  3. The right-most of X-Forwarded-For that is not itself a trusted proxy.
 * A header that is there and is no address ends the search: it is not passed over for a weaker one.
 */
export function clientAddress(
  /** Undefined: the owner of this host, over a Unix socket. */
  peer: string | undefined,
  headers: RequestHeaders,
  trusted: NetworkSet,
): string | undefined {
  if (peer !== undefined && !isTrusted(peer, trusted)) return addressOf(peer)
  for (const name of ['x-real-ip', 'x-envoy-external-address']) {
    const value = headers[name]
    if (value !== undefined) return typeof value === 'string' ? addressOf(value) : undefined
  }
  const forwarded = headers['x-forwarded-for']
  if (forwarded === undefined) return undefined
  const hops = (typeof forwarded === 'string' ? forwarded : forwarded.join()).split(',')
  const client = hops.reverse().find((hop) => !isTrusted(hop.trim(), trusted))
  return client === undefined ? undefined : addressOf(client)
}

function isTrusted(text: string, trusted: NetworkSet): boolean {
  const address = addressOf(text)
  const network = address === undefined ? undefined : networkOf(address)
  return network !== undefined && trusted.covers(network)
}

function addressOf(text: string): string | undefined {
  const address = parseAddress(text.trim())
  return address.ok ? address.value.text : undefined
}
