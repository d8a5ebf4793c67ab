/**
 * Asks this node's API, as the browser that the operator let in. A refusal is thrown with its
 * stable code; a session that is over leads back to the door.
 */
import { useEffect, useState } from 'preact/hooks'

export class Refused extends Error {
  constructor(
    readonly code: string,
    text: string,
    readonly body: Readonly<Record<string, unknown>> = {},
  ) {
    super(text)
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export async function ask<Body>(
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Body> {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error
    throw new Refused('no-node', 'The node does not answer. Is it running?')
  })
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>
  if (response.ok) return answer as Body
  if (response.status === 401) location.reload()
  const { code = `http-${response.status}`, title = '', detail } = answer
  const text = [title, detail].filter((part) => part !== undefined).join(': ')
  throw new Refused(String(code), text, answer)
}

export const get = <Body>(path: string, signal?: AbortSignal) =>
  ask<Body>('GET', path, undefined, signal)

export interface Asked<Body> {
  readonly body: Body | undefined
  readonly error: Refused | undefined
  /** Asks again, now. */
  again(): void
}

/**
 * An answer that is kept up, or asked for once; what was answered last stays while the node cannot
 * be asked.
 */
export function useAsked<Body>(
  path: string,
  everyMs?: number,
  { method = 'GET', body: sent }: { readonly method?: Method; readonly body?: unknown } = {},
): Asked<Body> {
  const question = `${method} ${path} ${JSON.stringify(sent)}`
  const [answer, setAnswer] = useState<{ readonly to: string; readonly body: Body }>()
  const [error, setError] = useState<Refused>()
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const gone = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async () => {
      try {
        setAnswer({ to: question, body: await ask<Body>(method, path, sent, gone.signal) })
        setError(undefined)
      } catch (refusal) {
        if (gone.signal.aborted) return
        setError(refusal as Refused)
      }
      if (everyMs !== undefined) timer = setTimeout(() => void look(), everyMs)
    }
    void look()
    return () => {
      gone.abort()
      clearTimeout(timer)
    }
  }, [question, everyMs, turn])
  const again = () => setTurn((held) => held + 1)
  return { body: answer?.to === question ? answer.body : undefined, error, again }
}

/** Work that a button starts: whether it is under way, and how it was refused. */
export function useWork(): {
  readonly busy: boolean
  readonly error: Refused | undefined
  run(work: () => Promise<void>): Promise<void>
} {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<Refused>()
  const run = async (work: () => Promise<void>) => {
    setBusy(true)
    setError(undefined)
    try {
      await work()
    } catch (refusal) {
      setError(refusal as Refused)
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run }
}
