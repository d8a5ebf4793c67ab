/** The policy in force, and another one: what it would turn, before it comes into force. */
import { useState } from 'preact/hooks'
import { ask, useAsked, useWork } from './ask.js'
import { PackagedNote } from './enforce.js'
import { FlipTable, type Trial } from './flips.js'
import { Confirm } from './form.js'
import { Card, Facts, Foreign, Problem, Time, Waiting } from './shown.js'

interface Note {
  readonly key: string
  readonly message: string
}

interface Policy {
  readonly hash: string
  readonly since: string
  readonly source: string
  readonly path: string
  readonly warnings: readonly Note[]
  readonly errors: readonly Note[]
  readonly text: string
}

export function PolicyPage() {
  const { body: policy, error, again } = useAsked<Policy>('/v1/policy')
  if (policy === undefined) return error === undefined ? <Waiting /> : <Problem error={error} />
  return (
    <div class="cards">
      <Card title="In force" wide>
        <Facts
          rows={[
            ['hash', <code>{policy.hash}</code>],
            ['since', <Time at={policy.since} />],
            ['from', `${policy.source}: ${policy.path}`],
          ]}
        />
        <Notes what="Mistake" notes={policy.errors} />
        <Notes what="Note" notes={policy.warnings} />
        <PackagedNote />
      </Card>
      <Editor key={policy.hash} policy={policy} onApplied={again} />
    </div>
  )
}

function Notes({ what, notes }: { readonly what: string; readonly notes: readonly Note[] }) {
  if (notes.length === 0) return null
  return (
    <ul>
      {notes.map(({ key, message }) => (
        <li key={`${key} ${message}`}>
          {what}:{' '}
          <code>
            <Foreign text={key} />
          </code>{' '}
          <Foreign text={message} />
        </li>
      ))}
    </ul>
  )
}

function Editor({
  policy,
  onApplied,
}: {
  readonly policy: Policy
  readonly onApplied: () => void
}) {
  const [text, setText] = useState(policy.text)
  const [trial, setTrial] = useState<Trial>()
  const [applying, setApplying] = useState(false)
  const { busy, error, run } = useWork()
  const test = () =>
    run(async () => setTrial(await ask('POST', '/v1/policy/test?against=24h', { text })))
  const errors = (error?.body['errors'] ?? []) as readonly Note[]
  return (
    <Card title="What if" wide>
      <Text
        value={text}
        onChange={(value) => {
          setTrial(undefined)
          setText(value)
        }}
      />
      <Problem error={error} />
      <Notes what="Mistake" notes={errors} />
      <p class="buttons">
        <button type="button" disabled={busy} onClick={() => void test()}>
          Show what it would turn
        </button>
        <button
          type="button"
          class="main"
          disabled={trial === undefined || text === policy.text}
          onClick={() => setApplying(true)}
        >
          Put it in force
        </button>
      </p>
      {trial === undefined ? null : <FlipTable trial={trial} />}
      {applying && trial !== undefined ? (
        <ApplyDialog
          text={text}
          trial={trial}
          onDone={onApplied}
          onClose={() => setApplying(false)}
        />
      ) : null}
    </Card>
  )
}

function ApplyDialog({
  text,
  trial,
  onDone,
  onClose,
}: {
  readonly text: string
  readonly trial: Trial
  readonly onDone: () => void
  readonly onClose: () => void
}) {
  const apply = async () => {
    await ask('PUT', '/v1/policy', { text })
    onDone()
  }
  return (
    <Confirm title="Put it in force" verb="Put it in force" onDone={apply} onClose={onClose}>
      <FlipTable trial={trial} />
    </Confirm>
  )
}

function Text({
  value,
  onChange,
}: {
  readonly value: string
  readonly onChange: (value: string) => void
}) {
  return (
    <>
      <label for="policy-text">Another policy</label>
      <textarea
        id="policy-text"
        rows={24}
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </>
  )
}
