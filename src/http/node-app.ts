/** The API of a node: all routes there are. */
import type { StoredToken } from '../core/own-rows.js'
import { Access, operatorOf, type HasEntered } from './access.js'
import { activityRoutes } from './activity.js'
import { allowRoutes } from './allow.js'
import type { AppParts } from './app.js'
import { changeRoutes } from './changes.js'
import { checkRequestRoute } from './check-request.js'
import { checkRoutes } from './check.js'
import type { HttpDependencies } from './dependencies.js'
import { consoleRoutes } from './console.js'
import { dialectRoutes } from './dialects/dialect-routes.js'
import { mispRoutes } from './dialects/misp.js'
import { taxiiRoutes } from './dialects/taxii.js'
import { explainRoutes } from './explain.js'
import { exportRoutes } from './export.js'
import { doctorRoutes } from './doctor.js'
import { healthRoutes } from './health.js'
import { importRoutes } from './import.js'
import { indicatorRoutes } from './indicators.js'
import { ledgerRoutes } from './ledger.js'
import { logRoutes } from './log.js'
import { maintenanceRoutes } from './maintenance.js'
import { memberRoutes } from './members.js'
import { metricsRoutes } from './metrics.js'
import { pauseRoutes } from './pause.js'
import { peerRoutes } from './peers.js'
import { policyRoutes } from './policy.js'
import { receiptRoutes } from './receipts.js'
import { reportRoutes } from './reports.js'
import type { App } from './shape.js'
import { sketchRoutes } from './sketches.js'
import { stateRoutes } from './state.js'
import { statusRoutes } from './status.js'
import { tokenRoutes } from './tokens.js'
import { voidRoutes } from './voids.js'

const ROUTES: readonly ((app: App, dependencies: HttpDependencies) => void)[] = [
  healthRoutes,
  metricsRoutes,
  checkRoutes,
  checkRequestRoute,
  reportRoutes,
  sketchRoutes,
  memberRoutes,
  tokenRoutes,
  allowRoutes,
  statusRoutes,
  activityRoutes,
  peerRoutes,
  doctorRoutes,
  stateRoutes,
  receiptRoutes,
  ledgerRoutes,
  voidRoutes,
  exportRoutes,
  importRoutes,
  explainRoutes,
  indicatorRoutes,
  maintenanceRoutes,
  policyRoutes,
  pauseRoutes,
  changeRoutes,
  logRoutes,
  consoleRoutes,
  taxiiRoutes,
  mispRoutes,
  (app, dependencies) => dialectRoutes(app, dependencies, dependencies.dialects),
]

export function nodeApp(dependencies: HttpDependencies): AppParts {
  const { operatorToken, sessions, clock, answers, version, log } = dependencies
  const hasEntered: HasEntered = (cookies) => sessions.has(cookies, clock())
  const operator = operatorOf(operatorToken)
  return {
    access: new Access(tokensOf(operator, dependencies), hasEntered),
    routes: ROUTES.map((add) => (app) => add(app, dependencies)),
    answering: dependencies,
    answers,
    version,
    log,
  }
}

/** The same list as long as no token is made or revoked. */
function tokensOf(
  operator: StoredToken,
  of: Pick<HttpDependencies, 'state'>,
): () => readonly StoredToken[] {
  let held: readonly StoredToken[] = []
  let revision = -1
  return () => {
    const { lists } = of.state
    if (revision !== lists.revision('tokens')) {
      revision = lists.revision('tokens')
      held = [operator, ...lists.of('tokens').values()]
    }
    return held
  }
}
