/** Stub. */
import type { Indicator } from '../core/indicator.js'
import { typeOf } from '../core/indicator.js'

export function patternOf({ type, value }: Indicator): { pattern: string; pattern_type: string } {
  const { name } = typeOf(type)
  const text = `'${value.replace(/[\\']/g, '\\$&')}'`
  const stix = (path: string, op = '=', lit = text) => ({
    pattern: `[${path} ${op} ${lit}]`,
    pattern_type: 'stix',
  })
  if (name.startsWith('net.ip') || name === 'net.cidr')
    return stix(`${value.includes(':') ? 'ipv6' : 'ipv4'}-addr:value`)
  if (name === 'net.asn') return stix('autonomous-system:number', '=', value)
  if (name === 'net.domain') return stix('domain-name:value')
  if (name === 'actor.email-domain') return stix('email-addr:value', 'LIKE', `'%@${value}'`)
  return { pattern: `${name} = ${text}`, pattern_type: 'tocsin' }
}
