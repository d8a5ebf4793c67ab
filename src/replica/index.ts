/** `tocsin/replica`: the in-process client of gateways. */
export { initReplica, Replica, ReplicaTimeoutError } from './replica.js'
export type { ReplicaEvents, ReplicaState, ReplicaStatus } from './replica-status.js'
export { ReplicaOptionError } from './options.js'
export type { ReplicaOptions } from './options.js'
export type { FailRule, FailRules, ReplicaFreshness } from './fail-rules.js'
export type { Hook, Question } from './hooks.js'
export type { DecisionLogOptions, LoggedDecision } from './decision-log.js'
export type { ReplicaErrorCode, ReplicaReason, ReplicaVerdict } from './replica-verdict.js'
