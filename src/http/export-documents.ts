/**
 * The catalogue as one document: a STIX bundle, or a list of MISP events. What is gone is left out,
 * and so is what refers to something that is not in the document. And what could not be said in it.
 */
import type { CatalogueItem, CatalogueStore } from '../core/catalogue.js'
import { TYPES, typeOf } from '../core/indicator.js'
import type { MispSource } from '../exchange/misp-event.js'
import { MISP_ATTRIBUTES } from '../exchange/misp-words.js'
import { stixOf } from '../exchange/stix-object.js'
import { uuidOf } from '../exchange/uuid.js'
import type { LiveState } from '../lookup/live-state.js'
import { eventText, seenEvents } from './misp-text.js'
import { fixedFor } from './dialects/taxii-page.js'

export interface DocumentWish {
  /** Codes of types; undefined is all. */
  readonly types: readonly number[] | undefined
  /** Code of the strictest marking that the caller may take. */
  readonly tlp: number
}

function isWished({ gone, tlp, content }: CatalogueItem, wish: DocumentWish): boolean {
  if (gone || tlp < wish.tlp) return false
  return content.kind !== 'indicator' || wish.types?.includes(content.indicator.type) !== false
}

/** Lines of a bundle; an object is a line, so that it can be read as it comes. */
export async function* stixBundle(
  store: CatalogueStore,
  wish: DocumentWish,
): AsyncGenerator<string> {
  const last = await store.lastUs()
  yield `{"type":"bundle","id":"bundle--${uuidOf('bundle', last, wish.tlp)}","objects":[`
  let before = ''
  for (const { object } of fixedFor(wish.tlp)) {
    yield before + JSON.stringify(object)
    before = ','
  }
  for await (const items of store.after(0)) {
    for (const item of items) {
      const { content } = item
      if (!isWished(item, wish)) continue
      const isAbout = content.kind === 'sighting' || content.kind === 'opinion'
      if (isAbout && (await isLeftOut(store, content.of, wish))) continue
      yield before + JSON.stringify(stixOf(item))
    }
  }
  yield ']}'
}

/** Whether one of these is not in the document, which only a choice of types can make so. */
async function isLeftOut(
  store: CatalogueStore,
  ids: readonly string[],
  wish: DocumentWish,
): Promise<boolean> {
  if (wish.types === undefined) return false
  for (const id of ids) {
    const item = await store.byId(id)
    if (item === undefined || !isWished(item, wish)) return true
  }
  return false
}

/** Pieces of what MISP answers to a search: `{"response":[{"Event":…},…]}`. */
export async function* mispEvents(
  store: CatalogueStore,
  wish: DocumentWish,
  source: MispSource,
): AsyncGenerator<string> {
  yield '{"response":['
  let between = ''
  for await (const seen of seenEvents(store, ({ tlp }) => tlp >= wish.tlp)) {
    yield between
    yield* eventText(store, seen, source, (item) => isWished(item, wish))
    between = ','
  }
  yield ']}'
}

/** Live keys of types, and kinds of statements, that the format has no words for. */
export async function unexpressed(
  store: CatalogueStore,
  { claims }: LiveState,
  format: 'stix' | 'misp',
  wish: DocumentWish,
): Promise<readonly (readonly [what: string, count: number])[]> {
  const counts = new Map<string, number>()
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  const isSaid = (name: string, privacy: string) =>
    privacy === 'clear' && (format === 'stix' || MISP_ATTRIBUTES[name] !== undefined)
  const unsaid = TYPES.filter(({ name, privacy, code }) => {
    return !isSaid(name, privacy) && wish.types?.includes(code) !== false
  })
  for (const [key] of claims.entries(new Set(unsaid.map(({ code }) => code)))) {
    count(typeOf(Number(key.split(':', 1)[0])).name)
  }
  if (format === 'misp') {
    for await (const items of store.after(0)) {
      for (const item of items.filter((one) => isWished(one, wish))) {
        const { kind } = item.content
        if (kind === 'sighting' || kind === 'opinion') count(kind)
      }
    }
  }
  return [...counts]
}
