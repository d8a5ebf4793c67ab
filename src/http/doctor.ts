/**
 * `/v1/doctor`: what could be wrong with this node, looked at now, and what mends it. It changes
 * nothing; each check is a function of what is seen at one moment.
 */
import { secretsChecks, worstFirst, type Check } from '../core/check-up.js'
import type { HttpDependencies } from './dependencies.js'
import { hearingChecks, memberChecks, portChecks } from './doctor/members.js'
import {
  apiChecks,
  clockChecks,
  diskChecks,
  epochChecks,
  forkChecks,
  ownLogChecks,
  scrubChecks,
} from './doctor/node.js'
import {
  gatewayChecks,
  legalChecks,
  mirrorChecks,
  pauseChecks,
  policyChecks,
  sampleChecks,
} from './doctor/rules.js'
import type { Seen } from './doctor/seen.js'
import type { App } from './shape.js'

const CHECKS: readonly ((seen: Seen) => readonly Check[])[] = [
  ({ around }) => secretsChecks(around.secrets),
  epochChecks,
  clockChecks,
  portChecks,
  apiChecks,
  memberChecks,
  hearingChecks,
  diskChecks,
  scrubChecks,
  policyChecks,
  pauseChecks,
  gatewayChecks,
  mirrorChecks,
  legalChecks,
  forkChecks,
  ownLogChecks,
  sampleChecks,
]

export function doctorRoutes(app: App, dependencies: HttpDependencies): void {
  app.get('/v1/doctor', { config: { role: 'operator' } }, async () => {
    const around = await dependencies.doctor.surroundings()
    const now = dependencies.clock()
    const seen = { ...dependencies, now, around, seenLinks: dependencies.links() }
    const checks = worstFirst(CHECKS.flatMap((check) => check(seen)))
    return { asOf: new Date(now).toISOString(), checks }
  })
}
