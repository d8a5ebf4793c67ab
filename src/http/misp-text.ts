/**
 * Events of MISP as text, in pieces: one may have more attributes than anybody wants in memory at
 * once, or others would wait for.
 */
import type {
  CatalogueEntry,
  CatalogueEvent,
  CatalogueItem,
  CatalogueStore,
} from '../core/catalogue.js'
import {
  attributeOf,
  eventBody,
  type EventExtent,
  type MispSource,
} from '../exchange/misp-event.js'

/** An event as somebody sees it. */
export interface SeenEvent {
  readonly event: CatalogueEvent
  readonly extent: EventExtent
  /** Of its indicators. */
  readonly places: readonly number[]
}

/** Objects that are read together. */
const PAGE = 200

/** The events of which somebody sees something, one after the other; or the one that is named. */
export async function* seenEvents(
  store: CatalogueStore,
  isSeen: (entry: CatalogueEntry) => boolean,
  of?: CatalogueEvent,
): AsyncGenerator<SeenEvent> {
  let gathered: CatalogueEntry[] = []
  for await (const entries of store.events(of)) {
    for (const entry of entries) {
      if (!isSeen(entry)) continue
      const [first] = gathered
      if (first !== undefined && !isSameEvent(first, entry)) {
        yield seenOf(gathered)
        gathered = []
      }
      gathered.push(entry)
    }
  }
  if (gathered.length > 0) yield seenOf(gathered)
}

function isSameEvent(a: CatalogueEvent, b: CatalogueEvent): boolean {
  return a.category === b.category && a.day === b.day
}

function seenOf(entries: readonly CatalogueEntry[]): SeenEvent {
  const { category, day } = entries[0]!
  let newestUs = 0
  let tlp = Infinity
  for (const entry of entries) {
    newestUs = Math.max(newestUs, entry.atUs)
    tlp = Math.min(tlp, entry.tlp)
  }
  const places = entries.map(({ atUs }) => atUs)
  return { event: { category, day }, extent: { newestUs, tlp }, places }
}

/** `{"Event":{…}}`, with those of its indicators that are wished for. */
export async function* eventText(
  store: CatalogueStore,
  { event, extent, places }: SeenEvent,
  source: MispSource,
  isWished: (item: CatalogueItem) => boolean = () => true,
): AsyncGenerator<string> {
  yield `{"Event":${JSON.stringify(eventBody(event, extent, source)).slice(0, -1)},"Attribute":[`
  let between = ''
  for (let from = 0; from < places.length; from += PAGE) {
    const items = await store.at(places.slice(from, from + PAGE))
    const some = items.filter(isWished).flatMap((item) => attributeOf(item, source) ?? [])
    if (some.length === 0) continue
    yield between + some.map((attribute) => JSON.stringify(attribute)).join(',')
    between = ','
  }
  yield ']}}'
}
