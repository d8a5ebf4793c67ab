/**
 * What the catalogue is to hold of a key as of now: an indicator for each claim that leaves and
 * each value it leaves as, and beside them who else saw it and who contradicts. And how that meets
 * what it holds already: an object that says something else is another version of itself; one that
 * is marked or filed otherwise is gone and comes as a new one, because who may see the new one and
 * who knew the old one are not the same.
 */
import { actsUntil, standing, type Claim } from '../core/claims.js'
import type { CatalogueContent, CatalogueItem } from '../core/catalogue.js'
import { DISPUTE_REASON, TLP } from '../core/codes.js'
import type { AuthorId } from '../core/identity.js'
import { indicatorOf, keyOf, type Indicator, type IndicatorKey } from '../core/indicator.js'
import type { Statement } from '../core/statement.js'
import { registersOn } from './registers.js'
import { sharedOn } from './shared.js'
import { whoIs } from './said.js'
import type { Lookup } from './verdict.js'

/** As an item; `of` names places instead of ids. */
export type Draft = Pick<
  CatalogueItem,
  'key' | 'place' | 'createdMs' | 'tlp' | 'category' | 'content'
>

/** An item without its place in the order. */
export type Unplaced = Omit<CatalogueItem, 'atUs'>

/** Nothing where nothing of the key leaves. */
export function draftsOn(at: Lookup, key: IndicatorKey, now: number): readonly Draft[] {
  const said = registersOn(at.state.claims, indicatorOf(key))
  const shared = sharedOn(at, indicatorOf(key), now, said)
  if (shared === undefined) return []
  const indicators = shared.claims.flatMap((claim) =>
    shared.values.map((value) => indicatorDraft(key, claim, value)),
  )
  const others: Draft[] = []
  for (const { author, kind, staircase } of said) {
    const entry = kind === 'claim' ? undefined : standing(staircase, now)
    if (entry === undefined || whoIs(at, author, key) === undefined) continue
    const draft = otherDraft(entry.statement, author, indicators)
    if (draft !== undefined) others.push({ ...draft, createdMs: entry.envelope.time })
  }
  return [...indicators, ...others]
}

function indicatorDraft(key: IndicatorKey, claim: Claim, indicator: Indicator): Draft {
  const { envelope, report } = claim
  const { confidence, action, tlp, pap, category, firstHand, evidence, campaign, labels } = report
  const { author } = envelope
  const until = actsUntil(claim)
  const told = { confidence, action, until, pap, firstHand, evidence, campaign, labels }
  return {
    ...{ key, tlp, category, createdMs: envelope.time },
    place: `${author} ${keyOf(indicator)}`,
    content: { kind: 'indicator', author, indicator, ...told },
  }
}

/** Says no more than its indicators do to whoever may see these. */
function otherDraft(
  statement: Statement,
  author: AuthorId,
  indicators: readonly Draft[],
): Omit<Draft, 'createdMs'> | undefined {
  if (statement.kind === 'sighting') {
    const { count, day } = statement
    const [{ key, tlp, category, place: one }] = indicators as [Draft]
    const content = { kind: 'sighting', author, of: [one], count, day } as const
    return { key, tlp, category, place: `sighting ${author}`, content }
  }
  if (statement.kind !== 'dispute' || isWithdrawn(statement.reason)) return undefined
  const { author: about, reason } = statement
  const meant = indicators.filter(({ content }) => about === null || content.author === about)
  const [first] = meant
  if (first === undefined) return undefined
  const tlp = Math.min(...meant.map((one) => one.tlp))
  const content = { kind: 'opinion', author, of: meant.map(({ place }) => place), reason } as const
  const place = `opinion ${author} ${about ?? ''}`
  return { key: first.key, tlp, category: first.category, place, content }
}

function isWithdrawn(reason: number): boolean {
  return reason === DISPUTE_REASON.code('withdrawn')
}

export interface Merge {
  /** What is not as it was: new, another version, or gone. */
  readonly changed: readonly { readonly item: Unplaced; readonly before?: CatalogueItem }[]
  /** All that is there now and not gone: what is new, and what stays as it is. */
  readonly current: readonly (Unplaced | CatalogueItem)[]
}

/** `idOf` names an object that begins; it never gives a name twice. */
export function merge(
  held: readonly CatalogueItem[],
  drafts: readonly Draft[],
  now: number,
  idOf: (draft: Draft) => string,
): Merge {
  const changed: { item: Unplaced; before?: CatalogueItem }[] = []
  const current: (Unplaced | CatalogueItem)[] = []
  const ids = new Map<string, string>()
  const left = new Map(held.map((item) => [item.place, item]))
  for (const draft of drafts) {
    const before = left.get(draft.place)
    const isSame = before !== undefined && isVersion(before, draft)
    if (isSame) left.delete(draft.place)
    const next = isSame ? before : begun(draft, idOf(draft))
    const content = named(draft.content, ids)
    ids.set(draft.place, next.id)
    if (isSame && JSON.stringify(content) === JSON.stringify(before.content)) {
      current.push(before)
      continue
    }
    const modifiedMs = isSame ? laterThan(before, draft.createdMs) : next.modifiedMs
    const { id, key, place, createdMs, tlp, category } = next
    const item = { id, key, place, createdMs, modifiedMs, gone: false, tlp, category, content }
    changed.push({ item, ...(isSame ? { before } : {}) })
    current.push(item)
  }
  const ended = [...left.values()].map((before) => {
    return { item: { ...before, gone: true, modifiedMs: laterThan(before, now) }, before }
  })
  return { changed: [...ended, ...changed], current }
}

/** Whether it is what stands there, as it is now. */
export function isVersion(held: CatalogueItem, { place, tlp, category }: Draft): boolean {
  return held.place === place && held.tlp === tlp && held.category === category
}

function begun(draft: Draft, id: string): Unplaced {
  return { ...draft, id, modifiedMs: draft.createdMs, gone: false }
}

function laterThan({ modifiedMs }: CatalogueItem, ms: number): number {
  return Math.max(ms, modifiedMs + 1)
}

/** Places become the ids of what stands there. */
function named(content: CatalogueContent, ids: ReadonlyMap<string, string>): CatalogueContent {
  if (content.kind !== 'sighting' && content.kind !== 'opinion') return content
  return { ...content, of: content.of.map((place) => ids.get(place)!) }
}

/** When there were such objects first: the same at every lab, whenever it met the author. */
const IDENTITY_MS = Date.UTC(2026, 10, 26)

/** Who says what is in the catalogue. */
export function identityDraft(author: AuthorId, name: string): Draft {
  return {
    key: `identity:${author}`,
    place: 'identity',
    ...{ createdMs: IDENTITY_MS, tlp: TLP.code('clear'), category: null },
    content: { kind: 'identity', author, name },
  }
}
