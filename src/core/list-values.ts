/**
 * The values of an allowlist or warning list: networks of any width, addresses, domain names. Wider
 * than what may be reported: a list that protects takes what it can read, and names what it cannot.
 */
import { canonicalDomain, isDomain } from './domain.js'
import { anyNetwork } from './network-set.js'

export interface ListValues {
  /** Canonical networks; one address is a network of its whole length. */
  readonly networks: readonly string[]
  /** Canonical names. */
  readonly domains: readonly string[]
  /** What is neither, as it was written. */
  readonly unread: readonly string[]
}

export function listValues(values: Iterable<string>): ListValues {
  const networks = new Set<string>()
  const domains = new Set<string>()
  const unread: string[] = []
  for (const value of values) {
    const text = value.trim()
    const network = anyNetwork(text)
    const domain = network === undefined ? nameOf(text) : undefined
    if (network !== undefined) networks.add(network.text)
    else if (domain !== undefined) domains.add(domain)
    else unread.push(text)
  }
  return { networks: [...networks], domains: [...domains], unread }
}

/**
 * A name as others may report it, even one that our own door would refuse (a public suffix, mixed
 * scripts): members' nodes check syntax alone.
 */
function nameOf(text: string): string | undefined {
  const bare = text.replace(/^(?:\*?\.)/, '').toLowerCase()
  const canonical = canonicalDomain(bare)
  if (canonical.ok) return canonical.value
  return isDomain(bare) ? bare : undefined
}

/** Lines of a plain list: the first word of each; `#` and `;` begin comments. */
export function plainValues(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => /^[^\s#;]+/.exec(line.trim())?.[0])
    .filter((value) => value !== undefined)
}
