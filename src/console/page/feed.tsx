/** Every statement as it comes, newest first: the node answers once there is more. */
import { useEffect, useState } from 'preact/hooks'
import type { Refused } from './ask.js'
import { get } from './ask.js'
import { Action, Empty, Foreign, Problem, Table, Time, Value, Waiting } from './shown.js'

interface Entry {
  readonly number: number
  readonly member: string | null
  readonly peerId: string
  readonly isOwn: boolean
  readonly saidAt: string
  readonly envelope: string
  readonly index: number
  readonly void?: string
  readonly says?: Readonly<Record<string, unknown>>
}

interface Page {
  readonly entries: readonly Entry[]
  readonly cursor: string
}

/** More is not looked at, and costs the browser. */
const KEPT = 300
const AGAIN_MS = 2_000

function useFeed(isPaused: boolean) {
  const [entries, setEntries] = useState<readonly Entry[]>()
  const [error, setError] = useState<Refused>()
  const [cursor, setCursor] = useState<string>()
  useEffect(() => {
    if (isPaused) return
    const gone = new AbortController()
    const follow = async () => {
      let at = cursor
      while (!gone.signal.aborted) {
        try {
          const query = at === undefined ? 'tail=100' : `cursor=${at}&wait=25s`
          const page = await get<Page>(`/v1/log?${query}`, gone.signal)
          at = page.cursor
          setCursor(at)
          const fresh = [...page.entries].reverse()
          setEntries((held = []) => [...fresh, ...held].slice(0, KEPT))
          setError(undefined)
        } catch (refusal) {
          if (gone.signal.aborted) return
          setError(refusal as Refused)
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
        }
      }
    }
    void follow()
    return () => gone.abort()
  }, [isPaused])
  return { entries, error }
}

export function FeedPage() {
  const [isPaused, setPaused] = useState(false)
  const { entries, error } = useFeed(isPaused)
  return (
    <>
      <p class="buttons">
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Hold still'}
        </button>
      </p>
      <Problem error={error} />
      {entries === undefined ? (
        <Waiting />
      ) : entries.length === 0 ? (
        <Empty>Nobody has said anything yet. What members report appears here by itself.</Empty>
      ) : (
        <Entries entries={entries} />
      )}
    </>
  )
}

function Entries({ entries }: { readonly entries: readonly Entry[] }) {
  return (
    <Table
      label="What was said, newest first"
      rows={entries}
      columns={[
        { head: 'said', cell: ({ saidAt }) => <Time at={saidAt} /> },
        { head: 'by', cell: (entry) => <Author entry={entry} /> },
        {
          head: 'what',
          cell: ({ says, void: code }) =>
            (code === undefined ? says?.['kind'] : `void: ${code}`) as string,
        },
        { head: 'type', cell: ({ says }) => String(says?.['type'] ?? '') },
        {
          head: 'value',
          cell: ({ says }) =>
            says === undefined ? null : (
              <Value type={String(says['type'])} value={String(says['value'])} />
            ),
        },
        { head: 'says', cell: ({ says }) => <Says says={says} /> },
      ]}
    />
  )
}

function Author({ entry: { member, peerId, isOwn } }: { readonly entry: Entry }) {
  if (isOwn) return <em>we</em>
  return member === null ? <code title="not a member">{peerId}</code> : <Foreign text={member} />
}

function Says({ says }: { readonly says: Entry['says'] }) {
  if (says === undefined) return null
  if (says['kind'] !== 'report') return <>{String(says['reason'] ?? says['count'] ?? '')}</>
  const hand = says['firstHand'] === true ? 'first-hand' : 'second-hand'
  return (
    <>
      <Action action={String(says['action'])} /> {String(says['confidence'])} %, {hand},{' '}
      {String(says['category'])}
    </>
  )
}
