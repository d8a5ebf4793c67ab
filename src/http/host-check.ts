/**
 * Which Host headers are answered: loopback names and addresses, the address the connection came in
 * on, the configured host names. A web page that points its own name at this machine (DNS
 * rebinding) sends that name, and is refused before anything else is looked at.
 */
import { parseAddress } from '../core/address.js'

interface HostPort {
  readonly host: string
  readonly port: string | undefined
}

function split(header: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i.exec(header)
  if (match === null) return undefined
  return { host: (match[1] ?? match[2]!).toLowerCase(), port: match[3] }
}

function addressText(host: string): string | undefined {
  const address = parseAddress(host)
  return address.ok ? address.value.text : undefined
}

function isLoopback(host: string): boolean {
  const address = addressText(host)
  return host === 'localhost' || address === '::1' || (address?.startsWith('127.') ?? false)
}

/** A name counts with any port, `name:port` with that port alone. */
function isListed(asked: HostPort, hosts: readonly string[]): boolean {
  return hosts.some((entry) => {
    const listed = split(entry)
    if (listed === undefined || listed.host !== asked.host) return false
    return listed.port === undefined || listed.port === asked.port
  })
}

/**
 * @param localAddress where the connection came in; undefined for the Unix socket.
 */
export function isHostFine(
  header: string | undefined,
  hosts: readonly string[],
  localAddress: string | undefined,
): boolean {
  const asked = header === undefined ? undefined : split(header)
  if (asked === undefined) return false
  if (isLoopback(asked.host) || isListed(asked, hosts)) return true
  if (localAddress === undefined) return false
  const address = addressText(asked.host)
  return address !== undefined && address === addressText(localAddress)
}
