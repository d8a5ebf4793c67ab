/**
 * What verdicts rest on besides the change feed: who this node is, the policy in force, the lists
 * of its package, and its own addresses. Small, changed seldom, and told whole to whoever follows
 * the feed.
 */
import { createHash } from 'node:crypto'
import type { AuthorId } from '../core/identity.js'
import type { WarningList } from '../core/own-rows.js'
import { GuardBook } from '../policy/guards.js'
import { OwnHosts } from '../policy/own-hosts.js'
import type { Policy } from '../policy/rules.js'
import type { LiveState } from './live-state.js'

export interface Context {
  readonly networkId: string
  readonly own: AuthorId
  readonly name: string
  readonly policy: Policy
  readonly shipped: readonly WarningList[]
  /** Multiaddrs under which this node is reached. */
  readonly addresses: readonly string[]
}

/** Names a context; hex. */
export function contextHash(context: Context): string {
  return createHash('sha256').update(JSON.stringify(context)).digest('hex').slice(0, 16)
}

/** What this operator never acts on and never publishes. */
export function guardsOf(
  state: LiveState,
  context: () => Pick<Context, 'policy' | 'addresses' | 'shipped'>,
): GuardBook {
  const hosts = new OwnHosts(
    () => [
      ...context().addresses,
      ...state.roster.members.flatMap((member) => member.keys.flatMap((key) => key.addresses)),
    ],
    () => state.rosterRevision,
  )
  return new GuardBook({
    rows: state.lists,
    shipped: context().shipped,
    hosts: (now) => hosts.at(now),
    policy: () => context().policy,
  })
}
