/** What the checks of `doctor` look at, all of one moment. Types only. */
import type { Surroundings } from '../../core/check-up.js'
import type { Link } from '../../core/mesh-port.js'
import type { ClockFault } from '../../core/steady-clock.js'
import type { MirrorStatus } from '../../core/mirror-port.js'
import type { VoiceCode } from '../../core/ports.js'
import type { HttpDependencies } from '../dependencies.js'

/** What the composition root says of the node to its doctor. */
export interface DoctorPort {
  /** What can only be seen outside the node. */
  readonly surroundings: () => Promise<Surroundings>
  readonly clock: () => { readonly fault: ClockFault | undefined; readonly offMs?: number }
  /** Why this node could say nothing now. */
  readonly silence: () => VoiceCode | undefined
  /** Of a Redis that is kept equal to what acts, if the settings name one. */
  readonly mirror: () => MirrorStatus | undefined
  readonly api: {
    readonly listen: string
    readonly isLoopback: boolean
    readonly hasTls: boolean
    readonly hosts: readonly string[]
    readonly trustedProxies: readonly string[]
  }
}

export interface Seen extends HttpDependencies {
  readonly now: number
  readonly around: Surroundings
  readonly seenLinks: readonly Link[]
}
