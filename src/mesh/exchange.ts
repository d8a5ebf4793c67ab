/**
 * Whose logs this node asks for, hands out and names: its own (a restored node gets it back) and
 * those of members that may speak.
 */
import type { AuthorId } from '../core/identity.js'
import type { Roster } from '../core/roster.js'

export function exchanges(roster: Roster, own: AuthorId, author: AuthorId): boolean {
  return author === own || roster.memberOf(author)?.role === 'member'
}
