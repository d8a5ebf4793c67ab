/** What a commit counts as in `Activity`: who said how many statements of which kind, how late. */
import type { Envelope } from '../core/envelope.js'
import type { AuthorId } from '../core/identity.js'
import type { Origin } from '../core/ports.js'
import { SAID_KINDS, type Activity, type SaidKind } from '../lookup/activity.js'

/**
 * Notes envelopes of one author that are visible since `now`. Void statements are counted
 * elsewhere (`lookup/void-counts`).
 *
 * A lag is noted of what came by gossip alone: that is what reaches us while it is said. Catch-up
 * brings what may be months old, and how long that took says for how long a node was away. It may
 * bring what gossip has just lost, too; nothing in an envelope tells one from the other.
 *
 * What we had said and fetch back from others, after a restore, neither came nor went.
 */
export function noteCommitted(
  activity: Activity,
  envelopes: readonly Envelope[],
  { via, own, now }: { readonly via: Origin['via']; readonly own: AuthorId; readonly now: number },
): void {
  for (const { author, time, statements } of envelopes) {
    if (author === own && via !== 'own') continue
    const direction = author === own ? 'out' : 'in'
    const lag = via === 'gossip' ? { lagMs: Math.max(0, now - time) } : {}
    const counts: Record<SaidKind | 'void', number> = { ...NONE }
    for (const { kind } of statements) counts[kind]++
    for (const kind of SAID_KINDS) {
      const count = counts[kind]
      if (count > 0) activity.note({ direction, kind, count, ...lag }, now)
    }
  }
}

const NONE = { report: 0, revocation: 0, sighting: 0, dispute: 0, void: 0 } as const
