/** The first page: is all well, what is live, how much comes and goes, and how late. */
import { useAsked } from './ask.js'
import { Plot } from './plot.js'
import { Card, Empty, Facts, Foreign, Problem, span, Table, Waiting } from './shown.js'
import type { Status } from './status.js'

export interface Minute {
  readonly startMs: number
  readonly reportsIn: number
  readonly reportsOut: number
  readonly takenBackIn: number
  readonly takenBackOut: number
  readonly lagMsMedian: number | null
  readonly lagMsMax: number | null
}

interface Doctor {
  readonly checks: readonly {
    readonly name: string
    readonly state: 'ok' | 'warn' | 'fail'
    readonly says: string
    readonly mend?: string
  }[]
}

export function OverviewPage() {
  const { body: status } = useAsked<Status>('/v1/status', 2_000)
  const { body: activity, error } = useAsked<{ readonly minutes: readonly Minute[] }>(
    '/v1/activity?since=3h',
    5_000,
  )
  if (status === undefined) return <Waiting />
  const minutes = activity?.minutes ?? []
  return (
    <div class="cards">
      <Standing status={status} />
      <Card title={`Live: ${status.live}`}>
        <Counts counts={status.byType} empty="Nothing is live. Reports of members show up here." />
        <h3>Asked for</h3>
        <Counts counts={status.byAction} empty="No action is asked for." />
      </Card>
      <Card title="Reports a minute" wide>
        <Problem error={error} />
        <Plot
          label="Reports of others and our own, a minute"
          times={minutes.map(({ startMs }) => startMs)}
          lines={[
            { name: 'from others', values: minutes.map(({ reportsIn }) => reportsIn) },
            { name: 'our own', values: minutes.map(({ reportsOut }) => reportsOut) },
            {
              name: 'taken back',
              values: minutes.map(({ takenBackIn, takenBackOut }) => takenBackIn + takenBackOut),
            },
          ]}
        />
      </Card>
      <Card title="From detection to enforcement" wide>
        <Lag minutes={minutes} />
      </Card>
      <Health />
    </div>
  )
}

function Standing({ status }: { readonly status: Status }) {
  const keys = status.members.flatMap((member) => member.keys)
  const current = keys.filter((key) => key.current).length
  const missing = (status.catchUp.missing ?? []).reduce((sum, one) => sum + one.envelopes, 0)
  return (
    <Card title="How this node is">
      <Facts
        rows={[
          ['answers are', <span class={`freshness ${status.freshness}`}>{status.freshness}</span>],
          ['members', `${status.members.length}; keys current: ${current} of ${keys.length}`],
          ['missing', missing === 0 ? 'nothing' : `${missing} envelopes, being fetched`],
          ['held back', `${status.sample.holds} until you confirm`],
          [
            'federation',
            <>
              <Foreign text={status.federation} />
              {status.openFederation ? ' (its key is public: it hides nothing)' : ''}
            </>,
          ],
          ['policy', <code>{status.policyHash}</code>],
          ['version', status.version],
        ]}
      />
    </Card>
  )
}

function Counts({
  counts,
  empty,
}: {
  readonly counts: Readonly<Record<string, number>>
  readonly empty: string
}) {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a)
  const most = Math.max(...rows.map(([, count]) => count))
  if (rows.length === 0) return <Empty>{empty}</Empty>
  return (
    <dl class="bars">
      {rows.map(([name, count]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <meter min={0} max={most} value={count} aria-label={`${name}: ${count}`} /> {count}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Lag({ minutes }: { readonly minutes: readonly Minute[] }) {
  const known = minutes.filter(({ lagMsMedian }) => lagMsMedian !== null)
  const last = known.at(-1)
  if (last === undefined) {
    return <Empty>No member has reported anything in the last three hours.</Empty>
  }
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1_000)
  return (
    <>
      <p>
        Last: {span(last.lagMsMedian!)} in the middle, {span(last.lagMsMax!)} at most, by the
        members’ clocks.
      </p>
      <Plot
        label="Seconds from a member’s report to its effect here"
        times={minutes.map(({ startMs }) => startMs)}
        lines={[
          { name: 'middle, s', values: minutes.map((one) => seconds(one.lagMsMedian)) },
          { name: 'longest, s', values: minutes.map((one) => seconds(one.lagMsMax)) },
        ]}
      />
    </>
  )
}

/** What `tocsin doctor` finds, worst first. */
function Health() {
  const { body, error } = useAsked<Doctor>('/v1/doctor', 30_000)
  const order = ['fail', 'warn', 'ok']
  const checks = [...(body?.checks ?? [])].sort(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state),
  )
  const found = checks.filter(({ state }) => state !== 'ok')
  return (
    <Card title="Doctor" wide>
      <Problem error={error} />
      {body === undefined ? null : found.length === 0 ? (
        <Empty>All {checks.length} checks are well.</Empty>
      ) : (
        <Table
          label="What the doctor found"
          rows={found}
          columns={[
            { head: 'is', cell: ({ state }) => <span class={`check ${state}`}>{state}</span> },
            { head: 'check', cell: ({ name }) => name },
            { head: 'found', cell: ({ says }) => <Foreign text={says} /> },
            { head: 'what to do', cell: ({ mend = '' }) => <code>{mend}</code> },
          ]}
        />
      )}
    </Card>
  )
}
