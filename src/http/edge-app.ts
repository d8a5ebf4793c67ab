/** The API of an edge: the look-ups and dialects of a node, and nothing that changes anything. */
import type { StoredToken } from '../core/own-rows.js'
import type { ReadValue } from '../core/key-ring.js'
import type { Clock, Log, Scrape } from '../core/ports.js'
import type { Prompts } from '../lookup/prompts.js'
import type { QuickAnswers } from '../lookup/quick-answers.js'
import type { Lookup } from '../lookup/verdict.js'
import { Access } from './access.js'
import type { AppParts } from './app.js'
import { checkRequestRoute, type Forward } from './check-request.js'
import { checkRoutes } from './check.js'
import type { Bouncers } from './dialects/bouncers.js'
import { dialectRoutes, type DialectOptions } from './dialects/dialect-routes.js'
import type { EnforcedView } from './enforced-view.js'
import { healthRoutes } from './health.js'
import { metricsRoutes } from './metrics.js'
import { Problem } from './problems.js'

export interface EdgeDependencies {
  /** Who may ask; all as gateways. */
  readonly tokens: () => readonly StoredToken[]
  /** Undefined until there is a copy. */
  readonly lookup: () => Lookup | undefined
  readonly quick: () => QuickAnswers | undefined
  readonly read: ReadValue
  readonly prompts: Prompts
  /** Counts an account’s encounters for all edges. */
  readonly forward: Forward
  readonly dialects: DialectOptions
  readonly view: EnforcedView
  readonly bouncers: Bouncers
  readonly metrics: Scrape
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}

export function edgeApp(dependencies: EdgeDependencies): AppParts {
  const { tokens, lookup, quick, dialects, metrics, version, log } = dependencies
  const whole = {
    ...dependencies,
    // A disk of its own it does not need to answer.
    disk: () => ({ ok: true }),
    lookup: () => there(lookup()),
    quick: () => there(quick()),
  }
  return {
    access: new Access(tokens),
    routes: [
      (app) => healthRoutes(app, whole),
      (app) => metricsRoutes(app, { metrics }),
      (app) => checkRoutes(app, whole),
      (app) => checkRequestRoute(app, whole),
      (app) => dialectRoutes(app, dependencies, dialects),
    ],
    answering: whole,
    version,
    log,
  }
}

function there<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Problem('not-ready', 'there is no copy of the node yet')
  return part
}
