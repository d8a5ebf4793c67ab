/** What the settings say of dialects, as these read it; for a node and an edge alike. */
import type { Config } from './config.js'
import { trustedProxies } from './core/client-address.js'
import { NetworkSet } from './core/network-set.js'
import type { DialectOptions } from './http/dialects/dialect-routes.js'
import { mappingOf } from './setting.js'

export function dialectsOf({ api }: Pick<Config, 'api'>): DialectOptions {
  const { headers, pointers, ...rules } = api.dialects
  return {
    rules,
    trusted: trustedProxies(api.trustedProxies) ?? NetworkSet.EMPTY,
    headers: new Map(headers.map(mappingOf)),
    pointers: new Map(pointers.map(mappingOf)),
  }
}
