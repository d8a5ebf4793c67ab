/** What never acts here: single values with their reasons, and the warning lists in force. */
import { useState } from 'preact/hooks'
import { ask, useAsked } from './ask.js'
import { Confirm } from './form.js'
import { Card, Empty, Foreign, Problem, Table, Time, Value, Waiting } from './shown.js'

interface Entry {
  readonly type: string
  readonly value: string
  readonly reason: string
  readonly until?: string
  readonly over?: boolean
  readonly request: boolean
  readonly addedAt: string
  readonly by: string
}

interface Lists {
  readonly entries: readonly Entry[]
  readonly lists: readonly {
    readonly name: string
    readonly as: string
    readonly networks: number
    readonly domains: number
    readonly shipped: boolean
    readonly inForce: boolean
  }[]
}

export function ListsPage() {
  const { body, error, again } = useAsked<Lists>('/v1/allowlist', 10_000)
  const [removing, setRemoving] = useState<Entry>()
  if (body === undefined) return error === undefined ? <Waiting /> : <Problem error={error} />
  const remove = async () => {
    const { type, value } = removing!
    await ask('DELETE', '/v1/allowlist', { type, value })
    again()
  }
  return (
    <div class="cards">
      <Card title="Allowed" wide>
        {body.entries.length === 0 ? (
          <Empty>
            Nothing is allowed by hand. <a href="#/search">Look a value up</a> to allow it.
          </Empty>
        ) : (
          <Entries entries={body.entries} onRemove={setRemoving} />
        )}
      </Card>
      <Card title="Warning lists" wide>
        <WarningLists lists={body.lists} />
      </Card>
      {removing === undefined ? null : (
        <Confirm
          title="Allow it no longer"
          verb="Remove"
          onDone={remove}
          onClose={() => setRemoving(undefined)}
        >
          <p>
            What is reported about <Value {...removing} /> acts again at once, as policy has it.
          </p>
        </Confirm>
      )}
    </div>
  )
}

function Entries({
  entries,
  onRemove,
}: {
  readonly entries: readonly Entry[]
  readonly onRemove: (entry: Entry) => void
}) {
  return (
    <Table
      label="Allowed values"
      rows={entries}
      columns={[
        { head: 'type', cell: ({ type }) => type },
        { head: 'value', cell: ({ type, value }) => <Value type={type} value={value} /> },
        { head: 'how far', cell: ({ request }) => (request ? 'the whole request' : 'this value') },
        { head: 'reason', cell: ({ reason }) => <Foreign text={reason} /> },
        {
          head: 'until',
          cell: ({ until, over }) =>
            until === undefined ? 'removed' : over === true ? 'over' : <Time at={until} />,
        },
        { head: 'added', cell: ({ addedAt }) => <Time at={addedAt} /> },
        { head: 'by', cell: ({ by }) => <Foreign text={by} /> },
        {
          head: 'change',
          cell: (entry) => (
            <button type="button" onClick={() => onRemove(entry)}>
              Remove
            </button>
          ),
        },
      ]}
    />
  )
}

function WarningLists({ lists }: { readonly lists: Lists['lists'] }) {
  return (
    <Table
      label="Warning lists"
      rows={lists}
      columns={[
        { head: 'list', cell: ({ name }) => <Foreign text={name} /> },
        { head: 'values', isNumber: true, cell: (list) => list.networks + list.domains },
        {
          head: 'does',
          cell: ({ as }) => (as === 'never' ? 'never acts' : 'caps at throttle'),
        },
        { head: 'from', cell: ({ shipped }) => (shipped ? 'the package' : 'you') },
        { head: 'in force', cell: ({ inForce }) => (inForce ? 'yes' : 'no') },
      ]}
    />
  )
}
