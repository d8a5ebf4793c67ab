/**
 * `/misp/`: a MISP feed over the catalogue: `manifest.json`, an event a file, and `hashes.csv`,
 * by which a MISP finds out whether a feed has a value. Each token sees what its marking permits.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import type { CatalogueEvent, CatalogueItem, CatalogueStore } from '../../core/catalogue.js'
import type { AuthorId } from '../../core/identity.js'
import { SECOND_MS } from '../../core/limits.js'
import type { Clock } from '../../core/ports.js'
import {
  eventHead,
  eventId,
  eventOf,
  eventOfItem,
  secondStartUs,
  type MispEventHead,
  type MispSource,
} from '../../exchange/misp-event.js'
import type { LiveState } from '../../lookup/live-state.js'
import type { Catalogue } from '../catalogue.js'
import { piecesOf } from '../pieces.js'
import { Problem } from '../problems.js'
import { object, type App } from '../shape.js'

export interface MispParts {
  readonly catalogue: Catalogue
  readonly state: LiveState
  readonly own: AuthorId
  readonly name: string
  readonly clock: Clock
}

const Named = object({
  file: Type.String({ pattern: '^[0-9a-fA-F-]{36}\\.json$' }),
})

export function mispRoutes(app: App, parts: MispParts): void {
  const config = { role: 'gateway' } as const
  const feed = new MispFeed(parts)
  app.get('/misp/manifest.json', { config }, (request) => feed.manifest(request.tlp))
  app.get('/misp/hashes.csv', { config }, async (request, reply) => {
    const lines = feed.hashes(await feed.upToDate(), request.tlp)
    return reply
      .type('text/csv; charset=utf-8')
      .send(Readable.from(piecesOf(lines), { objectMode: false }))
  })
  app.get('/misp/:file', { config, schema: { params: Named } }, async (request) => {
    const event = await feed.event(request.params.file.slice(0, 36).toLowerCase(), request.tlp)
    if (event === undefined) throw new Problem('event-unknown')
    return { Event: event }
  })
}

/** An event as a caller may see it. */
interface Seen {
  readonly event: CatalogueEvent
  newestUs: number
  tlp: number
}

export class MispFeed {
  readonly #parts: MispParts
  /** By UUID; they never change, so an old list is only short. */
  #events: ReadonlyMap<string, CatalogueEvent> = new Map()

  constructor(parts: MispParts) {
    this.#parts = parts
  }

  get #source(): MispSource {
    const { own, name, state } = this.#parts
    return { own, name, memberOf: (author) => state.organisationOf(author) ?? 'former member' }
  }

  /**
   * What has only now come into the catalogue is of the second that is running, and would be left
   * out: a reader that comes by once an hour would have it an hour late.
   */
  async upToDate(): Promise<CatalogueStore> {
    const { catalogue, clock } = this.#parts
    const store = await catalogue.now()
    const now = clock()
    if ((await store.lastUs()) >= secondStartUs(now)) await sleep(SECOND_MS - (now % SECOND_MS) + 1)
    return store
  }

  async manifest(tlp: number): Promise<Readonly<Record<string, MispEventHead>>> {
    const seen = await this.#seen(await this.upToDate(), tlp)
    return Object.fromEntries(
      [...seen].map(([id, one]) => [id, eventHead(one.event, one, this.#source)]),
    )
  }

  async event(id: string, tlp: number): Promise<object | undefined> {
    const store = await this.#parts.catalogue.now()
    if (!this.#events.has(id)) await this.#seen(store, tlp)
    const event = this.#events.get(id)
    if (event === undefined) return undefined
    const end = secondStartUs(this.#parts.clock())
    const items = (await store.ofEvent(event)).filter((item) => isSeen(item, tlp, end))
    return items.length === 0 ? undefined : eventOf(event, items, this.#source)
  }

  async *hashes(store: CatalogueStore, tlp: number): AsyncGenerator<string> {
    const end = secondStartUs(this.#parts.clock())
    for await (const item of store.after(0)) {
      const { content, gone } = item
      if (content.kind !== 'indicator' || gone || !isSeen(item, tlp, end)) continue
      const hash = createHash('md5').update(content.indicator.value).digest('hex')
      yield `${hash},${eventId(this.#parts.own, eventOfItem(item))}`
    }
  }

  async #seen(store: CatalogueStore, tlp: number): Promise<ReadonlyMap<string, Seen>> {
    const { own, clock } = this.#parts
    const end = secondStartUs(clock())
    const all = new Map<string, CatalogueEvent>()
    const seen = new Map<string, Seen>()
    for await (const { category, day, ...item } of store.events()) {
      const event = { category, day }
      const id = eventId(own, event)
      all.set(id, event)
      if (!isSeen(item, tlp, end)) continue
      const one = seen.get(id) ?? { event, newestUs: 0, tlp: item.tlp }
      one.newestUs = Math.max(one.newestUs, item.atUs)
      one.tlp = Math.min(one.tlp, item.tlp)
      seen.set(id, one)
    }
    this.#events = all
    return seen
  }
}

function isSeen(item: Pick<CatalogueItem, 'atUs' | 'tlp'>, tlp: number, endUs: number): boolean {
  return item.tlp >= tlp && item.atUs < endUs
}
