/**
 * What an author that signed two histories said before may act again once the operator has released
 * its key, except on values that it revoked on any branch seen here: which of two branches it meant
 * nobody can tell, and a revocation is the safer one to believe.
 */
import type { AuthorId } from '../core/identity.js'
import type { IndicatorKey } from '../core/indicator.js'
import type { Member } from '../core/roster.js'
import { failed, fine, type Result } from '../core/outcome.js'
import type { LiveState } from './live-state.js'

/** Whether an author's word on a key is held back because its log has forked. */
export function isForkedOn(state: LiveState, author: AuthorId, key: IndicatorKey): boolean {
  if (!state.forks.has(author)) return false
  return !isReleased(state, author) || state.forkRevocations.has(author, key)
}

function isReleased({ roster }: LiveState, author: AuthorId): boolean {
  const keys = roster.memberOf(author)?.keys ?? []
  return keys.some((key) => key.author === author && key.released === true)
}

export type ReleaseCode = 'key-unknown' | 'key-not-forked' | 'new-key-needed'

/**
 * The member with one of its keys released, or not any more. Who has no other key than forked ones
 * has not been admitted again.
 */
export function releasing(
  state: LiveState,
  member: Member,
  author: AuthorId,
  released: boolean,
): Result<Member, ReleaseCode> {
  const held = member.keys.find((key) => key.author === author)
  if (held === undefined) return failed('key-unknown')
  if (!state.forks.has(author)) return failed('key-not-forked')
  if (member.keys.every((key) => state.forks.has(key.author))) return failed('new-key-needed')
  const { author: same, addresses } = held
  const key = { author: same, addresses, ...(released ? { released: true as const } : {}) }
  return fine({ ...member, keys: member.keys.map((one) => (one === held ? key : one)) })
}
