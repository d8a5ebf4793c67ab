/**
 * `/misp/`: a MISP feed over the catalogue: `manifest.json`, an event a file, and `hashes.csv`,
 * by which a MISP finds out whether a feed has a value. Each token sees what its marking permits.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import type { CatalogueEvent, CatalogueStore } from '../../core/catalogue.js'
import type { AuthorId } from '../../core/identity.js'
import { SECOND_MS } from '../../core/limits.js'
import type { Clock } from '../../core/ports.js'
import {
  eventHead,
  eventId,
  eventOfItem,
  secondStartUs,
  type MispEventHead,
  type MispSource,
} from '../../exchange/misp-event.js'
import type { LiveState } from '../../lookup/live-state.js'
import type { Catalogue } from '../catalogue.js'
import { JSON_TYPE } from '../check.js'
import { eventText, seenEvents, type SeenEvent } from '../misp-text.js'
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
  app.get('/misp/:file', { config, schema: { params: Named } }, async (request, reply) => {
    const text = await feed.event(request.params.file.slice(0, 36).toLowerCase(), request.tlp)
    if (text === undefined) throw new Problem('event-unknown')
    return reply.type(JSON_TYPE).send(Readable.from(text, { objectMode: false }))
  })
}

export class MispFeed {
  readonly #parts: MispParts
  /** By UUID, so that not all are looked through for one. */
  readonly #events = new Map<string, CatalogueEvent>()

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
    const { own } = this.#parts
    const heads: Record<string, MispEventHead> = {}
    for await (const { event, extent } of this.#seen(await this.upToDate(), tlp)) {
      heads[eventId(own, event)] = eventHead(event, extent, this.#source)
    }
    return heads
  }

  /** The text of an event in pieces; undefined where this caller has no such. */
  async event(id: string, tlp: number): Promise<AsyncGenerator<string> | undefined> {
    const { catalogue, own } = this.#parts
    const store = await catalogue.now()
    const known = this.#events.get(id)
    for await (const seen of this.#seen(store, tlp, known)) {
      const found = eventId(own, seen.event)
      this.#events.set(found, seen.event)
      if (found === id) return eventText(store, seen, this.#source)
    }
    return undefined
  }

  async *hashes(store: CatalogueStore, tlp: number): AsyncGenerator<string> {
    const { own, clock } = this.#parts
    const end = secondStartUs(clock())
    for await (const items of store.after(0)) {
      for (const item of items) {
        const { content, gone } = item
        if (content.kind !== 'indicator' || gone || item.tlp < tlp || item.atUs >= end) continue
        const hash = createHash('md5').update(content.indicator.value).digest('hex')
        yield `${hash},${eventId(own, eventOfItem(item))}`
      }
    }
  }

  #seen(store: CatalogueStore, tlp: number, of?: CatalogueEvent): AsyncGenerator<SeenEvent> {
    const end = secondStartUs(this.#parts.clock())
    return seenEvents(store, (entry) => entry.tlp >= tlp && entry.atUs < end, of)
  }
}
