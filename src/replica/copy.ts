/**
 * A copy of a node's state: it takes pages of the change feed in their order and nothing else, and
 * holds what the claims sum up to against what the node signed. Pure; it reads no clock.
 */
import { readPayload } from '../core/envelope.js'
import { formatCursor, type Cursor, type FeedPage } from '../core/feed.js'
import { dayOf } from '../core/heads.js'
import { endOf } from '../core/claims.js'
import { openMark, type Mark } from '../core/mark.js'
import { guardsOf, contextHash, type Context } from '../lookup/context.js'
import { Draft } from '../lookup/draft.js'
import type { LiveState } from '../lookup/live-state.js'
import { sealSnapshot, type OpenedSnapshot, type Snapshot } from '../lookup/snapshot.js'
import type { Guards } from '../policy/guards.js'
import { policyHash } from '../policy/rules.js'

/**
 * old: it was taken before. gap: something before it is missing. malformed: not what a node makes.
 */
export type Taken = 'taken' | 'old' | 'gap' | 'malformed'
/**
 * ahead: the node has said more than has arrived. different: the claims are not the node's.
 * other-policy: the context is to be asked for. unsigned: not this node's word.
 */
export type Confirmed = 'level' | 'behind' | 'ahead' | 'different' | 'other-policy' | 'unsigned'

export class Copy {
  readonly state: LiveState
  readonly guards: Guards
  #cursor: Cursor
  #context: Context
  #contextHash: string
  /** The newest by its time, and the newest that the whole state was level with. */
  #mark: Mark
  #level: { readonly mark: Mark; readonly sealed: string }

  constructor({ state, mark, sealed, context }: OpenedSnapshot) {
    this.state = state
    this.#cursor = { epoch: mark.epoch, number: mark.number }
    this.#context = context
    this.#contextHash = contextHash(context)
    this.#mark = mark
    this.#level = { mark, sealed }
    this.guards = guardsOf(state, () => this.#context)
  }

  get cursor(): Cursor {
    return this.#cursor
  }

  get context(): Context {
    return this.#context
  }

  get contextHash(): string {
    return this.#contextHash
  }

  /** The node's newest word about itself that says something about this copy. */
  get mark(): Mark {
    return this.#mark
  }

  takeContext(context: Context): void {
    this.#context = context
    this.#contextHash = contextHash(context)
  }

  /** All of the page or nothing: nobody reads in between. */
  take(page: FeedPage): Taken {
    const { number } = this.#cursor
    if (page.number <= number) return 'old'
    if (page.after !== number) return 'gap'
    const draft = new Draft(this.state)
    for (const row of page.rows) {
      if ('change' in row) draft.changeOwn(row.change, 0)
      else if (row.payload !== null) {
        const statements = readPayload(row.payload)
        if (!statements.ok) return 'malformed'
        draft.addStatements(row.envelope, statements.value)
      }
    }
    this.state.apply(draft.changes())
    this.#cursor = { epoch: this.#cursor.epoch, number: page.number }
    return 'taken'
  }

  /** What a node signed counts as its word up to the time it names, and never goes back. */
  confirm(sealed: unknown): Confirmed {
    const mark = openMark(sealed)
    if (mark === undefined || mark.author !== this.#context.own) return 'unsigned'
    if (mark.epoch !== this.#cursor.epoch) return 'ahead'
    if (mark.number > this.#cursor.number) return 'ahead'
    if (mark.policy !== policyHash(this.#context.policy)) return 'other-policy'
    if (mark.number === this.#cursor.number) {
      if (this.state.sums.stateHash(mark.day) !== mark.stateHash) return 'different'
      this.#level = { mark, sealed: sealed as string }
    }
    // An older mark is a delayed or repeated one: it makes nothing fresher.
    if (mark.time > this.#mark.time) this.#mark = mark
    return mark.number === this.#cursor.number ? 'level' : 'behind'
  }

  /** Whether the node has signed what the claims sum up to just here. */
  get isLevel(): boolean {
    return formatCursor(this.#level.mark) === formatCursor(this.#cursor)
  }

  /** As the node would send it; undefined where its last mark is of another place. */
  snapshot(): Snapshot | undefined {
    if (!this.isLevel) return undefined
    const header = { mark: this.#level.sealed, context: this.#context }
    return sealSnapshot(this.state, this.#cursor, header)
  }

  /** Drops, key by key, what ended before the day of `now`; the node has done so by itself. */
  *sweep(now: number): Generator<void> {
    const day = dayOf(now)
    for (const [key, claims] of this.state.claims.entries()) {
      const ended = claims.filter(({ staircase }) => dayOf(endOf(staircase)) < day)
      if (ended.length > 0) {
        const draft = new Draft(this.state)
        for (const { author, kind, about } of ended)
          draft.dropEnded({ key, author, kind, about }, day)
        this.state.apply(draft.changes())
      }
      yield
    }
    this.state.sums.dropBefore(day)
  }
}
