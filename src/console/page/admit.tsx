/** Admitting a member: its card, then its fingerprint to compare by voice and what it would do. */
import { useState } from 'preact/hooks'
import { ask, type Refused, useWork } from './ask.js'
import { FlipTable, type Trial } from './flips.js'
import { Choice, Confirm, Field } from './form.js'
import type { Member } from './members.js'
import { Foreign, Problem } from './shown.js'

export interface Effect {
  readonly liveClaims: number
  readonly text: string
  readonly flips: Trial
}

const TRUST_TEXTS = [
  ['observe', 'observe: recorded, never acts'],
  ['corroborate', 'corroborate: alone up to throttle; counts in a quorum'],
  ['trusted', 'trusted: alone up to what its type allows'],
] as const
const ROLE_TEXTS = [
  ['member', 'member: is heard'],
  ['observer', 'observer: receives, and is not heard'],
] as const

export function TrustChoice(props: { value: string; onChange: (value: string) => void }) {
  return <Choice label="Trust" {...props} of={TRUST_TEXTS} />
}

export function RoleChoice(props: { value: string; onChange: (value: string) => void }) {
  return <Choice label="Role" {...props} of={ROLE_TEXTS} />
}

interface Asking {
  readonly card: string
  readonly name: string
  readonly role: string
  readonly trust: string
  readonly newOrganisation?: true
}

const NOBODY: Asking = { card: '', name: '', role: 'member', trust: 'corroborate' }

/** What is asked, and what it would do as soon as that is known; another card is not known. */
function useAdmission() {
  const [asking, setAsking] = useState<Asking>(NOBODY)
  const [seen, setSeen] = useState<{ readonly member: Member; readonly effect: Effect }>()
  const { busy, error, run } = useWork()
  const change = (part: Partial<Asking>) => {
    setSeen(undefined)
    setAsking({ ...asking, ...part })
  }
  const { name, ...rest } = asking
  const body = name.trim() === '' ? rest : { ...rest, name: name.trim() }
  const look = () => run(async () => setSeen(await ask('POST', '/v1/members?preview=yes', body)))
  return { asking, body, change, look, seen, busy, error }
}

export function AdmitDialog({
  onDone,
  onClose,
}: {
  readonly onDone: () => void
  readonly onClose: () => void
}) {
  const { asking, body, change, look, seen, busy, error } = useAdmission()
  const admit = async () => {
    await ask('POST', '/v1/members', body)
    onDone()
  }
  return (
    <Confirm
      title="Admit a member"
      verb="Admit"
      ready={seen !== undefined}
      onDone={admit}
      onClose={onClose}
    >
      <Field
        label="Card"
        value={asking.card}
        onChange={(card) => change({ card: card.trim() })}
        required
        placeholder="tocsin:12D3KooW…@/ip4/…"
        hint="From the other lab’s operator: tocsin id"
      />
      <Field
        label="Name"
        value={asking.name}
        onChange={(name) => change({ name })}
        hint="As the card has it, if empty. An existing member’s name adds the key to it."
      />
      <RoleChoice value={asking.role} onChange={(role) => change({ role })} />
      <TrustChoice value={asking.trust} onChange={(trust) => change({ trust })} />
      <Neighbour
        error={error}
        isAnother={asking.newOrganisation === true}
        onAnother={() => change({ newOrganisation: true })}
      />
      <p class="buttons">
        <button type="button" disabled={busy || asking.card === ''} onClick={() => void look()}>
          Show what it would do
        </button>
      </p>
      {seen === undefined ? null : <Seen of={seen} />}
    </Confirm>
  )
}

/** One lab under two names would be its own quorum, so that this is said by hand. */
function Neighbour({
  error,
  isAnother,
  onAnother,
}: {
  readonly error: Refused | undefined
  readonly isAnother: boolean
  readonly onAnother: () => void
}) {
  if (error?.code !== 'address-of-a-member') return <Problem error={error} />
  return (
    <>
      <Problem error={error} />
      <p>
        <label>
          <input type="checkbox" checked={isAnother} onChange={onAnother} /> It is another
          organisation all the same
        </label>
      </p>
    </>
  )
}

function Seen({
  of: { member, effect },
}: {
  readonly of: { readonly member: Member; readonly effect: Effect }
}) {
  return (
    <div class="seen" aria-live="polite">
      <h3>
        <Foreign text={member.name} />
      </h3>
      {member.keys.map(({ peerId, words, addresses }) => (
        <p key={peerId}>
          Compare by voice before you admit it:
          <strong class="words">{words}</strong>
          <small>
            {peerId}, at {addresses.length === 0 ? 'no known address' : addresses.join(', ')}
          </small>
        </p>
      ))}
      <p>
        <Foreign text={effect.text} />.
      </p>
      <FlipTable trial={effect.flips} />
    </div>
  )
}
