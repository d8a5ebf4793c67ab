/** What is held: live keys, ends of logs, forks, what means nothing or does not act. */
import { setImmediate as breathe } from 'node:timers/promises'
import type { AuthorId } from '../core/identity.js'
import { SECOND_MS } from '../core/limits.js'
import type { Clock } from '../core/ports.js'
import { LiveCount } from '../lookup/live-count.js'
import type { LiveState } from '../lookup/live-state.js'
import type { LookUps } from '../lookup/look-ups.js'
import type { Families } from './families.js'
import { nameOf, WHO } from './who.js'

export interface StateParts {
  readonly state: LiveState
  readonly lookUps: Pick<LookUps, 'size'>
  /** Authors some of whose envelopes are beyond their member's share. */
  readonly beyondShare: () => readonly AuthorId[]
  readonly clock: Clock
}

/** Steps before others get a turn; a million keys must not hold up look-ups. */
const BREATH = 8
/** A walk over all keys is worth no more than this often. */
const LIVE_KEPT_MS = 10 * SECOND_MS

export function showState(to: Families, { state, lookUps, beyondShare, clock }: StateParts): void {
  const live = new LiveByType(state, clock)
  to.gauge('tocsin_live_keys', 'Keys with a live claim, by type.', ['type'], async (show) => {
    for (const [type, count] of Object.entries(await live.now())) show(count, type)
  })
  const head = 'Newest envelope of a log that is held.'
  to.gauge('tocsin_log_head_seq', head, WHO, (show) => {
    for (const { author, seq } of state.heads.values()) show(seq, ...nameOf(state, author))
  })
  const fork = 'Number that the author of a log used twice; its log ends below.'
  to.gauge('tocsin_fork_seq', fork, WHO, (show) => {
    for (const { author, seq } of state.forks.values()) show(seq, ...nameOf(state, author))
  })
  to.gauge('tocsin_forks', 'Authors known to have signed two histories.', [], (show) =>
    show(state.forks.size),
  )
  const voids = 'Statements that mean nothing here, in payloads that are held, by reason.'
  to.gauge('tocsin_void_statements', voids, [...WHO, 'code'], (show) => {
    for (const author of state.roster.members.flatMap(({ keys }) => keys.map((key) => key.author)))
      for (const [code, count] of Object.entries(state.voids.of(author)))
        show(count, ...nameOf(state, author), code)
  })
  const share = '1 where the newest envelopes of a key do not act: its member’s share is used up.'
  to.gauge('tocsin_share_exceeded', share, WHO, (show) => {
    for (const author of beyondShare()) show(1, ...nameOf(state, author))
  })
  const sampled = 'Look-ups of the last day, held in the sample or lost to it.'
  to.gauge('tocsin_sampled_look_ups', sampled, ['held'], (show) => {
    const { held, lost } = lookUps.size
    show(held, 'yes')
    show(lost, 'no')
  })
  const holds = 'Keys that would have met too many look-ups when they were new.'
  to.gauge('tocsin_blast_radius_holds', holds, [], (show) => show(state.lists.of('holds').size))
}

/** Counted anew at most every ten seconds, however many scrape. */
class LiveByType {
  readonly #state: LiveState
  readonly #clock: Clock
  #counted: Promise<Readonly<Record<string, number>>> | undefined
  #atMs = -Infinity

  constructor(state: LiveState, clock: Clock) {
    this.#state = state
    this.#clock = clock
  }

  now(): Promise<Readonly<Record<string, number>>> {
    const now = performance.now()
    if (this.#counted === undefined || now - this.#atMs > LIVE_KEPT_MS) {
      this.#counted = this.#count()
      this.#atMs = now
    }
    return this.#counted
  }

  async #count(): Promise<Readonly<Record<string, number>>> {
    const count = new LiveCount(this.#state, this.#clock())
    let steps = 0
    for (const done = count.steps(); done.next().done !== true;) {
      if (++steps % BREATH === 0) await breathe()
    }
    return count.counts.byType
  }
}
