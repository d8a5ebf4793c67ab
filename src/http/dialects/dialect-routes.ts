/** The dialects together, with what an operator declares for them. */
import type { NetworkSet } from '../../core/network-set.js'
import type { App } from '../shape.js'
import type { EnforcedView } from '../enforced-view.js'
import { authzRoutes } from './authz.js'
import type { Bouncers } from './bouncers.js'
import { crowdsecRoutes } from './crowdsec.js'
import { Gate, type GateParts, type GateRules } from './gate.js'
import { guardrailRoutes } from './guardrails.js'
import { listRoutes } from './list-routes.js'

export interface DialectOptions {
  readonly rules: GateRules
  readonly trusted: NetworkSet
  /** Type by header, in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** Type by JSON pointer. */
  readonly pointers: ReadonlyMap<string, string>
}

export interface DialectParts extends Omit<GateParts, 'rules'> {
  readonly view: EnforcedView
  readonly bouncers: Bouncers
}

export function dialectRoutes(
  app: App,
  parts: DialectParts,
  { rules, ...options }: DialectOptions,
): void {
  const gate = new Gate({ ...parts, rules })
  authzRoutes(app, gate, options)
  guardrailRoutes(app, gate, options)
  crowdsecRoutes(app, parts)
  listRoutes(app, parts)
}
