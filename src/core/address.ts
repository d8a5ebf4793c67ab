/**
 * IP addresses and networks as numbers, and their one textual form (dotted quad; RFC 5952).
 * Parsing is stricter than most programs': no leading zeros, no hexadecimal or short forms, no
 * zones.
 */
import ipaddr from 'ipaddr.js'
import { failed, fine, type Result } from './outcome.js'

export type AddressCode = 'ipv4-malformed' | 'ipv6-malformed'
export type NetworkCode = AddressCode | 'cidr-malformed' | 'host-bits-set' | 'network-too-wide'

export interface Address {
  readonly version: 4 | 6
  /** 4 or 16 bytes, network order. */
  readonly bytes: readonly number[]
  readonly text: string
}

export interface Network {
  readonly version: 4 | 6
  readonly base: readonly number[]
  readonly length: number
  readonly text: string
}

/** Prefix lengths an indicator may have: shorter ones name too many people (INDICATORS.md). */
export const NETWORK_LENGTH_MIN = { 4: 16, 6: 32 } as const
const BITS = { 4: 32, 6: 128 } as const

const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
/** Of an IPv4 address as text. */
const QUAD_LENGTH_MAX = 15
/** The text that is read now, and behind it a byte that is in none. */
const quad = new Uint8Array(QUAD_LENGTH_MAX + 1)
const END = 0

/** The 32 bits of a dotted quad in its canonical form; -1 for any other text. */
export function numberOfIpv4(text: string): number {
  const { length } = text
  if (length > QUAD_LENGTH_MAX) return -1
  for (let i = 0; i < length; i++) {
    const char = text.charCodeAt(i)
    // Before it is cut to a byte, and none that would end it.
    if (char > NINE || char === END) return -1
    quad[i] = char
  }
  quad[length] = END
  return ipv4Before(END, quad, 0)
}

/**
 * As `numberOfIpv4`, of ASCII from `from` up to the first byte `end`, which is neither digit nor
 * dot.
 */
export function ipv4Before(end: number, bytes: Uint8Array, from: number): number {
  let [number, octet, digits, dots] = [0, 0, 0, 0]
  for (let i = from; ; i++) {
    const char = bytes[i]!
    if (char === DOT) {
      if (digits === 0 || ++dots > 3) return -1
      number = number * 256 + octet
      octet = 0
      digits = 0
    } else if (char >= ZERO && char <= NINE) {
      // No leading zeros.
      if (digits > 0 && octet === 0) return -1
      octet = octet * 10 + char - ZERO
      if (octet > 255) return -1
      digits++
    } else {
      return char === end && dots === 3 && digits > 0 ? number * 256 + octet : -1
    }
  }
}

/** Characters of its text. */
export function lengthOfIpv4(number: number): number {
  const digits = (octet: number) => (octet > 99 ? 3 : octet > 9 ? 2 : 1)
  const [high, low] = [number >>> 16, number & 0xffff]
  return 3 + digits(high >>> 8) + digits(high & 255) + digits(low >>> 8) + digits(low & 255)
}

/** The exact inverse, of an address. */
export function ipv4Of(number: number): string {
  return bytesOfIpv4(number).join('.')
}

function bytesOfIpv4(number: number): number[] {
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255]
}

/** Parses an address of either version; an IPv4-mapped IPv6 address becomes the IPv4 one. */
export function parseAddress(text: string): Result<Address, AddressCode> {
  if (!text.includes(':')) {
    const number = numberOfIpv4(text)
    if (number < 0) return failed('ipv4-malformed')
    return fine({ version: 4, bytes: bytesOfIpv4(number), text })
  }
  // ipaddr.js accepts zones and odd embedded quads; both name nothing another host could look up.
  const hex = withoutQuad(text)
  if (hex === undefined || !ipaddr.IPv6.isValid(hex)) return failed('ipv6-malformed')
  const parsed = ipaddr.IPv6.parse(hex)
  if (parsed.isIPv4MappedAddress()) return parseAddress(parsed.toIPv4Address().toString())
  return fine({ version: 6, bytes: parsed.toByteArray(), text: parsed.toRFC5952String() })
}

/**
 * An embedded dotted quad as two hexadecimal groups: ipaddr.js would read `::1.2.3.4` as mapped.
 */
function withoutQuad(text: string): string | undefined {
  if (text.includes('%')) return undefined
  const tail = text.slice(text.lastIndexOf(':') + 1)
  if (!tail.includes('.')) return text
  const number = numberOfIpv4(tail)
  if (number < 0) return undefined
  const groups = [number >>> 16, number & 0xffff].map((group) => group.toString(16))
  return text.slice(0, -tail.length) + groups.join(':')
}

/**
 * Parses `address/length` whose host bits are zero. A host-length network is still a network here.
 * Our own lists may name networks of any width; indicators may not.
 */
export function parseNetwork(
  text: string,
  lengthMin: Readonly<Record<4 | 6, number>> = NETWORK_LENGTH_MIN,
): Result<Network, NetworkCode> {
  const slash = text.indexOf('/')
  const digits = text.slice(slash + 1)
  if (slash < 0 || !/^(?:0|[1-9]\d{0,2})$/.test(digits)) return failed('cidr-malformed')
  const mapped = text.includes(':')
  const address = parseAddress(text.slice(0, slash))
  if (!address.ok) return address
  const { version, bytes } = address.value
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24.
  const length = Number(digits) - (mapped && version === 4 ? 96 : 0)
  if (length < 0 || length > BITS[version]) return failed('cidr-malformed')
  const base = masked(bytes, length)
  if (base.some((byte, i) => byte !== bytes[i])) {
    return failed('host-bits-set', `the network is ${addressText(base)}/${length}`)
  }
  if (length < lengthMin[version]) return failed('network-too-wide')
  return fine({ version, base, length, text: `${address.value.text}/${length}` })
}

/** The network of `length` that `bytes` lies in, as canonical text. */
export function networkText(bytes: readonly number[], length: number): string {
  return `${addressText(masked(bytes, length))}/${length}`
}

export function isHost(network: Network): boolean {
  return network.length === BITS[network.version]
}

/** Whether `network` holds every address from `bytes` with `length` significant bits. */
export function covers(network: Network, bytes: readonly number[], length: number): boolean {
  if (bytes.length !== network.base.length || length < network.length) return false
  return masked(bytes, network.length).every((byte, i) => byte === network.base[i])
}

function masked(bytes: readonly number[], length: number): number[] {
  return bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, length - i * 8))
    return byte & (0xff << (8 - kept)) & 0xff
  })
}

/** The one text of an address of 4 or 16 bytes. */
export function addressText(bytes: readonly number[]): string {
  return bytes.length === 4
    ? bytes.join('.')
    : (ipaddr.fromByteArray([...bytes]) as ipaddr.IPv6).toRFC5952String()
}
