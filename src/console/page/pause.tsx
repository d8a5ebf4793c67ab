/** In an emergency: no verdict is more than observe, or nothing new leaves; and the end of it. */
import { useState } from 'preact/hooks'
import { ask, useAsked } from './ask.js'
import { Choice, Confirm, Field } from './form.js'
import { Card, Foreign, Problem, Time, Waiting } from './shown.js'
import type { Status } from './status.js'

const WHATS = [
  ['enforce', 'Enforcement', 'no verdict is more than observe; gateways let everybody pass'],
  ['publish', 'Publishing', 'nothing new leaves this node; what takes back still does'],
] as const

export function PausePage() {
  const { body: status, error, again } = useAsked<Status>('/v1/status', 2_000)
  const [pausing, setPausing] = useState<(typeof WHATS)[number]>()
  if (status === undefined) return error === undefined ? <Waiting /> : <Problem error={error} />
  const resume = (what: string) => ask('POST', '/v1/admin/resume', { what }).then(again)
  return (
    <div class="cards">
      {WHATS.map((one) => {
        const [what, title, effect] = one
        const paused = status.paused?.[what]
        return (
          <Card key={what} title={title}>
            {paused === undefined ? (
              <>
                <p>Goes on. Paused: {effect}.</p>
                <p class="buttons">
                  <button type="button" class="grave" onClick={() => setPausing(one)}>
                    Pause {title.toLowerCase()}
                  </button>
                </p>
              </>
            ) : (
              <>
                <p>
                  <strong>Paused</strong> since <Time at={paused.since} /> by{' '}
                  <Foreign text={paused.by} />
                  {paused.until === undefined ? '' : ', until '}
                  {paused.until === undefined ? '' : <Time at={paused.until} />}:{' '}
                  <Foreign text={paused.reason} />
                </p>
                <p class="buttons">
                  <button type="button" class="main" onClick={() => void resume(what)}>
                    Resume {title.toLowerCase()}
                  </button>
                </p>
              </>
            )}
          </Card>
        )
      })}
      {pausing === undefined ? null : (
        <PauseDialog of={pausing} onDone={again} onClose={() => setPausing(undefined)} />
      )}
    </div>
  )
}

function PauseDialog({
  of: [what, title, effect],
  onDone,
  onClose,
}: {
  readonly of: (typeof WHATS)[number]
  readonly onDone: () => void
  readonly onClose: () => void
}) {
  const [reason, setReason] = useState('')
  const [span, setSpan] = useState('1h')
  const work = async () => {
    const body = { what, reason: reason.trim() }
    await ask('POST', '/v1/admin/pause', span === '' ? body : { ...body, for: span })
    onDone()
  }
  return (
    <Confirm
      title={`Pause ${title.toLowerCase()}`}
      verb="Pause"
      ready={reason.trim() !== ''}
      onDone={work}
      onClose={onClose}
    >
      <p>From now on {effect}.</p>
      <Field
        label="Reason"
        value={reason}
        onChange={setReason}
        required
        hint="Everybody who looks is shown it."
      />
      <Choice
        label="How long"
        value={span}
        onChange={setSpan}
        of={[
          ['15m', '15 minutes'],
          ['1h', 'an hour'],
          ['24h', 'a day'],
          ['', 'until it is resumed'],
        ]}
      />
    </Confirm>
  )
}
