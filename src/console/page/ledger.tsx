/** What left this node, envelope by envelope, and what was kept from leaving: no value is in it. */
import { useEffect, useState } from 'preact/hooks'
import { Refused, useAsked } from './ask.js'
import { Card, Empty, Foreign, Problem, Table, Time, Waiting } from './shown.js'
import type { Status } from './status.js'

interface Sent {
  readonly sent: number
  readonly id: string
  readonly time: string
  readonly tlp: string | null
  readonly says: 'gone' | Readonly<Record<string, number>>
  readonly by: readonly {
    readonly token: string
    readonly statements: number
    readonly approver: string | null
    readonly legalBasis: string | null
  }[]
  readonly bytes: number
}

interface Stopped {
  readonly stopped: number
  readonly at: string
  readonly until: string
  readonly code: string
  readonly type: string
  readonly token: string
  readonly count: number
}

const SHOWN = 200

/** The newest envelopes; the whole of it is for a file. */
function useLedger(head: number | undefined) {
  const [rows, setRows] = useState<{ sent: Sent[]; stopped: Stopped[] }>()
  const [error, setError] = useState<Refused>()
  useEffect(() => {
    if (head === undefined) return
    const gone = new AbortController()
    fetch(`/v1/ledger?from=${Math.max(1, head - SHOWN + 1)}`, { signal: gone.signal })
      .then(async (response) => {
        const lines = (await response.text()).trim().split('\n')
        const all = lines.map((line) => JSON.parse(line) as Partial<Sent & Stopped>)
        const sent = all.filter((row): row is Sent => typeof row.sent === 'number')
        const stopped = all.filter((row): row is Stopped => typeof row.stopped === 'number')
        // Totals and head are rows, too, with other fields.
        const times = (row: { time?: string; at?: string }) => row.time ?? row.at
        setRows({ sent: sent.filter(times).reverse(), stopped: stopped.filter(times).reverse() })
      })
      .catch(() => {
        if (!gone.signal.aborted) setError(new Refused('no-node', 'The node does not answer.'))
      })
    return () => gone.abort()
  }, [head])
  return { rows, error }
}

export function LedgerPage() {
  const { body: status } = useAsked<Status>('/v1/status', 5_000)
  const head = status === undefined ? undefined : (status.heads[status.peerId] ?? 0)
  const { rows, error } = useLedger(head)
  if (rows === undefined) return error === undefined ? <Waiting /> : <Problem error={error} />
  return (
    <>
      <p>
        The newest {SHOWN} envelopes. For counsel, whole, signed and verifiable by itself:{' '}
        <code>tocsin ledger export FILE</code> or{' '}
        <a href="/v1/ledger" download="tocsin-ledger.ndjson">
          download it
        </a>
        .
      </p>
      <div class="cards">
        <Card title="Left" wide>
          {rows.sent.length === 0 ? (
            <Empty>Nothing has left yet.</Empty>
          ) : (
            <Left rows={rows.sent} />
          )}
        </Card>
        <Card title="Kept from leaving" wide>
          {rows.stopped.length === 0 ? (
            <Empty>Nothing was kept from leaving.</Empty>
          ) : (
            <Kept rows={rows.stopped} />
          )}
        </Card>
      </div>
    </>
  )
}

function Left({ rows }: { readonly rows: readonly Sent[] }) {
  return (
    <Table
      label="What left"
      rows={rows}
      columns={[
        {
          head: 'envelope',
          isNumber: true,
          cell: ({ sent, id }) => <span title={id}>{sent}</span>,
        },
        { head: 'when', cell: ({ time }) => <Time at={time} /> },
        {
          head: 'says',
          cell: ({ says }) =>
            says === 'gone'
              ? 'has ended'
              : Object.entries(says)
                  .map(([what, count]) => `${count} × ${what}`)
                  .join(', '),
        },
        { head: 'label', cell: ({ tlp }) => (tlp === null ? '–' : `tlp ${tlp}`) },
        { head: 'asked with', cell: ({ by }) => by.map(({ token }) => token).join(', ') },
        {
          head: 'approved by',
          cell: ({ by }) => <Foreign text={by.flatMap((one) => one.approver ?? []).join(', ')} />,
        },
        {
          head: 'on what ground',
          cell: ({ by }) => <Foreign text={by.flatMap((one) => one.legalBasis ?? []).join(', ')} />,
        },
        { head: 'bytes', isNumber: true, cell: ({ bytes }) => bytes },
      ]}
    />
  )
}

function Kept({ rows }: { readonly rows: readonly Stopped[] }) {
  return (
    <Table
      label="What was kept from leaving"
      rows={rows}
      columns={[
        { head: 'when', cell: ({ until }) => <Time at={until} /> },
        { head: 'why', cell: ({ code }) => code },
        { head: 'type', cell: ({ type }) => type },
        { head: 'asked with', cell: ({ token }) => <Foreign text={token} /> },
        { head: 'times', isNumber: true, cell: ({ count }) => count },
      ]}
    />
  )
}
