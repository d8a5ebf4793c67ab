/** Links and catch-up: what neighbours bring, and what is still to come. */
import { SECOND_MS } from '../core/limits.js'
import type { CatchUpStatus, Link, LinkState } from '../core/mesh-port.js'
import type { LiveState } from '../lookup/live-state.js'
import type { Families } from './families.js'
import { nameOf, WHO } from './who.js'

export interface MeshParts {
  readonly state: LiveState
  readonly links: () => readonly Link[]
  readonly catchUp: () => CatchUpStatus
  readonly copies: () => number
}

const LINK_STATES: readonly LinkState[] = ['up', 'down', 'refused', 'wrong-network']

export function showMesh(to: Families, { state, links, catchUp, copies }: MeshParts): void {
  to.gauge('tocsin_links', 'Admitted keys by the state of their link.', ['state'], (show) => {
    const states = links().map(({ link }) => link)
    for (const one of LINK_STATES) show(states.filter((link) => link === one).length, one)
  })
  const missing = 'Envelopes of a log that others have shown and we lack.'
  to.gauge('tocsin_missing_envelopes', missing, WHO, (show) => {
    for (const { author } of links()) show(0, ...nameOf(state, author))
    for (const { author, envelopes } of catchUp().missing ?? []) {
      show(envelopes, ...nameOf(state, author))
    }
  })
  to.gauge('tocsin_catch_up_sessions', 'Catch-up sessions now.', [], (show) =>
    show(catchUp().running),
  )
  const level = 'When a catch-up session last ended with both sides level.'
  to.gauge('tocsin_catch_up_level_timestamp_seconds', level, [], (show) => {
    const { lastMs } = catchUp()
    if (lastMs !== undefined) show(lastMs / SECOND_MS)
  })
  const copied = 'Messages that gossip brought, each copy of each.'
  to.counter('tocsin_gossip_copies_total', copied, [], (show) => show(copies()))
  const brought = 'Envelopes that a neighbour brought, by outcome.'
  to.counter('tocsin_envelopes_total', brought, [...WHO, 'outcome', 'code'], (show) => {
    for (const { author, counts } of links()) {
      for (const [key, count] of Object.entries(counts)) {
        const [outcome, code = ''] = key.split(':')
        show(count, ...nameOf(state, author), outcome!, code)
      }
    }
  })
}
