/**
 * A replica's numbers as Prometheus reads them (text format 0.0.4). By hand: an application has its
 * own registry, and a package for its sake would be the replica's only dependency.
 */
import type { Judgements } from './judgements.js'
import type { ReplicaStatus } from './replica-status.js'

const STATES = ['INITIALIZING', 'FRESH', 'STALE', 'EXPIRED', 'FATAL', 'CLOSED'] as const

type Row = readonly [labels: string, value: number]

export function replicaMetrics(
  status: ReplicaStatus,
  counts: ReturnType<Judgements['counts']>,
): string {
  const checks = [...counts].map(({ action, reason, count }): Row => {
    return [`{action="${action}",reason="${reason}"}`, count]
  })
  const states = STATES.map((state): Row => [`{state="${state}"}`, Number(state === status.state)])
  const { ageMs, log } = status
  const lines = [
    ...family('checks_total', 'counter', 'Verdicts by action and reason.', checks),
    ...family('state', 'gauge', 'One for the state the replica is in.', states),
    // Without a copy there is no age, and a missing series says so.
    ...(ageMs === Infinity ? [] : gauge('age_seconds', 'Age of the copy.', ageMs / 1_000)),
    ...gauge('indicators', 'Values of which anything is known.', status.indicators),
    ...counter('snapshots_total', 'Whole downloads.', status.snapshots),
    ...counter('reconnects_total', 'Connections to the node that ended.', status.reconnects),
    ...counter('received_bytes_total', 'Bytes from the node.', status.bytes),
    ...counter('log_received_total', 'Decisions to be logged.', log.received),
    ...counter('log_dropped_total', 'Decisions that the log lost.', log.dropped),
    ...counter('hooks_failed_total', 'Hooks that threw.', status.hooksFailed),
  ]
  return `${lines.join('\n')}\n`
}

function gauge(name: string, help: string, value: number): string[] {
  return family(name, 'gauge', help, [['', value]])
}

function counter(name: string, help: string, value: number): string[] {
  return family(name, 'counter', help, [['', value]])
}

function family(name: string, type: string, help: string, rows: readonly Row[]): string[] {
  const full = `tocsin_replica_${name}`
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} ${type}`,
    ...rows.map(([labels, value]) => `${full}${labels} ${value}`),
  ]
}
