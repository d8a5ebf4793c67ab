/** The dialects together, with what an operator declares for them. */
import type { NetworkSet } from '../../core/network-set.js'
import type { App } from '../shape.js'
import { authzRoutes } from './authz.js'
import { Gate, type GateParts, type GateRules } from './gate.js'
import { guardrailRoutes } from './guardrails.js'

export interface DialectOptions {
  readonly rules: GateRules
  readonly trusted: NetworkSet
  /** Type by header, in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** Type by JSON pointer. */
  readonly pointers: ReadonlyMap<string, string>
}

export function dialectRoutes(
  app: App,
  parts: Omit<GateParts, 'rules'>,
  { rules, ...options }: DialectOptions,
): void {
  const gate = new Gate({ ...parts, rules })
  authzRoutes(app, gate, options)
  guardrailRoutes(app, gate, options)
}
