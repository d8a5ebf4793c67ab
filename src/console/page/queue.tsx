/** What does not act and why: held for the look-ups it would meet, disputed, or beyond a share. */
import { useState } from 'preact/hooks'
import { get, useAsked, useWork } from './ask.js'
import { Choice } from './form.js'
import { Action, Empty, Foreign, Problem, Table, Time, Value, Waiting } from './shown.js'

interface Row {
  readonly type: string
  readonly value: string
  readonly action: string
  readonly expiresAt?: string
  readonly reasons: readonly {
    readonly member: string
    readonly action: string
    readonly confidence: number
    readonly held?: string
  }[]
}

interface Page {
  readonly indicators: readonly Row[]
  readonly cursor?: string
}

/** What an operator can end; the rest ends by itself, or needs others. */
const FOR_YOU = 'for-you'
const YOURS = new Set(['blast-radius', 'disputed', 'disputed-here', 'bulkhead', 'forked'])

const PATH = '/v1/indicators?state=held&limit=200'

export function QueuePage() {
  const { body, error } = useAsked<Page>(PATH, 15_000)
  const [more, setMore] = useState<readonly Page[]>([])
  const [why, setWhy] = useState(FOR_YOU)
  const { busy, error: moreError, run } = useWork()
  if (body === undefined) return error === undefined ? <Waiting /> : <Problem error={error} />
  const pages = [body, ...more]
  const cursor = pages.at(-1)?.cursor
  const rows = pages.flatMap(({ indicators }) => indicators)
  const codes = [...new Set(rows.flatMap(heldOf))].sort()
  const yours = rows.filter((row) => heldOf(row).some((code) => YOURS.has(code)))
  const named = why === '' ? rows : rows.filter((row) => heldOf(row).includes(why))
  const shown = why === FOR_YOU ? yours : named
  const goOn = () =>
    run(async () => {
      const page = await get<Page>(`${PATH}&cursor=${encodeURIComponent(cursor!)}`)
      setMore([...more, page])
    })
  return (
    <>
      <p>
        Open one to see who says what, and to confirm, dispute or allow it. What is new and would
        meet too many of your own look-ups waits here for you.
      </p>
      <Choice
        label="Why"
        value={why}
        onChange={setWhy}
        of={[
          [FOR_YOU, `for you to decide (${yours.length})`],
          ['', `everything that acts less than asked (${rows.length})`],
          ...codes.map((code) => [code, code.replaceAll('-', ' ')] as const),
        ]}
      />
      {shown.length === 0 ? (
        <Empty>Nothing of this kind is held or disputed.</Empty>
      ) : (
        <Held rows={shown} />
      )}
      <Problem error={error ?? moreError} />
      {cursor === undefined ? null : (
        <p class="buttons">
          <button type="button" disabled={busy} onClick={() => void goOn()}>
            Look further
          </button>
        </p>
      )}
    </>
  )
}

function heldOf({ reasons }: Row): string[] {
  return reasons.flatMap(({ held }) => (held === undefined ? [] : [held]))
}

function Held({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <Table
      label="What is held or disputed"
      rows={rows}
      columns={[
        { head: 'now', cell: ({ action }) => <Action action={action} /> },
        { head: 'type', cell: ({ type }) => type },
        { head: 'value', cell: ({ type, value }) => <Value type={type} value={value} /> },
        {
          head: 'reported by, and why it is held',
          cell: ({ reasons }) =>
            reasons.map(({ member, action, confidence, held }, i) => (
              <div key={i}>
                <Foreign text={member} />: {action}, {confidence} %
                {held === undefined ? '' : ` · ${held}`}
              </div>
            )),
        },
        {
          head: 'until',
          cell: ({ expiresAt }) => (expiresAt === undefined ? '–' : <Time at={expiresAt} />),
        },
      ]}
    />
  )
}
