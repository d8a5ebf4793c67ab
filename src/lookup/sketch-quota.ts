/**
 * How many live sketches may act (policy `sketches`): in all, because unrelated prompts match more
 * of them the more there are, and of one member, so that nobody uses up what is there for all. What
 * a member said first acts, in the order of its log, so the answer is a function of what is held.
 */
import type { EnvelopeRef } from '../core/envelope.js'
import type { AuthorId } from '../core/identity.js'
import { keyOf } from '../core/indicator.js'
import type { Lookup } from './verdict.js'

/** While commits go on: a walk over twenty thousand takes some hundredths of a second. */
const KEPT_MS = 1_000

export class SketchQuota {
  #atMs = -Infinity
  #revision = -1
  #lookup: Pick<Lookup, 'policy' | 'state'> | undefined
  /** The first number of a log whose sketches are too many; by author. */
  #ends: ReadonlyMap<AuthorId, number> = new Map()

  /** Whether a sketch that was told in an envelope is one too many. */
  isOver(lookup: Lookup, { author, seq }: EnvelopeRef, now: number): boolean {
    if (lookup.state.claims.sketches.size > lookup.policy.sketches.total) return true
    this.#refresh(lookup, now)
    return seq >= (this.#ends.get(author) ?? Infinity)
  }

  #refresh({ policy, state }: Lookup, now: number): void {
    const isSame = policy === this.#lookup?.policy && state === this.#lookup.state
    const isKept = state.revision === this.#revision || Math.abs(now - this.#atMs) < KEPT_MS
    if (isSame && isKept) return
    this.#lookup = { policy, state }
    this.#revision = state.revision
    this.#atMs = now
    this.#ends = endsOf({ policy, state })
  }
}

function endsOf({ policy, state }: Pick<Lookup, 'policy' | 'state'>): Map<AuthorId, number> {
  const byAuthor = new Map<AuthorId, number[]>()
  for (const id of state.claims.sketches.ids()) {
    for (const { author, kind, staircase } of state.claims.on(keyOf(state.claims.keyAt(id)))) {
      const [newest] = staircase
      if (kind !== 'claim' || newest?.statement.kind !== 'report') continue
      const seqs = byAuthor.get(author)
      if (seqs === undefined) byAuthor.set(author, [newest.envelope.seq])
      else seqs.push(newest.envelope.seq)
    }
  }
  const ends = new Map<AuthorId, number>()
  for (const [author, seqs] of byAuthor) {
    const first = seqs.sort((a, b) => a - b)[policy.sketches.member]
    if (first !== undefined && author !== state.own) ends.set(author, first)
  }
  return ends
}
