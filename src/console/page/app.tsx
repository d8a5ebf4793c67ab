/** The console: the page that the address names, the others, and what must not be missed. */
import { render, type ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ask, useAsked } from './ask.js'
import { FeedPage } from './feed.js'
import { DecisionPage, IndicatorPage } from './indicator.js'
import { LedgerPage } from './ledger.js'
import { ListsPage } from './lists.js'
import { MembersPage } from './members.js'
import { MeshPage } from './mesh.js'
import { OverviewPage } from './overview.js'
import { PausePage } from './pause.js'
import { PolicyPage } from './policy.js'
import { QueuePage } from './queue.js'
import { SearchPage } from './search.js'
import { Foreign, plain, Problem, Time } from './shown.js'
import type { Status } from './status.js'

const PAGES: readonly (readonly [path: string, name: string, page: () => ComponentChildren])[] = [
  ['', 'Overview', () => <OverviewPage />],
  ['search', 'Search', () => <SearchPage />],
  ['feed', 'Live feed', () => <FeedPage />],
  ['queue', 'Held and disputed', () => <QueuePage />],
  ['mesh', 'Mesh', () => <MeshPage />],
  ['members', 'Members', () => <MembersPage />],
  ['policy', 'Policy', () => <PolicyPage />],
  ['lists', 'Allowed and listed', () => <ListsPage />],
  ['ledger', 'What left', () => <LedgerPage />],
  ['pause', 'Pause', () => <PausePage />],
]

function pageOf(address: string): readonly [name: string, page: ComponentChildren] {
  const [path = '', ...rest] = address.replace(/^#\/?/, '').split('/').map(decoded)
  const [first = '', ...others] = rest
  if (path === 'indicator') {
    const value = others.join('/')
    return ['Indicator', <IndicatorPage key={address} type={first} value={value} />]
  }
  if (path === 'decision') return ['Decision', <DecisionPage key={address} id={first} />]
  const known = PAGES.find(([one]) => one === path)
  return known === undefined
    ? ['Not found', <p class="empty">There is no such page. The list of pages has them all.</p>]
    : [known[1], known[2]()]
}

/** An address that somebody typed may not be one. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function useAddress(): string {
  const [address, setAddress] = useState(location.hash)
  useEffect(() => {
    const changed = () => setAddress(location.hash)
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return address
}

function Console() {
  const address = useAddress()
  const [name, page] = pageOf(address)
  const { body: status, error } = useAsked<Status>('/v1/status', 5_000)
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  useEffect(() => {
    document.title = `${name} · ${plain(status?.name ?? 'Tocsin')}`
  }, [name, status?.name])
  // Whoever cannot see that the page changed hears its name.
  useEffect(() => {
    if (!first.current) main.current?.focus()
    first.current = false
  }, [address])
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        To the page
      </a>
      <Header status={status} address={address} />
      <main id="main" tabIndex={-1} ref={main}>
        <Problem error={error} />
        <Banner status={status} />
        <h1>{name}</h1>
        {page}
      </main>
    </>
  )
}

function Header({
  status,
  address,
}: {
  readonly status: Status | undefined
  readonly address: string
}) {
  const at = address.replace(/^#\/?/, '').split('/')[0]
  const leave = () => ask('POST', '/v1/console/leave').then(() => location.reload())
  return (
    <header>
      <p class="who">
        <img src="/console/tocsin.svg" alt="" width="28" height="28" />
        <strong>
          <Foreign text={status?.name ?? 'Tocsin'} />
        </strong>
        {status === undefined ? null : (
          <span class={`freshness ${status.freshness}`}>{status.freshness}</span>
        )}
      </p>
      <nav aria-label="Pages">
        <ul>
          {PAGES.map(([path, name]) => (
            <li key={path}>
              <a href={`#/${path}`} aria-current={path === at ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <button type="button" class="leave" onClick={() => void leave()}>
        Leave
      </button>
    </header>
  )
}

/** What changes the meaning of everything below it. */
function Banner({ status }: { readonly status: Status | undefined }) {
  if (status === undefined) return null
  const paused = Object.entries(status.paused ?? {})
  return (
    <>
      {paused.map(([what, { since, until, reason, by }]) => (
        <p class="banner" role="alert" key={what}>
          <strong>
            {what === 'enforce'
              ? 'Enforcement is paused: no verdict is more than observe.'
              : 'Publishing is paused: nothing new leaves.'}
          </strong>{' '}
          Since <Time at={since} />
          {until === undefined ? ', until it is resumed' : ', until '}
          {until === undefined ? '' : <Time at={until} />}, by <Foreign text={by} />:{' '}
          <Foreign text={reason} /> <a href="#/pause">Resume</a>
        </p>
      ))}
      {status.policyErrors.length === 0 ? null : (
        <p class="banner" role="alert">
          <strong>The policy file has mistakes;</strong> the last good one is in force.{' '}
          <a href="#/policy">Policy</a>
        </p>
      )}
      {status.disk.ok ? null : (
        <p class="banner" role="alert">
          <strong>Nothing can be written to the disk</strong> ({status.disk.code ?? 'fault'}).
          Look-ups go on; reports are refused until there is room.
        </p>
      )}
    </>
  )
}

render(<Console />, document.querySelector('#app')!)
