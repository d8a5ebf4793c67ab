/** What a change would turn: how many verdicts from what to what, and the first of each. */
import { Action, Empty, Foreign, Table, Value } from './shown.js'

interface Counts {
  readonly byChange: readonly {
    readonly from: string
    readonly to: string
    readonly count: number
  }[]
}

export interface Trial extends Counts {
  readonly complete: boolean
  readonly looked: number
  readonly flips: number
  readonly examples: readonly {
    readonly type: string
    readonly value: string
    readonly from: string
    readonly to: string
  }[]
  readonly warnings?: readonly { readonly key: string; readonly message: string }[]
  readonly sample?: Counts & { readonly lookUps: number; readonly flips: number }
}

const EXAMPLES_SHOWN = 20

export function FlipTable({ trial }: { readonly trial: Trial }) {
  const { complete, looked, flips, byChange, examples, warnings = [], sample } = trial
  return (
    <div aria-live="polite">
      <Warnings of={warnings} />
      <p>
        {flips === 0 ? 'No verdict' : `${flips} of ${looked} verdicts`} on what is live would be
        another one{complete ? '.' : ' as far as time allowed; there may be more.'}
      </p>
      {byChange.length === 0 ? null : (
        <Table
          label="Verdicts that would be others"
          rows={byChange}
          columns={[
            { head: 'from', cell: ({ from }) => <Action action={from} /> },
            { head: 'to', cell: ({ to }) => <Action action={to} /> },
            { head: 'values', isNumber: true, cell: ({ count }) => count },
          ]}
        />
      )}
      {sample === undefined ? null : (
        <p>
          Of look-ups sampled in the last 24 hours: {sample.flips} of {sample.lookUps}.
        </p>
      )}
      {examples.length === 0 ? (
        flips === 0 ? (
          <Empty>Nothing would change.</Empty>
        ) : null
      ) : (
        <Table
          label="Examples"
          rows={examples.slice(0, EXAMPLES_SHOWN)}
          columns={[
            { head: 'type', cell: ({ type }) => type },
            { head: 'value', cell: ({ type, value }) => <Value type={type} value={value} /> },
            { head: 'from', cell: ({ from }) => <Action action={from} /> },
            { head: 'to', cell: ({ to }) => <Action action={to} /> },
          ]}
        />
      )}
    </div>
  )
}

function Warnings({ of }: { readonly of: NonNullable<Trial['warnings']> }) {
  return (
    <>
      {of.map(({ key, message }) => (
        <p key={key}>
          <strong>
            <Foreign text={key} />:
          </strong>{' '}
          <Foreign text={message} />
        </p>
      ))}
    </>
  )
}
