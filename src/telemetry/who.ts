/** Whom a metric is about: the member as the roster has it, and the key. */
import { peerNameOf, type AuthorId } from '../core/identity.js'
import type { LiveState } from '../lookup/live-state.js'

export const WHO = ['member', 'peer'] as const

/** The member is empty where the key is no longer in the roster. */
export function nameOf(state: LiveState, author: AuthorId): [member: string, peer: string] {
  return [state.organisationOf(author) ?? '', peerNameOf(author)]
}
