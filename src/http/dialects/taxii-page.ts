/**
 * Pages of a collection: objects after a place in the order of the catalogue, as many as were asked
 * for and no more than a page may have. A place is handed out as `next` and as the time of the last
 * object, and both lead on from there, whatever was asked before: a client that dies in the middle
 * goes on with either and misses nothing.
 */
import { usOfTime, type CatalogueItem, type CatalogueStore } from '../../core/catalogue.js'
import { FIXED_OBJECTS, stixIdOf, stixOf, type StixObject } from '../../exchange/stix-object.js'
import { Problem } from '../problems.js'
import type { Collection } from './taxii-collections.js'

/** One object where it stands, and as it is sent. */
export interface Placed {
  readonly atUs: number
  readonly object: StixObject
  readonly text: string
}

export interface Page {
  readonly objects: readonly Placed[]
  /** More stands behind it. */
  readonly more: boolean
}

export interface PageWish {
  readonly collection: Collection
  /** Code of the strictest marking that the caller may see. */
  readonly tlp: number
  readonly afterUs: number
  readonly limit: number
  readonly match: Match
}

/** What is filtered for; undefined is everything. */
export interface Match {
  readonly ids: ReadonlySet<string> | undefined
  readonly types: ReadonlySet<string> | undefined
  readonly versions: ReadonlySet<string> | undefined
  readonly specs: ReadonlySet<string> | undefined
}

const LIMIT_DEFAULT = 1_000
const LIMIT_MAX = 5_000
/** Clients have choked on larger answers. */
const PAGE_BYTES_MAX = 4 << 20

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

export function wishOf(query: Query, collection: Collection, tlp: number): PageWish {
  const [added, next] = [one(query, 'added_after'), one(query, 'next')]
  const addedUs = added === undefined ? 0 : usOfTime(added)
  const nextUs = next === undefined ? 0 : placeOf(next)
  if (addedUs === undefined) throw wrong('added_after', 'an RFC 3339 time in UTC, like …:00.000Z')
  if (nextUs === undefined) throw wrong('next', 'what an answer of this server had there')
  // Some clients repeat the time beside the place, some do not.
  const afterUs = Math.max(addedUs, nextUs)
  return { collection, tlp, afterUs, limit: limitOf(query), match: matchOf(query) }
}

function one(query: Query, name: string): string | undefined {
  const value = query[name]
  if (value === undefined || typeof value === 'string') return value
  throw wrong(name, 'given once')
}

function limitOf(query: Query): number {
  const text = one(query, 'limit')
  if (text === undefined) return LIMIT_DEFAULT
  if (!/^[1-9]\d{0,8}$/.test(text)) throw wrong('limit', 'a number from 1')
  return Math.min(Number(text), LIMIT_MAX)
}

function wrong(name: string, what: string): Problem {
  return new Problem('request-malformed', `${name} is ${what}`)
}

export function nextOf(atUs: number): string {
  return Buffer.from(String(atUs)).toString('base64url')
}

function placeOf(next: string): number | undefined {
  const text = Buffer.from(next, 'base64url').toString()
  return /^\d{1,16}$/.test(text) && nextOf(Number(text)) === next ? Number(text) : undefined
}

function matchOf(query: Query): Match {
  const of = (name: string) => {
    const given = query[`match[${name}]`]
    return given === undefined ? undefined : new Set([given].flat().join(',').split(','))
  }
  return {
    ...{ ids: of('id'), types: of('type'), versions: of('version') },
    specs: of('spec_version'),
  }
}

/** The one version there is of each object is its first and its last. */
function isMatch({ ids, types, versions, specs }: Match, object: StixObject): boolean {
  const version = object.modified ?? object.created
  return (
    ids?.has(object.id) !== false &&
    types?.has(object.type) !== false &&
    specs?.has('2.1') !== false &&
    (versions === undefined || ['all', 'first', 'last', version].some((one) => versions.has(one)))
  )
}

function isIn({ category, tlp }: CatalogueItem, wish: Pick<PageWish, 'collection' | 'tlp'>) {
  const wanted = wish.collection.category
  return tlp >= wish.tlp && (wanted === undefined || category === null || category === wanted)
}

/** Written before anything else came: the first places there are. */
export function fixedFor(tlp: number): readonly Placed[] {
  return FIXED_OBJECTS.flatMap(({ tlp: marked, object }, i) =>
    marked >= tlp ? [placedAt(i + 1, object)] : [],
  )
}

function placedAt(atUs: number, object: StixObject): Placed {
  return { atUs, object, text: JSON.stringify(object) }
}

async function* placed(
  store: CatalogueStore,
  wish: Pick<PageWish, 'collection' | 'tlp' | 'afterUs'>,
): AsyncGenerator<readonly Placed[]> {
  yield fixedFor(wish.tlp).filter(({ atUs }) => atUs > wish.afterUs)
  for await (const items of store.after(wish.afterUs)) {
    yield items.flatMap((item) => (isIn(item, wish) ? [placedAt(item.atUs, stixOf(item))] : []))
  }
}

export async function pageOf(store: CatalogueStore, wish: PageWish): Promise<Page> {
  const objects: Placed[] = []
  let bytes = 0
  for await (const some of placed(store, wish)) {
    for (const one of some) {
      if (!isMatch(wish.match, one.object)) continue
      bytes += one.text.length
      const isFull = objects.length === wish.limit || bytes > PAGE_BYTES_MAX
      if (isFull && objects.length > 0) return { objects, more: true }
      objects.push(one)
    }
  }
  return { objects, more: false }
}

/** One object by its STIX id; undefined where the caller has no such. */
export async function placedById(
  store: CatalogueStore,
  id: string,
  wish: Pick<PageWish, 'collection' | 'tlp'>,
): Promise<Placed | undefined> {
  const fixed = fixedFor(wish.tlp).find(({ object }) => object.id === id)
  if (fixed !== undefined) return fixed
  const uuid = /^[a-z-]+--([0-9a-f-]{36})$/.exec(id)?.[1]
  const item = uuid === undefined ? undefined : await store.byId(uuid)
  const isThat = item !== undefined && stixIdOf(item) === id && isIn(item, wish)
  return isThat ? placedAt(item.atUs, stixOf(item)) : undefined
}
