/**
 * MISP events as items of our own voice: one event, what a search answers, or a list. Attributes
 * that are to be acted on become reports; sightings become sightings, and marks of false positives
 * and of expiry disputes; what is deleted is taken back. Free text is refused, and so is everything
 * in an `ai-chat-prompt` object: those hold what people have written.
 */
import { CLAIM_MARK, MISP_ATTRIBUTES, type MispClaim } from './misp-words.js'
import {
  bucketOf,
  isoOf,
  ImportReading,
  isObject,
  listIn,
  textIn,
  type ImportDefaults,
  type Json,
} from './import-item.js'
import { SECOND_MS } from '../core/limits.js'
import { strictest } from './marks.js'

/** MISP's types and ours; of a pair the part that is read. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  'ip-src': ['ip'],
  'ip-dst': ['ip'],
  'ip-src|port': ['ip', ''],
  'ip-dst|port': ['ip', ''],
  domain: ['domain'],
  hostname: ['domain'],
  'domain|ip': ['domain', 'ip'],
  AS: ['asn'],
  'ja3-fingerprint-md5': ['ja3'],
  'user-agent': ['ua'],
  bin: ['bin'],
  email: ['email'],
  'email-src': ['email'],
  'email-dst': ['email'],
  'phone-number': ['phone'],
}
/** Types of what a person wrote. */
const FREE_TEXT =
  /^(?:text|comment|other|email-(?:subject|body|header)|.*-(?:text|comment)|github-.*|twitter-.*)$/
const PROMPTS = 'ai-chat-prompt'
const MARK = /^(?:tlp|pap):/
/** What is read of an attribute, or says nothing that anybody would miss. */
const READ = new Set([
  ...['uuid', 'id', 'event_id', 'object_id', 'type', 'category', 'value', 'to_ids', 'deleted'],
  ...['timestamp', 'Tag', 'Sighting', 'disable_correlation', 'distribution', 'sharing_group_id'],
  ...['value1', 'value2', 'object_relation', 'Galaxy', 'ShadowAttribute'],
])

export function isMisp(document: unknown): boolean {
  return eventsOf(document).length > 0
}

export function readMisp(document: unknown, defaults: ImportDefaults, now: number): ImportReading {
  const reading = new ImportReading(defaults, now)
  const reader = new MispReader(reading)
  for (const event of eventsOf(document)) reader.read(event)
  return reading
}

/** `{Event}`, `{response: [{Event}]}`, a list of them, or what stands in `Event`. */
function eventsOf(document: unknown): readonly Json[] {
  const isAnswer = isObject(document) && Array.isArray(document['response'])
  const list = isAnswer ? listIn(document, 'response') : document
  return (Array.isArray(list) ? (list as unknown[]) : [list]).flatMap((one) => {
    const event = isObject(one) && isObject(one['Event']) ? one['Event'] : one
    const isEvent =
      isObject(event) && [event['Attribute'], event['Object']].some((part) => Array.isArray(part))
    return isEvent ? [event] : []
  })
}

class MispReader {
  readonly #reading: ImportReading
  #place = 0

  constructor(reading: ImportReading) {
    this.#reading = reading
  }

  read(event: Json): void {
    for (const attribute of listIn(event, 'Attribute')) this.#attribute(attribute, event)
    for (const object of listIn(event, 'Object')) {
      if (!isObject(object)) continue
      const isPrompt = object['name'] === PROMPTS
      for (const attribute of listIn(object, 'Attribute')) {
        if (isPrompt) this.#reading.refuse(++this.#place, 'prompt-object')
        else this.#attribute(attribute, event, object)
      }
    }
    for (const name of ['EventReport', 'Galaxy']) {
      const count = listIn(event, name).length
      if (count > 0) this.#reading.left(name, count)
    }
  }

  #attribute(attribute: unknown, event: Json, object: Json = {}): void {
    const place = ++this.#place
    const reading = this.#reading
    if (!isObject(attribute)) return reading.refuse(place, 'line-malformed', 'not an object')
    const all = this.#marksOf(attribute, object, event)
    if (!all.ok) return reading.refuse(place, all.code)
    const named = namedIn(attribute)
    if (typeof named === 'string') return reading.refuse(place, named)
    // A node marks each attribute by itself, and the event as the strictest of them.
    const own = named.claim === undefined ? all : this.#marksOf(attribute)
    const marks = { ...all.value, ...(own.ok ? own.value : {}) }
    const isGone = [attribute, object, event].some((one) => isTrue(one['deleted']))
    if (!isGone && named.claim === undefined && !isTrue(attribute['to_ids'])) {
      return reading.refuse(place, 'not-for-detection')
    }
    for (const name of tagsOf(attribute)) if (!MARK.test(name)) reading.left('Tag')
    for (const name of Object.keys(attribute)) {
      const isOurs = name === 'comment' && named.claim !== undefined
      if (!READ.has(name) && !isOurs && !isEmpty(attribute[name])) reading.left(name)
    }
    for (const { type, value } of named.values) {
      if (isGone) {
        const item = { type, value, reason: 'no-longer-seen' }
        reading.say({ kind: 'revocation', place, item })
      } else {
        reading.report(place, { type, value, ...saidIn(named.claim), ...marks })
        this.#sightings(attribute, place, { type, value })
      }
    }
  }

  #marksOf(...tagged: readonly Json[]) {
    const names = tagged.flatMap(tagsOf)
    const after = (prefix: string) =>
      names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
    const tlps = after('tlp:').map((tlp) => (tlp === 'white' ? 'clear' : tlp))
    return strictest(tlps, after('pap:'))
  }

  /** Type 0 saw it, 1 calls it a false positive, 2 says that it is over. */
  #sightings(attribute: Json, place: number, named: Named): void {
    const sightings = listIn(attribute, 'Sighting').filter(isObject)
    const of = (type: string) => sightings.filter((one) => String(one['type'] ?? '0') === type)
    const seen = of('0')
    if (seen.length > 0) {
      const lastS = Math.max(0, ...seen.map((one) => Number(one['date_sighting'] ?? 0) || 0))
      const at = lastS > 0 ? isoOf(lastS * SECOND_MS) : undefined
      const day = at === undefined ? {} : { seen: at }
      const item = { ...named, count: bucketOf(seen.length), ...day }
      this.#reading.say({ kind: 'sighting', place, item })
    }
    for (const [type, reason] of [
      ['1', 'wrong-value'],
      ['2', 'stale'],
    ] as const) {
      const item = { ...named, reason }
      if (of(type).length > 0) this.#reading.say({ kind: 'dispute', place, item })
    }
  }
}

function tagsOf(object: Json): string[] {
  const names = listIn(object, 'Tag').flatMap((tag) => (isObject(tag) ? textIn(tag, 'name') : []))
  return names.map((name) => (name ?? '').toLowerCase().replaceAll('"', ''))
}

interface Named {
  readonly type: string
  readonly value: string
}

interface Read {
  readonly values: readonly Named[]
  readonly claim: Partial<MispClaim> | undefined
}

type NamingCode = 'free-text' | 'type-unmapped' | 'claim-mismatch'

/** What an attribute is about, by our own words where it has them, or why that is nothing. */
function namedIn(attribute: Json): Read | NamingCode {
  const type = textIn(attribute, 'type') ?? ''
  const value = textIn(attribute, 'value') ?? ''
  const claim = claimIn(attribute)
  if (claim !== undefined) {
    const ours = MISP_ATTRIBUTES[claim.type ?? '']
    if (ours?.type !== type) return 'claim-mismatch'
    return { values: [{ type: claim.type!, value }], claim }
  }
  if (FREE_TEXT.test(type)) return 'free-text'
  const parts = TYPES[type]
  if (parts === undefined) return 'type-unmapped'
  const given = value.split('|')
  const values = parts.flatMap((part, i) =>
    part === '' ? [] : [{ type: part, value: (given[i] ?? '').trim() }],
  )
  return { values, claim: undefined }
}

/** Of an attribute that a node has written; what is not all of texts is somebody else's remark. */
function claimIn(attribute: Json): Partial<MispClaim> | undefined {
  const comment = textIn(attribute, 'comment') ?? ''
  if (!comment.startsWith(CLAIM_MARK)) return undefined
  try {
    const claim = JSON.parse(comment.slice(CLAIM_MARK.length)) as unknown
    return isObject(claim) && typeof claim['type'] === 'string' ? claim : undefined
  } catch {
    return undefined
  }
}

/** Codes and numbers alone, each for the voice to judge. */
function saidIn(claim: Partial<MispClaim> | undefined) {
  if (claim === undefined) return {}
  const { confidence, action, validUntil, category, evidence, campaign, labels } = claim
  const texts = { action, validUntil, category, evidence, campaign }
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => typeof text === 'string')),
    ...(typeof confidence === 'number' ? { confidence } : {}),
    ...(Array.isArray(labels) ? { labels: labels.map(String) } : {}),
  }
}

function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === '1'
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}
