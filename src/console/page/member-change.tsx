/** Changing a member's trust or removing it: what that turns is worked out first. */
import { useState } from 'preact/hooks'
import { ask, useAsked } from './ask.js'
import { RoleChoice, TrustChoice, type Effect } from './admit.js'
import { FlipTable } from './flips.js'
import { Confirm } from './form.js'
import type { Member } from './members.js'
import { Foreign, Problem, Waiting } from './shown.js'

interface ChangeOptions {
  readonly member: Member
  readonly onDone: () => void
  readonly onClose: () => void
}

const addressOf = ({ name }: Member) => `/v1/members/${encodeURIComponent(name)}`

/** What the change would do; asked again where it is another one. */
function usePreview(member: Member, method: 'PUT' | 'DELETE', body?: object) {
  const path = `${addressOf(member)}?preview=yes`
  const asked = useAsked<{ readonly effect: Effect }>(path, undefined, { method, body })
  return { effect: asked.body?.effect, error: asked.error }
}

export function TrustDialog({ member, onDone, onClose }: ChangeOptions) {
  const [trust, setTrust] = useState(member.trust)
  const [role, setRole] = useState(member.role)
  const { effect, error } = usePreview(member, 'PUT', { trust, role })
  const work = async () => {
    await ask('PUT', addressOf(member), { trust, role })
    onDone()
  }
  return (
    <Confirm
      title="Trust"
      verb="Change"
      ready={effect !== undefined && (trust !== member.trust || role !== member.role)}
      onDone={work}
      onClose={onClose}
    >
      <p>
        How far what <Foreign text={member.name} /> says acts here. Nobody else is told.
      </p>
      <TrustChoice value={trust} onChange={setTrust} />
      <RoleChoice value={role} onChange={setRole} />
      <Problem error={error} />
      {effect === undefined ? <Waiting /> : <Told effect={effect} />}
    </Confirm>
  )
}

export function RemoveDialog({ member, onDone, onClose }: ChangeOptions) {
  const { effect, error } = usePreview(member, 'DELETE')
  const work = async () => {
    await ask('DELETE', addressOf(member))
    onDone()
  }
  return (
    <Confirm
      title="Remove a member"
      verb="Remove"
      ready={effect !== undefined}
      onDone={work}
      onClose={onClose}
    >
      <p>
        <Foreign text={member.name} /> is neither heard nor told from now on. It keeps what it has
        received, and the epoch keys it knows: rotate them afterwards (
        <code>tocsin federation rotate</code>).
      </p>
      <Problem error={error} />
      {effect === undefined ? <Waiting /> : <Told effect={effect} />}
    </Confirm>
  )
}

function Told({ effect }: { readonly effect: Effect }) {
  return (
    <>
      <p>
        <Foreign text={effect.text} />.
      </p>
      <FlipTable trial={effect.flips} />
    </>
  )
}
