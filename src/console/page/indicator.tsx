/** One indicator: who says what, what comes of it, and everything an operator may do about it. */
import { useEffect, useState } from 'preact/hooks'
import { ask, type Refused } from './ask.js'
import { Actions } from './actions.js'
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

/** As of now, kept up every few seconds; anything done here asks again at once. */
function useExplanation<Body>(method: 'GET' | 'POST', path: string, body?: object) {
  const [answer, setAnswer] = useState<Body>()
  const [error, setError] = useState<Refused>()
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const gone = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      try {
        setAnswer(await ask<Body>(method, path, body, gone.signal))
        setError(undefined)
      } catch (refusal) {
        if (gone.signal.aborted) return
        setError(refusal as Refused)
      }
      timer = setTimeout(() => void look(), 5_000)
    }
    void look()
    return () => {
      gone.abort()
      clearTimeout(timer)
    }
  }, [path, JSON.stringify(body), turn])
  return { answer, error, again: () => setTurn((held) => held + 1) }
}

export function IndicatorPage({ type, value }: { readonly type: string; readonly value: string }) {
  const body = { type, value: asked(type, value) }
  const { answer, error, again } = useExplanation<Explanation>('POST', '/v1/explain', body)
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
  const { answer, error, again } = useExplanation<Decided>('GET', path)
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
