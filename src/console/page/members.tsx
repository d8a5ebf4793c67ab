/** Whom this node hears; admitting, trusting and removing, each with its effect shown before. */
import { useState } from 'preact/hooks'
import { useAsked } from './ask.js'
import { AdmitDialog } from './admit.js'
import { RemoveDialog, TrustDialog } from './member-change.js'
import { Card, Empty, Foreign, Problem, Table, Time, Waiting } from './shown.js'

export interface Member {
  readonly name: string
  readonly role: string
  readonly trust: string
  readonly addedAt: string
  readonly keys: readonly {
    readonly peerId: string
    readonly words: string
    readonly addresses: readonly string[]
    readonly link: string
    readonly forked: boolean
  }[]
}

interface Own {
  readonly card: string
  readonly words: string
}

export function MembersPage() {
  const { body, error, again } = useAsked<{ readonly members: readonly Member[] }>(
    '/v1/members',
    5_000,
  )
  const [admitting, setAdmitting] = useState(false)
  const [trusting, setTrusting] = useState<Member>()
  const [removing, setRemoving] = useState<Member>()
  return (
    <>
      <p class="buttons">
        <button type="button" class="main" onClick={() => setAdmitting(true)}>
          Admit a member
        </button>
      </p>
      <Problem error={error} />
      {body === undefined ? (
        <Waiting />
      ) : body.members.length === 0 ? (
        <Empty>
          This node hears nobody yet. Ask another lab’s operator for its card (
          <code>tocsin id</code>), and give yours, below: each admits the other.
        </Empty>
      ) : (
        <Roster members={body.members} onTrust={setTrusting} onRemove={setRemoving} />
      )}
      <OurCard />
      {admitting ? <AdmitDialog onDone={again} onClose={() => setAdmitting(false)} /> : null}
      {trusting === undefined ? null : (
        <TrustDialog member={trusting} onDone={again} onClose={() => setTrusting(undefined)} />
      )}
      {removing === undefined ? null : (
        <RemoveDialog member={removing} onDone={again} onClose={() => setRemoving(undefined)} />
      )}
    </>
  )
}

function Roster({
  members,
  onTrust,
  onRemove,
}: {
  readonly members: readonly Member[]
  readonly onTrust: (member: Member) => void
  readonly onRemove: (member: Member) => void
}) {
  return (
    <Table
      label="Members"
      rows={members}
      columns={[
        { head: 'member', cell: ({ name }) => <Foreign text={name} /> },
        { head: 'role', cell: ({ role }) => role },
        { head: 'trust', cell: ({ trust }) => trust },
        {
          head: 'keys',
          cell: ({ keys }) =>
            keys.map(({ peerId, words, link, forked }) => (
              <div key={peerId}>
                <span class={`link ${link}`}>{link}</span>{' '}
                <span title={peerId}>{words.split(' ').slice(0, 2).join(' ')} …</span>
                {forked ? <strong> signed two histories</strong> : null}
              </div>
            )),
        },
        { head: 'since', cell: ({ addedAt }) => <Time at={addedAt} /> },
        {
          head: 'change',
          cell: (member) => (
            <span class="buttons">
              <button type="button" onClick={() => onTrust(member)}>
                Trust
              </button>
              <button type="button" onClick={() => onRemove(member)}>
                Remove
              </button>
            </span>
          ),
        },
      ]}
    />
  )
}

function OurCard() {
  const { body } = useAsked<Own>('/v1/id')
  if (body === undefined) return null
  return (
    <Card title="Our card" wide>
      <p>
        <code class="card-text">{body.card}</code>
      </p>
      <p>
        Read out, so that the other side can compare: <strong>{body.words}</strong>
      </p>
    </Card>
  )
}
