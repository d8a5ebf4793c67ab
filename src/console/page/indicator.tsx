/** One indicator: who says what, what comes of it, and everything an operator may do about it. */
import { Actions } from './actions.js'
import { useAsked } from './ask.js'
import { Explained, type Explanation } from './explained.js'
import { Action, asked, Card, Problem, Time, Value, Waiting } from './shown.js'

interface Decided {
  readonly decision: {
    readonly at: string
    readonly action: string
    readonly asked: readonly { readonly type: string; readonly value: string }[]
  }
  readonly since: { readonly policyChanged: boolean; readonly said: readonly unknown[] }
  readonly explanations: readonly Explanation[]
}

/** As of now; anything done here asks again at once. */
const KEPT_UP_MS = 5_000

export function IndicatorPage({ type, value }: { readonly type: string; readonly value: string }) {
  const body = { type, value: asked(type, value) }
  const method = 'POST'
  const { body: answer, ...rest } = useAsked<Explanation>('/v1/explain', KEPT_UP_MS, {
    method,
    body,
  })
  const { error, again } = rest
  return (
    <>
      <Problem error={error} />
      {answer === undefined ? (
        error === undefined ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <Actions explanation={answer} onDone={again} />
          <div class="cards">
            <Explained explanation={answer} />
          </div>
        </>
      )}
    </>
  )
}

export function DecisionPage({ id }: { readonly id: string }) {
  const path = `/v1/decisions/by-id/${encodeURIComponent(id)}`
  const { body: answer, error, again } = useAsked<Decided>(path, KEPT_UP_MS)
  if (answer === undefined) return error === undefined ? <Waiting /> : <Problem error={error} />
  const { decision, since, explanations } = answer
  return (
    <>
      <Problem error={error} />
      <Card title="Decided" wide>
        <p>
          <Action action={decision.action} /> <Time at={decision.at} /> on{' '}
          {decision.asked.map(({ type, value }) => (
            <span key={value}>
              {type} <Value type={type} value={value} />{' '}
            </span>
          ))}
        </p>
        <p>
          {since.policyChanged ? 'The policy has changed since. ' : ''}
          {since.said.length === 0
            ? 'Nothing has been said since; below is how it is now.'
            : `${since.said.length} statements have come since; below is how it is now.`}
        </p>
      </Card>
      {explanations.map((explanation) => (
        <section key={explanation.verdict.value}>
          <Actions explanation={explanation} onDone={again} />
          <div class="cards">
            <Explained explanation={explanation} />
          </div>
        </section>
      ))}
    </>
  )
}
