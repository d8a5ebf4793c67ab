/**
 * Objects of the catalogue as events of a MISP feed: one rolling event for each category and day,
 * whose UUID and whose attributes' never change. A time is of whole seconds, and MISP fetches an
 * event again only for a later one; what is of the second that is still running has to stay out.
 */
import { MS_US, type CatalogueEvent, type CatalogueItem } from '../core/catalogue.js'
import { ACTION, BUCKET, CATEGORY, LABEL, PAP, TLP } from '../core/codes.js'
import { peerNameOf, type AuthorId } from '../core/identity.js'
import { typeOf } from '../core/indicator.js'
import { DAY_MS, SECOND_MS } from '../core/limits.js'
import { CLAIM_MARK, MISP_ATTRIBUTES, papTag, tlpTag, type MispClaim } from './misp-words.js'
import { hyphened, instant } from './stix-object.js'
import { uuidOf } from './uuid.js'

/** Whose feed it is, and what authors are called there. */
export interface MispSource {
  readonly own: AuthorId
  readonly name: string
  readonly memberOf: (author: AuthorId) => string
}

interface MispTag {
  readonly name: string
  readonly colour: string
}

/** What manifest and event alike say of an event. */
export interface MispEventHead {
  readonly Orgc: { readonly name: string; readonly uuid: string }
  readonly Tag: readonly MispTag[]
  readonly info: string
  readonly date: string
  readonly analysis: string
  readonly threat_level_id: string
  /** Seconds since 1970 UTC. */
  readonly timestamp: string
}

const COLOURS: Readonly<Record<string, string>> = {
  'tlp:clear': '#ffffff',
  'tlp:green': '#339900',
  'tlp:amber': '#ffc000',
}
const SECOND_US = SECOND_MS * MS_US

export function eventId(own: AuthorId, { category, day }: CatalogueEvent): string {
  return uuidOf('misp-event', own, category, day)
}

/** Of the event that holds an indicator. */
export function eventOfItem({ category, createdMs }: CatalogueItem): CatalogueEvent {
  return { category: category!, day: Math.floor(createdMs / DAY_MS) }
}

/** What an event comes to for whoever reads it. */
export interface EventExtent {
  /** Place of its last change. */
  readonly newestUs: number
  /** Code of the strictest marking in it. */
  readonly tlp: number
}

export function eventHead(
  event: CatalogueEvent,
  { newestUs, tlp }: EventExtent,
  { own, name }: Pick<MispSource, 'own' | 'name'>,
): MispEventHead {
  const date = instant(event.day * DAY_MS).slice(0, 10)
  return {
    Orgc: { name, uuid: uuidOf('misp-organisation', own) },
    Tag: [tagOf(tlpTag(TLP.name(tlp)!))],
    info: `Tocsin: ${CATEGORY.name(event.category)!}, ${date}`,
    date,
    analysis: '2',
    threat_level_id: '4',
    timestamp: secondsOf(newestUs),
  }
}

/** The event without its attributes. */
export function eventBody(event: CatalogueEvent, extent: EventExtent, source: MispSource): object {
  const head = eventHead(event, extent, source)
  const uuid = eventId(source.own, event)
  return { uuid, ...head, published: true, publish_timestamp: head.timestamp }
}

/** Undefined for what is no indicator. */
export function attributeOf(item: CatalogueItem, { own, memberOf }: MispSource) {
  const { content, tlp, category, id, gone, atUs } = item
  if (content.kind !== 'indicator') return undefined
  const { indicator, author, campaign } = content
  const { name } = typeOf(indicator.type)
  const as = MISP_ATTRIBUTES[name]
  if (as === undefined) return undefined
  const labels = content.labels.map((code) => LABEL.name(code)!)
  const pap = PAP.name(content.pap)!
  const claim: MispClaim = {
    type: name,
    confidence: content.confidence,
    action: ACTION.name(content.action)!,
    validUntil: instant(content.until),
    pap,
    category: CATEGORY.name(category!)!,
    evidence: BUCKET.name(content.evidence)!,
    firstHand: content.firstHand,
    ...(campaign === null ? {} : { campaign: hyphened(campaign) }),
    ...(labels.length === 0 ? {} : { labels }),
    author: peerNameOf(author),
    member: memberOf(author),
  }
  return {
    // Another node's feed may have the same claim, and a MISP has an attribute once.
    uuid: uuidOf('misp-attribute', own, id),
    ...{ type: as.type, category: as.category, to_ids: as.toIds && !gone },
    value: indicator.value,
    comment: CLAIM_MARK + JSON.stringify(claim),
    disable_correlation: false,
    timestamp: secondsOf(atUs),
    ...(gone ? { deleted: true } : {}),
    Tag: [tagOf(tlpTag(TLP.name(tlp)!)), tagOf(papTag(pap))],
  }
}

function tagOf(name: string): MispTag {
  return { name, colour: COLOURS[name] ?? '#8c8c8c' }
}

function secondsOf(atUs: number): string {
  return String(Math.floor(atUs / SECOND_US))
}

/** The first place of the second that is running: nothing more comes before it. */
export function secondStartUs(now: number): number {
  return Math.floor(now / SECOND_MS) * SECOND_US
}
