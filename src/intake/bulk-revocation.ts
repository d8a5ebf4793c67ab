/**
 * Takes back what a selection names of our own reports, page by page through the same voice as any
 * revocation. What is selected is looked up anew for each page, and a page is said in one request:
 * stopped half-way, the same call again finds what is left and takes that back.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { claimAt, type Claim } from '../core/claims.js'
import { indicatorOf, type IndicatorKey } from '../core/indicator.js'
import { askable } from '../core/key-ring.js'
import { LIMITS } from '../core/limits.js'
import type {
  BulkRevoker,
  Clock,
  OwnReport,
  ManyOptions,
  SelectedRevocation,
  Voice,
} from '../core/ports.js'
import { isSelected, type Selection } from '../core/selection.js'
import type { SpokenRun, Store } from '../core/store-port.js'
import type { LiveState } from '../lookup/live-state.js'
import { named } from './packets.js'

const SAMPLE = 10
const SPOKEN_ROWS = 1_000
/** Keys looked at between two turns of the loop: a few milliseconds. */
const KEYS_A_TURN = 10_000

export interface BulkRevocationDependencies {
  readonly state: LiveState
  readonly store: Pick<Store, 'spoken'>
  readonly voice: Pick<Voice, 'revoke'>
  readonly clock: Clock
}

/** Statements of a token, by envelope. */
type Runs = ReadonlyMap<number, readonly SpokenRun[]>

export class BulkRevocation implements BulkRevoker {
  readonly #dependencies: BulkRevocationDependencies

  constructor(dependencies: BulkRevocationDependencies) {
    this.#dependencies = dependencies
  }

  async count(selection: Selection): Promise<SelectedRevocation> {
    const keys = await this.#keys(selection)
    const matched = keys.length
    return { matched, revoked: 0, left: matched, sample: this.#sample(keys) }
  }

  async revoke(
    selection: Selection,
    reason: string,
    options: ManyOptions = {},
  ): Promise<SelectedRevocation> {
    const { voice } = this.#dependencies
    const runs = await this.#runs(selection)
    const keys = await this.#keys(selection, runs)
    const sample = this.#sample(keys)
    const taken = keys.slice(0, LIMITS.selectedMax)
    let revoked = 0
    for (let at = 0; at < taken.length; at += LIMITS.requestItemsMax) {
      const page = taken.slice(at, at + LIMITS.requestItemsMax)
      // What was said since, or taken back, is no longer what was counted.
      const standing = page.filter((key) => this.#selected(selection, key, runs) !== undefined)
      const items = standing.map((key) => ({ ...askable(indicatorOf(key)), reason }))
      const results = await voice.revoke(items, options)
      revoked += results.filter(({ status }) => status === 'accepted').length
    }
    return { matched: keys.length, revoked, left: keys.length - taken.length, sample }
  }

  async #keys(selection: Selection, given?: Runs): Promise<IndicatorKey[]> {
    const runs = given ?? (await this.#runs(selection))
    const keys: IndicatorKey[] = []
    let seen = 0
    for (const [key] of this.#dependencies.state.claims.entries()) {
      if (this.#selected(selection, key, runs) !== undefined) keys.push(key)
      if (++seen % KEYS_A_TURN === 0) await nextTurn()
    }
    return keys
  }

  /** Our own live report on a key, where it is meant. */
  #selected(selection: Selection, key: IndicatorKey, runs: Runs | undefined): Claim | undefined {
    const { clock } = this.#dependencies
    const claim = this.#claim(key, clock())
    if (claim === undefined || !isSelected(selection, claim)) return undefined
    if (runs === undefined) return claim
    const { envelope, index } = claim
    const isTokens = runs.get(envelope.seq)?.some(({ from, count }) => {
      return index >= from && index < from + count
    })
    return isTokens === true ? claim : undefined
  }

  #claim(key: IndicatorKey, now: number): Claim | undefined {
    const { own, claims } = this.#dependencies.state
    return claimAt(claims.of({ key, author: own, kind: 'claim', about: null }), now)
  }

  #sample(keys: readonly IndicatorKey[]): OwnReport[] {
    const now = this.#dependencies.clock()
    return keys.slice(0, SAMPLE).flatMap((key) => {
      const { envelope } = this.#claim(key, now) ?? {}
      if (envelope === undefined) return []
      return [{ ...named(indicatorOf(key)), envelope: envelope.id, timeMs: envelope.time }]
    })
  }

  /** What the token said; undefined where the selection names none. */
  async #runs({ token }: Selection): Promise<Runs | undefined> {
    if (token === undefined) return undefined
    const runs = new Map<number, readonly SpokenRun[]>()
    for (let from = 1; ;) {
      const page = await this.#dependencies.store.spoken(from, SPOKEN_ROWS)
      for (const { seq, runs: all } of page) {
        const its = all.filter((run) => run.token === token)
        if (its.length > 0) runs.set(seq, its)
      }
      if (page.length < SPOKEN_ROWS) return runs
      from = page.at(-1)!.seq + 1
    }
  }
}
