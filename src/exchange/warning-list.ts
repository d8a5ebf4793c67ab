/**
 * What this operator never acts on as a warning list of MISP (schema of MISP/misp-warninglists), so
 * that MISP does not tell anybody either. It names what may be customers': for the operator alone.
 */
import { typeOf } from '../core/indicator.js'
import type { AllowEntry, WarningList } from '../core/own-rows.js'

export const WARNING_LIST_TYPES = ['cidr', 'hostname'] as const
export type WarningListType = (typeof WARNING_LIST_TYPES)[number]

export interface MispWarningList {
  readonly name: string
  readonly description: string
  readonly version: number
  readonly type: WarningListType
  readonly matching_attributes: readonly string[]
  readonly list: readonly string[]
}

const MATCHING: Readonly<Record<WarningListType, readonly string[]>> = {
  cidr: ['ip-src', 'ip-dst', 'ip-src|port', 'ip-dst|port', 'domain|ip'],
  hostname: ['hostname', 'domain', 'domain|ip', 'url'],
}
const TYPES: Readonly<Record<WarningListType, readonly string[]>> = {
  cidr: ['net.ipv4', 'net.ipv6', 'net.cidr'],
  hostname: ['net.domain', 'actor.email-domain'],
}

/** `version`: a whole number that rises. Entries that have ended are left out. */
export function warningListOf(
  type: WarningListType,
  { allowed, lists }: { allowed: Iterable<AllowEntry>; lists: Iterable<WarningList> },
  { name, now }: { readonly name: string; readonly now: number },
): MispWarningList {
  const values = new Set<string>()
  for (const { type: code, value, untilMs = Infinity } of allowed) {
    if (untilMs > now && TYPES[type].includes(typeOf(code).name)) values.add(value)
  }
  for (const { networks, domains } of lists) {
    for (const value of type === 'cidr' ? networks : domains) values.add(value)
  }
  return {
    name: `Tocsin: never acted on at ${name} (${type})`,
    description: 'Allowed values and loaded warning lists of a Tocsin node',
    version: Math.floor(now / 1_000),
    type,
    matching_attributes: MATCHING[type],
    list: [...values].sort(),
  }
}
