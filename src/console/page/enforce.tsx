/** Takes something out of shadow: shows what the policy would turn with it, then applies that. */
import { useEffect, useState } from 'preact/hooks'
import { ask, type Refused, useAsked } from './ask.js'
import type { Explanation } from './explained.js'
import { Choice, Confirm } from './form.js'
import { FlipTable, type Trial } from './flips.js'
import { Problem, Waiting } from './shown.js'

interface Policy {
  readonly text: string
  readonly changed: boolean
}

/** Each as a choice: what it is called, and what the API is asked for. */
function choicesOf({ verdict, keys }: Explanation) {
  const members = new Set(
    keys.flatMap(({ said }) =>
      said.flatMap(({ member, effect }) =>
        effect?.shadow === true && member !== null ? [member] : [],
      ),
    ),
  )
  return new Map<string, { readonly text: string; readonly body: object }>([
    ['type', { text: `the type ${verdict.type}`, body: { type: verdict.type } }],
    ...[...members].map((member) => {
      const text = `what ${member} reports`
      return [`member ${member}`, { text, body: { member } }] as const
    }),
    ['all', { text: 'everything: the whole policy', body: { all: true } }],
  ])
}

export function EnforceDialog({
  explanation,
  onDone,
  onClose,
}: {
  readonly explanation: Explanation
  readonly onDone: () => void
  readonly onClose: () => void
}) {
  const choices = choicesOf(explanation)
  const [choice, setChoice] = useState('type')
  const { policy, trial, error } = useTrial(choices.get(choice)!.body)
  const work = async () => {
    await ask('PUT', '/v1/policy', { text: policy?.text })
    onDone()
  }
  return (
    <Confirm
      title="Shadow → enforce"
      verb="Enforce"
      ready={policy?.changed === true && trial !== undefined}
      onDone={work}
      onClose={onClose}
    >
      <Choice
        label="What is to act"
        value={choice}
        onChange={setChoice}
        of={[...choices].map(([name, { text }]) => [name, text])}
      />
      <Problem error={error} />
      {policy?.changed === false ? <p>The policy has no such thing in shadow.</p> : null}
      {policy?.changed === true && trial === undefined && error === undefined ? <Waiting /> : null}
      {trial === undefined ? null : <FlipTable trial={trial} />}
      <PackagedNote />
    </Confirm>
  )
}

function useTrial(body: object) {
  const [policy, setPolicy] = useState<Policy>()
  const [trial, setTrial] = useState<Trial>()
  const [error, setError] = useState<Refused>()
  useEffect(() => {
    const gone = new AbortController()
    const look = async () => {
      setPolicy(undefined)
      setTrial(undefined)
      setError(undefined)
      try {
        const made = await ask<Policy>('POST', '/v1/policy/enforcing', body, gone.signal)
        setPolicy(made)
        if (!made.changed) return
        const { text } = made
        setTrial(await ask<Trial>('POST', '/v1/policy/test', { text }, gone.signal))
      } catch (refusal) {
        if (!gone.signal.aborted) setError(refusal as Refused)
      }
    }
    void look()
    return () => gone.abort()
  }, [JSON.stringify(body)])
  return { policy, trial, error }
}

/** A policy that came with the package has no file of the operator's to write to. */
export function PackagedNote() {
  const { body } = useAsked<{ readonly source: string; readonly path: string }>('/v1/policy')
  if (body?.source !== 'packaged') return null
  return (
    <p>
      <small>
        The packaged policy is in force. What you apply is written to <code>{body.path}</code>.
      </small>
    </p>
  )
}
