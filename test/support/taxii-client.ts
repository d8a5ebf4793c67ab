/** TAXII as its clients use it: pages, and one that dies in the middle and goes on. */
import assert from 'node:assert/strict'
import type { Api, Ask } from '../http/api.js'
import type { Lab } from './lab.js'

export const TAXII = 'application/taxii+json;version=2.1'
export const ROOT = '/taxii2/tocsin/'

export type StixObject = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly type: string
}
export interface Envelope {
  readonly more?: boolean
  readonly next?: string
  readonly objects?: readonly StixObject[]
}

/** As a gateway where nothing else is said. */
export const get = (api: Api, path: string, ask: Ask = {}) =>
  api.ask(
    'GET',
    path,
    ask.headers?.['authorization'] === undefined ? { as: 'gateway', ...ask } : ask,
  )

export async function collectionsOf(api: Api): Promise<ReadonlyMap<string, string>> {
  const { body } = await get(api, `${ROOT}collections/`)
  const collections = body['collections'] as { id: string; title: string }[]
  return new Map(collections.map(({ id, title }) => [title, id]))
}

export async function objectsPath(api: Api, title = 'all'): Promise<string> {
  return `${ROOT}collections/${(await collectionsOf(api)).get(title)!}/objects/`
}

export async function all(
  api: Api,
  query = '',
  ask: Ask = {},
  title = 'all',
): Promise<StixObject[]> {
  const path = await objectsPath(api, title)
  const objects: StixObject[] = []
  let next = ''
  do {
    const answer = await get(api, `${path}?${query}${next}`, ask)
    assert.equal(answer.status, 200, answer.text)
    const page = answer.body as Envelope
    objects.push(...(page.objects ?? []))
    next = page.more === true ? `&next=${page.next!}` : ''
  } while (next !== '')
  return objects
}

export const indicatorsIn = (objects: readonly StixObject[]) =>
  objects.filter(({ type }) => type === 'indicator')
export const addressOf = (n: number) => `203.0.113.${n}`
export const report = (lab: Lab, value: string, more: object = {}) =>
  lab.voice.report([{ type: 'ip', value, ...more }])
export const revoke = (lab: Lab, value: string) =>
  lab.voice.revoke([{ type: 'ip', value, reason: 'no-longer-seen' }])

/** As OpenCTI: keeps `next` while there is more, and the last time when there is none. */
export class Client {
  readonly #objects = new Map<string, StixObject>()
  readonly #seen = new Set<string>()
  #next: string | undefined
  #added: string | undefined
  /** What it last wrote down, to go on from after it has died. */
  #lastDate: string | undefined

  async read(api: Api, limit: number): Promise<boolean> {
    const path = await objectsPath(api)
    const at = this.#next === undefined ? '' : `&next=${this.#next}`
    const added = this.#added === undefined ? '' : `&added_after=${this.#added}`
    const answer = await get(api, `${path}?limit=${limit}${at}${added}`)
    assert.equal(answer.status, 200, answer.text)
    const page = answer.body as Envelope
    for (const object of page.objects ?? []) {
      const version = `${object.id} ${String(object['modified'])}`
      assert.ok(!this.#seen.has(version), 'told twice')
      this.#seen.add(version)
      this.#objects.set(object.id, object)
    }
    this.#lastDate = (answer.headers['x-taxii-date-added-last'] as string) ?? this.#lastDate
    this.#next = page.more === true ? page.next : undefined
    if (page.more !== true) this.#added = this.#lastDate
    return page.more === true
  }

  /** It remembers the place, or no more than the time of the last object. */
  die(hasPlace: boolean): void {
    if (hasPlace) return
    this.#next = undefined
    this.#added = this.#lastDate
  }

  /** Versions of objects that it was told. */
  get told(): number {
    return this.#seen.size
  }

  async rest(api: Api): Promise<void> {
    while (await this.read(api, 3));
  }

  held(): string[] {
    return [...this.#objects.values()]
      .filter(({ type, ...one }) => type === 'indicator' && one['revoked'] !== true)
      .map((one) => String(one['name']))
      .sort()
  }
}
