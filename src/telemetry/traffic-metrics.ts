/** What passes: statements and how late they act, look-ups and answers, programs that pull. */
import type { DurationsRead } from '../core/durations.js'
import { SECOND_MS } from '../core/limits.js'
import type { AnswerCount, ConsumerCounts } from '../core/ports.js'
import { DIRECTIONS, SAID_KINDS, type Activity } from '../lookup/activity.js'
import type { LiveState } from '../lookup/live-state.js'
import type { LookUpCounts } from '../lookup/look-up-counts.js'
import type { Families } from './families.js'

export interface TrafficParts {
  readonly state: LiveState
  readonly activity: Pick<Activity, 'totals'>
  readonly lookUpCounts: Pick<LookUpCounts, 'rows'>
  readonly answers: () => readonly AnswerCount[]
  /** How long answers in the request path took. */
  readonly took: () => DurationsRead
  readonly consumers: () => ConsumerCounts
}

export function showTraffic(to: Families, parts: TrafficParts): void {
  const { activity, lookUpCounts, answers, took } = parts
  const said = 'Statements that were committed: of members (in) and our own (out).'
  to.counter('tocsin_statements_total', said, ['direction', 'kind'], (show) => {
    const totals = activity.totals.said
    for (const direction of DIRECTIONS)
      for (const kind of SAID_KINDS) show(totals[direction][kind], direction, kind)
  })
  const lag = 'From a member’s signing a statement to its acting here, of those that came live.'
  to.histogram('tocsin_enforcement_lag_seconds', lag, () => activity.totals.lag)
  const asked = 'Look-ups answered, by the type asked about and what the policy made of it.'
  to.counter('tocsin_look_ups_total', asked, ['type', 'action'], (show) => {
    for (const { type, action, count } of lookUpCounts.rows()) show(count, type, action)
  })
  const answered = 'Answers of the API, by kind of route and class of the status.'
  to.counter('tocsin_answers_total', answered, ['route', 'status'], (show) => {
    for (const { route, status, count } of answers()) show(count, route, status)
  })
  const waited = 'From a look-up or gate request being read to its answer, whatever that was.'
  to.histogram('tocsin_look_up_seconds', waited, took)
  showConsumers(to, parts)
}

/** Of tokens there are: what a program without one did is no longer of interest. */
function showConsumers(to: Families, { state, consumers }: TrafficParts): void {
  const pull = 'When a program last pulled a list, by the name of its token.'
  to.gauge('tocsin_consumer_last_pull_timestamp_seconds', pull, ['consumer'], (show) => {
    for (const [name, ms] of consumers().lastPullMs) {
      if (state.lists.of('tokens').has(name)) show(ms / SECOND_MS, name)
    }
  })
  const dropped = 'Requests or packets that a program says it dropped, by the name of its token.'
  to.counter('tocsin_consumer_dropped_total', dropped, ['consumer'], (show) => {
    for (const [name, count] of consumers().dropped) show(count, name)
  })
}
