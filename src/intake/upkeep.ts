/**
 * Slow work on the whole folder by an operator's command: verify everything, make the claims anew.
 * Both run alone with the writer, so nothing changes under them; look-ups go on from memory
 * meanwhile.
 */
import { dayOf } from '../core/heads.js'
import type { Clock, Log, Maintenance, VerifyReport } from '../core/ports.js'
import { StoreError, type Store } from '../core/store-port.js'
import { counting, type Tell } from '../core/work.js'
import type { LiveState } from '../lookup/live-state.js'
import { claimPages, replay, restore, sumRows, type Restorable } from './restore.js'
import type { Writer } from './writer.js'

export interface UpkeepDependencies {
  readonly state: LiveState
  readonly store: Store
  readonly writer: Writer
  readonly clock: Clock
  readonly log: Log
}

export class Upkeep implements Maintenance {
  readonly #dependencies: UpkeepDependencies

  constructor(dependencies: UpkeepDependencies) {
    this.#dependencies = dependencies
  }

  verify(tell?: Tell): Promise<VerifyReport> {
    const { state, writer, clock } = this.#dependencies
    return writer.exclusively(async () => {
      const now = clock()
      const store = this.#watched(tell)
      const { state: held, doubt, broken } = await restore(store, state.own, now)
      const { state: told, logs } = await replay(store, held, now)
      const today = dayOf(now)
      const same = told.stateHash(now) === held.sums.stateHash(today)
      const problem = doubt ?? (same ? undefined : 'the claims are not what the logs say')
      const ok = problem === undefined && broken.length === 0 && logs.every((log) => log.ok)
      const rows = held.claims.size
      return {
        ok,
        logs,
        claims: { rows, ok: problem === undefined, ...(problem ? { problem } : {}) },
      }
    })
  }

  rebuild(tell?: Tell): Promise<number> {
    const { state, writer, clock, log } = this.#dependencies
    return writer.exclusively(async () => {
      const store = this.#watched(tell)
      const { state: told, logs } = await replay(store, state, clock())
      const bad = logs.find(({ ok }) => !ok)
      // Claims made from half a log would look whole ever after.
      if (bad !== undefined) throw new StoreError('log-broken', `${bad.peerId}: ${bad.problem}`)
      await store.replaceClaims(claimPages(told), sumRows(told), told.voids.rows())
      state.adopt(told)
      log.info('claims-rebuilt', { rows: told.claims.size })
      return told.claims.size
    })
  }

  /** Writes the claims on disk as they are in memory, which was whole when it was read. */
  rewriteClaims(): Promise<void> {
    const { state, store, writer, log } = this.#dependencies
    return writer.exclusively(async () => {
      await store.replaceClaims(claimPages(state), sumRows(state), state.voids.rows())
      log.info('claims-rewritten', { rows: state.claims.size })
    })
  }

  /**
   * The store, with `tell` told how far it was read. To fold the logs takes about as long as to
   * read or write what they come to, however few their envelopes are.
   */
  #watched(tell: Tell = () => undefined): Watched {
    const { state, store } = this.#dependencies
    const claims = state.claims.size
    const envelopes = envelopesOf(state)
    const folded = Math.max(claims, envelopes)
    const count = counting(tell, claims + folded)
    return {
      load: () => store.load(),
      feedPage: (from, to, bytes) => store.feedPage(from, to, bytes),
      skipClaims: () => store.skipClaims(),
      claims: () => counted(store.claims(), count),
      async logRows(...which) {
        const rows = await store.logRows(...which)
        count((rows.length * folded) / envelopes)
        return rows
      },
      replaceClaims: (pages, ...rest) => store.replaceClaims(countedNow(pages, count), ...rest),
    }
  }
}

type Watched = Restorable & Pick<Store, 'logRows' | 'replaceClaims'>
type Count = ReturnType<typeof counting>

async function* counted<Row>(pages: AsyncIterable<readonly Row[]>, count: Count) {
  for await (const page of pages) {
    yield page
    count(page.length)
  }
}

function* countedNow<Row>(pages: Iterable<readonly Row[]>, count: Count) {
  for (const page of pages) {
    yield page
    count(page.length)
  }
}

/** How many there should be on disk. */
function envelopesOf(state: LiveState): number {
  let count = 0
  for (const { author, seq } of state.heads.values()) count += seq - state.floorOf(author) + 1
  return count
}
