/** How the members stand: whether we hold what they say, and how long their word takes. */
import { SECOND_MS } from '../core/limits.js'
import type { Link } from '../core/mesh-port.js'
import type { LiveState } from '../lookup/live-state.js'
import type { Families } from './families.js'
import { nameOf, WHO } from './who.js'

export interface MemberParts {
  readonly state: LiveState
  readonly links: () => readonly Link[]
}

export function showMembers(to: Families, { state, links }: MemberParts): void {
  const members = 'Members one of whose keys is current, or none of whose is.'
  to.gauge('tocsin_members', members, ['current'], (show) => {
    const keys = new Set(links().flatMap((link) => (link.current ? [link.author] : [])))
    const all = state.roster.members.filter(({ role }) => role === 'member')
    const current = all.filter((one) => one.keys.some(({ author }) => keys.has(author)))
    show(current.length, 'yes')
    show(all.length - current.length, 'no')
  })
  const perLink = (name: string, help: string, read: (link: Link) => number | undefined) =>
    to.gauge(name, help, WHO, (show) => {
      for (const link of links()) {
        const value = read(link)
        if (value !== undefined) show(value, ...nameOf(state, link.author))
      }
    })
  const current = '1 where a beacon is recent and we hold what it names of its own log.'
  perLink('tocsin_member_current', current, (link) => Number(link.current))
  const quiet = '1 where a link is up and brings nothing while others are heard.'
  perLink('tocsin_member_quiet', quiet, (link) => Number(link.quiet))
  const age = 'Since the newest beacon of a key was heard.'
  perLink('tocsin_beacon_age_seconds', age, ({ beaconAgeMs }) => seconds(beaconAgeMs))
  const lag = 'Round trip of the last ping.'
  perLink('tocsin_link_lag_seconds', lag, ({ lagMs }) => seconds(lagMs))
  const applied = 'From our own log growing to the word that a key has applied it; at most.'
  perLink('tocsin_applied_lag_seconds', applied, (link) => seconds(link.appliedLagMs))
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / SECOND_MS
}
