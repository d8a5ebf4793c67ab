/**
 * Objects of the catalogue as STIX 2.1. What is written passes the standard's own schemas and the
 * strict readers that are in use: three decimals of a second, no empty lists, nothing custom but in
 * the one extension. Texts are made of closed words: none is anybody's.
 */
import type { CatalogueContent, CatalogueItem } from '../core/catalogue.js'
import {
  ACTION,
  BUCKET,
  CATEGORY,
  DISPUTE_REASON,
  LABEL,
  PAP,
  TLP,
  type CodeTable,
} from '../core/codes.js'
import { peerNameOf } from '../core/identity.js'
import { typeOf } from '../core/indicator.js'
import { DAY_MS } from '../core/limits.js'
import { patternOf } from './stix-pattern.js'
import {
  EXTENSION_ID,
  TLP_MARKINGS,
  type StixClaim,
  type StixOpinion,
  type StixSighting,
} from './stix-words.js'
import { uuidOf } from './uuid.js'

export interface StixObject {
  readonly type: string
  readonly spec_version: '2.1'
  readonly id: string
  readonly created: string
  readonly modified?: string
  readonly [property: string]: unknown
}

/** Of the standard (§7.2.1.4): these are the whole of it, and no reader takes others. */
const MARKING_CREATED = '2017-01-20T00:00:00.000Z'
/** When the extension was drawn up. */
const EXTENSION_CREATED = '2026-11-26T00:00:00.000Z'

/** What every object may refer to, whatever is in the catalogue. `tlp` is who may see it. */
export const FIXED_OBJECTS: readonly { readonly tlp: number; readonly object: StixObject }[] = [
  ...Object.entries(TLP_MARKINGS).map(([name, { id, tlp }]) => ({
    tlp: TLP.parse(name)!,
    object: {
      ...({
        type: 'marking-definition',
        spec_version: '2.1',
        id,
        created: MARKING_CREATED,
      } as const),
      ...{ definition_type: 'tlp', name: `TLP:${tlp.toUpperCase()}`, definition: { tlp } },
    },
  })),
  { tlp: TLP.code('clear'), object: identity('tocsin', 'Tocsin', EXTENSION_CREATED) },
  {
    tlp: TLP.code('clear'),
    object: {
      type: 'extension-definition',
      spec_version: '2.1',
      id: EXTENSION_ID,
      created_by_ref: identityId('tocsin'),
      created: EXTENSION_CREATED,
      modified: EXTENSION_CREATED,
      name: 'Tocsin report',
      description: 'What a federation of labs says of an indicator beyond STIX: see src/exchange',
      schema: 'src/exchange/stix-words.ts',
      version: '1.0.0',
      extension_types: ['property-extension'],
    },
  },
]

/** Of one author: who hears it from several nodes sees one. */
function identityId(...name: readonly string[]): string {
  return `identity--${uuidOf('identity', ...name)}`
}

function identity(of: string, name: string, created: string, modified = created): StixObject {
  return {
    ...{ type: 'identity', spec_version: '2.1', id: identityId(of), created, modified, name },
    identity_class: 'organization',
  }
}

/** The id of an item's object. */
export function stixIdOf({ id, content }: CatalogueItem): string {
  return `${content.kind}--${id}`
}

export function stixOf(item: CatalogueItem): StixObject {
  const { content } = item
  const [created, modified] = [instant(item.createdMs), instant(item.modifiedMs)]
  if (content.kind === 'identity') return identity(content.author, content.name, created, modified)
  const marking = TLP_MARKINGS[TLP.name(item.tlp) as keyof typeof TLP_MARKINGS].id
  return {
    ...{ type: content.kind, spec_version: '2.1', id: stixIdOf(item), created, modified },
    created_by_ref: identityId(content.author),
    ...(item.gone ? { revoked: true } : {}),
    object_marking_refs: [marking],
    ...told(item, content),
  }
}

function told(
  item: CatalogueItem,
  content: Exclude<CatalogueContent, { kind: 'identity' }>,
): object {
  switch (content.kind) {
    case 'indicator':
      return indicator(item, content)
    case 'sighting':
      return sighting(content)
    case 'opinion':
      return opinion(content)
  }
}

function indicator(
  { category, createdMs }: CatalogueItem,
  content: Extract<CatalogueContent, { kind: 'indicator' }>,
) {
  const { indicator: key, author, confidence, until, firstHand, campaign } = content
  const { name } = typeOf(key.type)
  const labels = content.labels.map((code) => nameIn(LABEL, code))
  const claim: StixClaim = {
    extension_type: 'property-extension',
    ...{ indicator_type: name, value: key.value },
    action: nameIn(ACTION, content.action),
    pap: nameIn(PAP, content.pap),
    category: nameIn(CATEGORY, category!),
    evidence: nameIn(BUCKET, content.evidence),
    first_hand: firstHand,
    ...(campaign === null ? {} : { campaign: hyphened(campaign) }),
    ...(labels.length === 0 ? {} : { labels }),
    author: peerNameOf(author),
  }
  const hand = firstHand ? 'Seen by its author' : 'Passed on by its author'
  return {
    name: key.value,
    description: `${hand}, filed under ${claim.category}; advice: ${claim.action}`,
    indicator_types: ['malicious-activity'],
    ...patternOf(key),
    pattern_version: '2.1',
    valid_from: instant(createdMs),
    // The standard wants it later, even of what was over before it began.
    valid_until: instant(Math.max(until, createdMs + 1)),
    confidence,
    extensions: { [EXTENSION_ID]: claim },
  }
}

function sighting({ of, author, count, day }: Extract<CatalogueContent, { kind: 'sighting' }>) {
  const seen: StixSighting = {
    extension_type: 'property-extension',
    count: nameIn(BUCKET, count),
  }
  return {
    sighting_of_ref: `indicator--${of[0]!}`,
    where_sighted_refs: [identityId(author)],
    first_seen: instant(day * DAY_MS),
    last_seen: instant((day + 1) * DAY_MS - 1),
    extensions: { [EXTENSION_ID]: seen },
  }
}

function opinion({ of, reason }: Extract<CatalogueContent, { kind: 'opinion' }>) {
  const why: StixOpinion = {
    extension_type: 'property-extension',
    reason: nameIn(DISPUTE_REASON, reason),
  }
  return {
    opinion: 'strongly-disagree',
    explanation: why.reason,
    object_refs: of.map((id) => `indicator--${id}`),
    extensions: { [EXTENSION_ID]: why },
  }
}

function nameIn<Name extends string>(table: CodeTable<Name>, code: number): Name {
  const name = table.name(code)
  if (name === undefined) throw new Error(`no code ${code}`)
  return name
}

export function instant(ms: number): string {
  return new Date(ms).toISOString()
}

/** A campaign as people write it. */
export function hyphened(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
