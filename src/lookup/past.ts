/**
 * What this node's look-ups answered from at a time gone by: the same fold over the same order of
 * commits, up to the one that was visible then, with the policy and lists of then. Only what stands
 * in that order comes back: not which members were current, nor under which addresses this node and
 * its members were reached; and a log that has turned out to have forked since counts as forked.
 */
import { readPayload } from '../core/envelope.js'
import type { FeedPage } from '../core/feed.js'
import type { AuthorId } from '../core/identity.js'
import type { Policies } from '../policy/policies.js'
import type { Policy } from '../policy/rules.js'
import { guardsOf, type Context } from './context.js'
import type { Decisions } from './decision.js'
import { Desk } from './desk.js'
import { Draft } from './draft.js'
import type { HashKey } from './half-siphash.js'
import { LiveState } from './live-state.js'
import type { Lookup } from './verdict.js'

export interface PastParts {
  /** Of now: whose node this is, and which logs have forked. */
  readonly state: LiveState
  readonly context: () => Context
  readonly decisions: Decisions
  readonly isLate: Lookup['isLate']
  readonly readPolicy: Policies['read']
  /** Secret, as that of the state of now. */
  readonly hashKey?: HashKey
}

/** Made anew from the first commit on, page by page. */
export class Past {
  readonly #parts: PastParts
  readonly #state: LiveState
  readonly forks: number
  number = 0

  constructor(parts: PastParts) {
    const { own, name, forks } = parts.state
    this.#parts = parts
    this.#state = new LiveState(own, name, parts.hashKey)
    this.forks = forks.size
    const ended = [...forks.values()].map((proof) => ({ proof, head: undefined }))
    this.#state.apply({ ...new Draft(this.#state).changes(), forks: ended })
    for (const { author, key } of parts.state.forkRevocations.entries()) {
      this.#state.forkRevocations.add(author, key)
    }
  }

  take({ rows, number }: FeedPage): void {
    const draft = new Draft(this.#state)
    for (const row of rows) {
      if ('change' in row) draft.changeOwn(row.change, 0)
      else if (row.payload !== null && !this.#isBeyondFork(row.envelope)) {
        const statements = readPayload(row.payload)
        if (statements.ok) draft.addStatements(row.envelope, statements.value)
      }
    }
    this.#state.apply(draft.changes())
    this.number = number
  }

  #isBeyondFork({ author, seq }: { readonly author: AuthorId; readonly seq: number }): boolean {
    return seq >= (this.#state.forks.get(author)?.seq ?? Infinity)
  }

  lookup(ms: number): Lookup {
    const { context, decisions } = this.#parts
    const policy = this.#policy()
    const then = { ...context(), policy }
    const desk = new Desk({
      state: this.#state,
      name: then.name,
      decisions,
      isLate: this.#parts.isLate,
      guards: guardsOf(this.#state, () => then),
      policy: () => policy,
      freshness: () => 'fresh',
      clock: () => ms,
    })
    return desk.lookup()
  }

  /** As it was written then; one that can no longer be read is judged by the one of now. */
  #policy(): Policy {
    const text = this.#state.lists.of('policy').get('now')?.text
    const read = text === undefined ? undefined : this.#parts.readPolicy(text)
    return read !== undefined && 'policy' in read ? read.policy : this.#parts.context().policy
  }
}
