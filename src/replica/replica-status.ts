/** How a replica is, and what it tells of that. Types only. */

/** INITIALIZING → FRESH ⇄ STALE → EXPIRED; FATAL: no copy, and the node refuses the credential. */
export type ReplicaState = 'INITIALIZING' | 'FRESH' | 'STALE' | 'EXPIRED' | 'FATAL' | 'CLOSED'

export interface ReplicaEvents {
  /** The first copy is there. */
  ready: []
  /** Level with the node. */
  synchronized: []
  stale: []
  expired: []
  /** Fresh again. */
  recovered: []
  change: []
  /** The node could not go on from where the copy was; it is fetched whole. */
  reset: []
  error: [{ readonly code: string; readonly message: string }]
}

export interface ReplicaStatus {
  readonly state: ReplicaState
  readonly ageMs: number
  readonly revision: string | undefined
  readonly stateHash: string | undefined
  /** The node has signed what the claims here sum up to. */
  readonly level: boolean
  readonly policy: string | undefined
  readonly indicators: number
  readonly snapshots: number
  readonly reconnects: number
  readonly bytes: number
  readonly hooksFailed: number
  /** Code of what last went wrong, until it is level again. */
  readonly lastError: string | undefined
  readonly log: { readonly received: number; readonly delivered: number; readonly dropped: number }
}
