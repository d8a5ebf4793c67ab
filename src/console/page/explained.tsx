/** An explanation: the verdict, everybody's words behind it, and what would change it. */
import { changeText, type ChangeShown } from '../../core/change-words.js'
import { Action, Card, Empty, Facts, Foreign, plain, Table, Time, Value } from './shown.js'

export interface Said {
  readonly member: string | null
  readonly trust?: string
  readonly author: string
  readonly envelope: string
  readonly seq: number
  readonly saidAt: string
  readonly state: string
  readonly says: Readonly<Record<string, unknown>>
  readonly effect?: {
    readonly alone: string
    readonly endsAt: string
    readonly shadow: boolean
    readonly held?: string
    readonly disputedBy: readonly string[]
  }
}

export interface Key {
  readonly type: string
  readonly value: string
  readonly caps: { readonly alone: string; readonly together: string }
  readonly guard?: string
  readonly brake?: { readonly hits: number; readonly of: number; readonly at: string }
  readonly said: readonly Said[]
}

export interface Explanation {
  readonly verdict: {
    readonly type: string
    readonly value: string
    readonly action: string
    readonly score: number
    readonly freshness?: string
    readonly asOf: string
    readonly expiresAt?: string
    readonly decisionId: string
    readonly shadow: boolean
    readonly wouldBe?: string
    readonly guard?: string
    readonly paused?: true
    readonly policy: string
  }
  readonly unguarded?: string
  readonly keys: readonly Key[]
  readonly changes: readonly ChangeShown[]
  readonly affected?: Affected
}

export interface Affected {
  readonly lookUps: number
  readonly byAction: Readonly<Record<string, number>>
  readonly first: string | null
  readonly last: string | null
}

export function Explained({ explanation }: { readonly explanation: Explanation }) {
  const { keys, changes } = explanation
  return (
    <>
      <Verdict explanation={explanation} />
      {keys.length === 0 ? <Empty>Nobody has said anything about it.</Empty> : null}
      {keys.map((key) => (
        <Provenance key={`${key.type} ${key.value}`} of={key} />
      ))}
      {explanation.affected === undefined ? null : <Met affected={explanation.affected} />}
      {changes.length === 0 ? null : (
        <Card title="What would change it" wide>
          <Table
            label="What would change the verdict"
            rows={changes}
            columns={[
              { head: 'to', cell: ({ action }) => <Action action={action} /> },
              { head: 'if', cell: (change) => <Foreign text={changeText(change)} /> },
            ]}
          />
        </Card>
      )}
    </>
  )
}

function Verdict({ explanation: { verdict, unguarded } }: { readonly explanation: Explanation }) {
  const { action, type, value, score, expiresAt, guard, wouldBe, paused } = verdict
  return (
    <Card title="Verdict" wide>
      <p class="verdict">
        <Action action={action} /> {type} <Value type={type} value={value} />
      </p>
      <Facts
        rows={[
          ['score', String(score)],
          ['answers are', verdict.freshness ?? `as of ${verdict.asOf}`],
          ['until', expiresAt === undefined ? 'something changes' : <Time at={expiresAt} />],
          ...(paused === undefined
            ? []
            : ([['paused', 'no verdict is more than observe']] as const)),
          ...(guard === undefined
            ? []
            : ([
                [
                  'guarded by',
                  <>
                    <Foreign text={guard} />
                    {unguarded === undefined ? '' : ` (without it: ${unguarded})`}
                  </>,
                ],
              ] as const)),
          ...(wouldBe === undefined ? [] : ([['in shadow', `it would be ${wouldBe}`]] as const)),
          ['policy', <code>{verdict.policy}</code>],
        ]}
      />
    </Card>
  )
}

function Provenance({ of: { type, value, caps, guard, brake, said } }: { readonly of: Key }) {
  return (
    <Card title={`On ${type} ${plain(value.slice(0, 64))}`} wide>
      <p>
        One member: up to {caps.alone}; several: {caps.together}
        {guard === undefined ? '' : `; guarded: ${plain(guard)}`}.
        {brake === undefined
          ? ''
          : ` It would have met ${brake.hits} of ${brake.of} look-ups: held until you confirm it.`}
      </p>
      <Table
        label={`What was said on ${plain(value)}`}
        rows={said}
        columns={[
          {
            head: 'by',
            cell: ({ member, trust }) => (
              <>
                {member === null ? 'not a member' : <Foreign text={member} />}
                {trust === undefined ? '' : ` (${trust})`}
              </>
            ),
          },
          { head: 'says', cell: ({ says }) => saysText(says) },
          { head: 'said', cell: ({ saidAt }) => <Time at={saidAt} /> },
          { head: 'is', cell: (one) => <Standing said={one} /> },
          { head: 'until', cell: ({ says }) => <Time at={String(says['until'])} /> },
          {
            head: 'signed in',
            cell: ({ envelope, seq, author }) => (
              <code title={`${envelope} of ${author}`}>
                {seq}: {envelope.slice(0, 12)}…
              </code>
            ),
          },
        ]}
      />
    </Card>
  )
}

function Standing({ said: { state, effect } }: { readonly said: Said }) {
  if (effect === undefined) return <>{state}</>
  const { alone, shadow, held, disputedBy } = effect
  return (
    <>
      <Action action={alone} shadow={shadow} /> by itself
      {held === undefined ? '' : `; held: ${held}`}
      {disputedBy.length === 0 ? '' : `; disputed by ${disputedBy.map(plain).join(', ')}`}
    </>
  )
}

export function saysText(says: Said['says']): string {
  const text = (name: string) => String(says[name])
  switch (says['kind']) {
    case 'report': {
      const hand = says['firstHand'] === true ? 'first-hand' : 'second-hand'
      const marks = `${text('category')}, tlp ${text('tlp')}, pap ${text('pap')}`
      return `asks ${text('action')}, confidence ${text('confidence')}, ${hand}; ${marks}`
    }
    case 'sighting':
      return `sighting, ${text('count')} times`
    default:
      return `${text('kind')}: ${text('reason')}`
  }
}

/** Whom a wrong report has met. */
export function Met({ affected }: { readonly affected: Affected }) {
  const { lookUps, byAction, first, last } = affected
  const actions = Object.entries(byAction).map(([action, count]) => `${action} ${count}`)
  return (
    <Card title="Look-ups it has met here" wide>
      {lookUps === 0 || first === null || last === null ? (
        <Empty>None of the sample of the last 24 hours.</Empty>
      ) : (
        <p>
          {lookUps} in the last 24 hours, by a sample ({actions.join(', ')}): first{' '}
          <Time at={first} />, last <Time at={last} />.
        </p>
      )}
    </Card>
  )
}
