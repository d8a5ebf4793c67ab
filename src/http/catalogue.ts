/**
 * Keeps the catalogue up with the claims, for whoever reads it: nothing is done until somebody
 * does. What is written can be read at once, also while the rest is still being looked at: the
 * order of the catalogue is that in which things came into it, so nobody misses what comes later.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import {
  MS_US,
  type CatalogueItem,
  type CatalogueKey,
  type CatalogueStore,
} from '../core/catalogue.js'
import type { AuthorId } from '../core/identity.js'
import { TYPES, type IndicatorKey } from '../core/indicator.js'
import { DAY_MS, SECOND_MS } from '../core/limits.js'
import type { Clock, Log } from '../core/ports.js'
import { uuidOf } from '../exchange/uuid.js'
import {
  draftsOn,
  identityDraft,
  isVersion,
  merge,
  type Draft,
  type Merge,
} from '../lookup/drafts.js'
import { basisOf, KeyWatch } from '../lookup/key-watch.js'
import type { Lookup } from '../lookup/verdict.js'

export interface CatalogueParts {
  readonly lookup: () => Lookup
  readonly store: CatalogueStore
  readonly networkId: string
  readonly clock: Clock
  readonly log: Log
}

/** Keys looked at between two turns, and written together: a few milliseconds. */
const GROUP = 200
/** A reader waits so long for what is new; what is not there by then it finds the next time. */
const WAIT_MS = 5 * SECOND_MS
/** How long what is gone says so; readers are expected to come by more often. */
const GONE_MS = 30 * DAY_MS
/** Keyed values mean nothing to whoever is not a member, and are nobody else's business. */
const CLEAR = new Set(TYPES.filter(({ privacy }) => privacy === 'clear').map(({ code }) => code))

/** What is to be held of one key. */
interface Wish {
  readonly key: CatalogueKey
  readonly drafts: readonly Draft[]
}

export class Catalogue {
  readonly #parts: CatalogueParts
  readonly #watch: KeyWatch
  #lastUs: number | undefined
  #running: Promise<void> | undefined
  #sweptMs = -Infinity

  constructor(parts: CatalogueParts) {
    this.#parts = parts
    this.#watch = new KeyWatch({ ...parts, basis: basisOf, types: CLEAR })
  }

  /** As of now, or as far as it has come after a few seconds. Throws `StoreError`. */
  async now(): Promise<CatalogueStore> {
    const inTime = new AbortController()
    const { signal } = inTime
    const late = sleep(WAIT_MS, undefined, { signal, ref: false }).catch(() => undefined)
    await Promise.race([this.#upToDate(), late]).finally(() => inTime.abort())
    return this.#parts.store
  }

  /** Until it is up to date, however long that takes. */
  async whole(): Promise<CatalogueStore> {
    await this.#upToDate()
    return this.#parts.store
  }

  async #upToDate(): Promise<void> {
    // One that began before this call may have passed by what has changed since.
    if (this.#running !== undefined) await this.#running
    this.#running ??= this.#refresh().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #refresh(): Promise<void> {
    const { store } = this.#parts
    if (store.damaged) await this.#beginAnew()
    try {
      await this.#follow()
    } catch (error) {
      this.#watch.beginAnew()
      if (!store.damaged) throw error
      await this.#beginAnew()
      await this.#follow()
    }
  }

  /** It holds nothing that cannot be made anew; readers then find everything later than before. */
  async #beginAnew(): Promise<void> {
    this.#parts.log.warn('catalogue-damaged')
    await this.#parts.store.clear()
    this.#watch.beginAnew()
  }

  async #follow(): Promise<void> {
    this.#lastUs ??= await this.#parts.store.lastUs()
    let group: Wish[] = []
    for (const change of this.#watch.changes()) {
      if (change !== 'whole') {
        group.push({ key: change.key, drafts: draftsOn(change.at, change.key, change.now) })
        if (group.length < GROUP) continue
      }
      await this.#write(group)
      group = []
      if (change === 'whole') await this.#rest()
      await nextTurn()
    }
    await this.#write(group)
    await this.#forget()
  }

  /** What nothing is said of any more, and names that may have changed. */
  async #rest(): Promise<void> {
    for await (const keys of this.#parts.store.keys()) {
      await this.#write(keys.flatMap((key) => this.#wishOf(key) ?? []))
    }
  }

  /** Who is no member any more keeps the name that what was said refers to. */
  #wishOf(key: CatalogueKey): Wish | undefined {
    const { state } = this.#parts.lookup()
    if (!key.startsWith('identity:')) {
      const isSaid = state.claims.on(key as IndicatorKey).length > 0
      return isSaid ? undefined : { key, drafts: [] }
    }
    const author = key.slice('identity:'.length) as AuthorId
    const name = state.organisationOf(author)
    return name === undefined ? undefined : { key, drafts: [identityDraft(author, name)] }
  }

  async #write(wishes: readonly Wish[]): Promise<void> {
    if (wishes.length === 0) return
    const merges = await this.#merged(wishes)
    const authors = new Set(
      [...merges.values()].flatMap(({ changed }) =>
        changed.flatMap(({ item }) => (item.gone ? [] : item.content.author)),
      ),
    )
    const { state } = this.#parts.lookup()
    const speakers = [...authors].map((author): Wish => {
      const name = state.organisationOf(author) ?? author
      return { key: `identity:${author}`, drafts: [identityDraft(author, name)] }
    })
    // Who speaks comes before what is said.
    await this.#commit(new Map([...(await this.#merged(speakers)), ...merges]))
  }

  async #merged(wishes: readonly Wish[]): Promise<Map<CatalogueKey, Merge>> {
    const { store, clock } = this.#parts
    const held = await store.on(wishes.map(({ key }) => key))
    const begun = wishes.flatMap(({ drafts }, i) => drafts.filter((one) => !isHeld(held[i]!, one)))
    const known = await store.known(begun.map((draft) => this.#idOf(draft)))
    const now = clock()
    const idOf = (draft: Draft) => {
      const id = this.#idOf(draft)
      return known.has(id) ? uuidOf(id, now, this.#lastUs!) : id
    }
    return new Map(
      wishes.map(({ key, drafts }, i) => [key, merge(held[i]!, drafts, now, idOf)] as const),
    )
  }

  #idOf({ place, createdMs, content }: Draft): string {
    const { networkId } = this.#parts
    if (content.kind === 'identity') return uuidOf('identity', content.author)
    return uuidOf(networkId, place, createdMs)
  }

  async #commit(merges: ReadonlyMap<CatalogueKey, Merge>): Promise<void> {
    const put: CatalogueItem[] = []
    const replaced: CatalogueItem[] = []
    const keys = new Map<CatalogueKey, readonly CatalogueItem[]>()
    for (const [key, { changed, current }] of merges) {
      if (changed.length === 0) continue
      const placed = new Map<unknown, CatalogueItem>()
      for (const { item, before } of changed) {
        const one = { ...item, atUs: this.#nextUs() }
        placed.set(item, one)
        put.push(one)
        if (before !== undefined) replaced.push(before)
      }
      keys.set(
        key,
        current.map((item) => placed.get(item) ?? (item as CatalogueItem)),
      )
    }
    await this.#parts.store.write({ put, replaced, keys, forgotten: [] })
  }

  #nextUs(): number {
    this.#lastUs = Math.max(this.#parts.clock() * MS_US, this.#lastUs! + 1)
    return this.#lastUs
  }

  /** Once a day. */
  async #forget(): Promise<void> {
    const { store, clock } = this.#parts
    const now = clock()
    if (now < this.#sweptMs + DAY_MS) return
    this.#sweptMs = now
    const endUs = (now - GONE_MS) * MS_US
    for await (const items of store.after(0)) {
      const forgotten = items.filter(({ gone, atUs }) => gone && atUs < endUs)
      await store.write({ put: [], replaced: [], keys: new Map(), forgotten })
      if (items.at(-1)!.atUs >= endUs) break
    }
  }
}

/** Another version of what is there, if anything. */
function isHeld(held: readonly CatalogueItem[], draft: Draft): boolean {
  return held.some((item) => isVersion(item, draft))
}
