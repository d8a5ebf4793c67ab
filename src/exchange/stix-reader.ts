/**
 * STIX 2.0 and 2.1 as items of our own voice: a bundle, the envelope of a TAXII server, a list, or
 * one object. Indicators become reports, one for each value of the pattern; sightings of them
 * sightings, dissent disputes, and what is revoked takes back. In our own extension stands what the
 * standard has no words for; it must be about the value of the pattern. Everything else is counted.
 */
import { canonicalise } from '../core/canonical-form.js'
import type { NamedValue } from './stix-pattern.js'
import { indicatorsIn } from './stix-pattern.js'
import {
  bucketOf,
  ImportReading,
  isObject,
  listIn,
  textIn,
  type ImportDefaults,
  type Json,
} from './import-item.js'
import { strictest, type Marks } from './marks.js'
import { EXTENSION_ID, TLP_BY_MARKING } from './stix-words.js'

/** What is read of an indicator, or says nothing that anybody would miss. */
const READ = new Set([
  ...['type', 'spec_version', 'id', 'created', 'modified', 'pattern', 'pattern_type'],
  ...['pattern_version', 'valid_from', 'valid_until', 'confidence', 'revoked', 'extensions'],
  ...['object_marking_refs', 'granular_markings', 'created_by_ref'],
])
/** Made of what the extension says. */
const OURS = new Set(['name', 'description', 'indicator_types'])
/** They stand beside what refers to them. */
const CONTEXT = new Set(['marking-definition', 'identity', 'extension-definition', 'bundle'])
const TLP_2 = 'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d'

export function isStix(document: unknown): boolean {
  const objects = objectsOf(document)
  return objects.length > 0 && objects.every((one) => isObject(one) && /--/.test(String(one['id'])))
}

export function readStix(document: unknown, defaults: ImportDefaults, now: number): ImportReading {
  return new StixReader(objectsOf(document), defaults, now).read()
}

function objectsOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document as readonly unknown[]
  if (!isObject(document)) return []
  return Array.isArray(document['objects']) ? listIn(document, 'objects') : [document]
}

class StixReader {
  readonly #objects: readonly unknown[]
  readonly #reading: ImportReading
  readonly #markings = new Map<string, string | undefined>(TLP_BY_MARKING)
  /** Statements and the like: they mark, and forbid nothing that software could know. */
  readonly #others = new Set<string>()
  readonly #values = new Map<string, readonly NamedValue[]>()

  constructor(objects: readonly unknown[], defaults: ImportDefaults, now: number) {
    this.#objects = objects
    this.#reading = new ImportReading(defaults, now)
  }

  read(): ImportReading {
    const all = this.#objects.map((object, i) => ({ object, place: i + 1 }))
    for (const { object } of all) if (isObject(object)) this.#noteMarking(object)
    for (const { object, place } of all) {
      if (!isObject(object)) this.#reading.refuse(place, 'line-malformed', 'not an object')
      else if (object['type'] === 'indicator') this.#indicator(object, place)
    }
    for (const { object, place } of all) if (isObject(object)) this.#about(object, place)
    return this.#reading
  }

  #noteMarking(object: Json): void {
    const id = textIn(object, 'id')
    if (object['type'] !== 'marking-definition' || id === undefined) return
    if (this.#markings.has(id)) return
    const { definition, extensions } = object
    const extension = isObject(extensions) ? extensions[TLP_2] : undefined
    const level = isObject(extension) ? textIn(extension, 'tlp_2_0') : undefined
    const older = isObject(definition) ? textIn(definition, 'tlp') : undefined
    const tlp = level ?? older
    if (tlp === undefined) this.#others.add(id)
    else this.#markings.set(id, tlp === 'white' ? 'clear' : tlp)
  }

  /** Of the whole, also what is marked in part. */
  #marksOf(object: Json) {
    const refs = [
      ...listIn(object, 'object_marking_refs'),
      ...listIn(object, 'granular_markings').flatMap((one) =>
        isObject(one) && textIn(one, 'lang') === undefined ? [one['marking_ref']] : [],
      ),
    ].map(String)
    for (const ref of refs) if (this.#others.has(ref)) this.#reading.left('marking')
    const known = refs.filter((ref) => !this.#others.has(ref))
    return strictest(known.map((ref) => this.#markings.get(ref)))
  }

  #indicator(object: Json, place: number): void {
    const reading = this.#reading
    const pattern = textIn(object, 'pattern') ?? ''
    const values = indicatorsIn(pattern, textIn(object, 'pattern_type') ?? 'stix')
    if (!values.ok) return reading.refuse(place, values.code, values.detail)
    const marks = this.#marksOf(object)
    if (!marks.ok) return reading.refuse(place, marks.code)
    if (listIn(object, 'indicator_types').includes('benign')) return reading.refuse(place, 'benign')
    const claim = claimIn(object)
    if (claim === 'mismatch') return reading.refuse(place, 'claim-mismatch')
    const named = claim === undefined ? values.value : [claim]
    if (claim !== undefined && !areAlike(values.value, claim)) {
      return reading.refuse(place, 'claim-mismatch')
    }
    this.#values.set(String(object['id']), named)
    for (const name of Object.keys(object)) {
      if (!READ.has(name) && !(claim !== undefined && OURS.has(name))) reading.left(name)
    }
    for (const value of named) this.#say(object, place, value, marks.value, claim?.said ?? {})
  }

  #say(object: Json, place: number, named: NamedValue, marks: Marks, said: Said): void {
    const { type, value } = named
    if (object['revoked'] === true) {
      const item = { type, value, reason: 'no-longer-seen' }
      return this.#reading.say({ kind: 'revocation', place, item })
    }
    const { confidence } = object
    const validUntil = textIn(object, 'valid_until')
    this.#reading.report(place, {
      ...{ type, value },
      ...said,
      ...marks,
      ...(typeof confidence === 'number' ? { confidence } : {}),
      ...(validUntil === undefined ? {} : { validUntil }),
    })
  }

  /** What is said of indicators, and what is neither. */
  #about(object: Json, place: number): void {
    const type = textIn(object, 'type') ?? 'object'
    if (type === 'indicator' || CONTEXT.has(type)) return
    if (object['revoked'] === true || (type !== 'sighting' && type !== 'opinion')) {
      return this.#reading.left(type)
    }
    const refs = type === 'sighting' ? [object['sighting_of_ref']] : listIn(object, 'object_refs')
    const extension = extensionOf(object)
    const dissents = /disagree$/.test(textIn(object, 'opinion') ?? '')
    if (type === 'opinion' && !dissents) return this.#reading.left('opinion that agrees')
    for (const ref of refs) {
      const values = this.#values.get(String(ref))
      if (values === undefined) {
        this.#reading.refuse(place, 'reference-unknown')
        continue
      }
      for (const { type: of, value } of values) {
        if (type === 'sighting') this.#sighting(object, place, { type: of, value }, extension)
        else {
          const reason = textIn(extension, 'reason') ?? 'wrong-value'
          this.#reading.say({ kind: 'dispute', place, item: { type: of, value, reason } })
        }
      }
    }
  }

  #sighting(object: Json, place: number, named: NamedValue, extension: Json): void {
    if (object['count'] === 0) return this.#reading.left('sighting of none')
    const { type, value } = named
    const count = textIn(extension, 'count') ?? bucketOf(object['count'])
    const seen = textIn(object, 'last_seen') ?? textIn(object, 'first_seen')
    const item = { type, value, count, ...(seen === undefined ? {} : { seen }) }
    this.#reading.say({ kind: 'sighting', place, item })
  }
}

interface Said {
  readonly action?: string
  readonly category?: string
  readonly evidence?: string
  readonly campaign?: string
  readonly labels?: readonly string[]
  readonly pap?: string
}

interface Claimed extends NamedValue {
  readonly said: Said
}

function extensionOf(object: Json): Json {
  const { extensions } = object
  const extension = isObject(extensions) ? extensions[EXTENSION_ID] : undefined
  return isObject(extension) ? extension : {}
}

/** What the extension says, undefined where there is none; codes are for the voice to judge. */
function claimIn(object: Json): Claimed | 'mismatch' | undefined {
  const extension = extensionOf(object)
  if (Object.keys(extension).length === 0) return undefined
  const [type, value] = [textIn(extension, 'indicator_type'), textIn(extension, 'value')]
  if (type === undefined || value === undefined) return 'mismatch'
  const texts = ['action', 'category', 'evidence', 'campaign', 'pap'].flatMap((name) => {
    const text = textIn(extension, name)
    return text === undefined ? [] : [[name, text] as const]
  })
  const labels = listIn(extension, 'labels').map(String)
  const said = { ...Object.fromEntries(texts), ...(labels.length === 0 ? {} : { labels }) }
  return { type, value, said }
}

/** Whether a pattern names that value and no other. */
function areAlike(values: readonly NamedValue[], { type, value }: NamedValue): boolean {
  const claimed = canonicalise(type, value)
  if (values.length !== 1 || !claimed.ok) return false
  const named = canonicalise(values[0]!.type, values[0]!.value)
  return (
    named.ok && named.value.type === claimed.value.type && named.value.value === claimed.value.value
  )
}
