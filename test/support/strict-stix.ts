/**
 * A reader of STIX 2.1 as strict as the standard: what an object must and must not have, from the
 * text of the specification (OASIS, 10 June 2021), written without a look at what writes them here.
 */
import assert from 'node:assert/strict'

type Json = Readonly<Record<string, unknown>>

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const ID = new RegExp(`^[a-z][a-z0-9-]+[a-z0-9]--${UUID}$`)
/** §3.2: created and modified are precise to the millisecond. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** §3.2 and the tables of §4.9, §5.2, §4.7, §4.12, §7.2: property → whether it is required. */
const COMMON = {
  type: true,
  spec_version: true,
  id: true,
  created: true,
  modified: true,
  created_by_ref: false,
  revoked: false,
  labels: false,
  confidence: false,
  lang: false,
  external_references: false,
  object_marking_refs: false,
  granular_markings: false,
  extensions: false,
} as const
const TYPES: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  indicator: {
    ...COMMON,
    ...{ name: false, description: false, indicator_types: false, pattern: true },
    ...{ pattern_type: true, pattern_version: false, valid_from: true, valid_until: false },
    kill_chain_phases: false,
  },
  sighting: {
    ...COMMON,
    ...{ description: false, first_seen: false, last_seen: false, count: false },
    ...{ sighting_of_ref: true, observed_data_refs: false, where_sighted_refs: false },
    summary: false,
  },
  opinion: {
    ...COMMON,
    ...{ explanation: false, authors: false, opinion: true, object_refs: true },
  },
  identity: {
    ...COMMON,
    ...{ name: true, description: false, roles: false, identity_class: false },
    ...{ sectors: false, contact_information: false },
  },
  'marking-definition': {
    ...COMMON,
    modified: false,
    ...{ name: false, definition_type: false, definition: false },
  },
  'extension-definition': {
    ...COMMON,
    created_by_ref: true,
    ...{ name: true, description: false, schema: true, version: true, extension_types: true },
    extension_properties: false,
  },
}
const OPINIONS = ['strongly-disagree', 'disagree', 'neutral', 'agree', 'strongly-agree']
/** §9.4, as far as one comparison goes: object path, operator, literal. */
const PATH = String.raw`[a-z0-9-]+:[a-zA-Z_]+(?:\.(?:[a-zA-Z_]+|'[^']+'))*`
const LITERAL = String.raw`(?:'(?:[^'\\]|\\['\\])*'|\d+)`
const PATTERN = new RegExp(String.raw`^\[${PATH} (?:=|LIKE|MATCHES) ${LITERAL}\]$`)

/** Throws at the first thing that the standard forbids. */
export function readStix(object: Json): void {
  const type = String(object['type'])
  const known = TYPES[type]
  assert.ok(known !== undefined, `type ${type}`)
  for (const [name, value] of Object.entries(object)) {
    assert.ok(name in known, `${type}: no property ${name}`)
    if (Array.isArray(value)) assert.ok(value.length > 0, `${name}: an empty list`)
    assert.notEqual(value, null, name)
    assert.notEqual(value, '', name)
  }
  for (const [name, isNeeded] of Object.entries(known)) {
    assert.ok(!isNeeded || object[name] !== undefined, `${type}: ${name} is required`)
  }
  assert.equal(object['spec_version'], '2.1')
  assert.match(String(object['id']), ID)
  assert.ok(String(object['id']).startsWith(`${type}--`))
  readTimes(object)
  for (const ref of refsOf(object)) assert.match(ref, ID)
  const { confidence = 0 } = object as { confidence?: number }
  assert.ok(Number.isInteger(confidence) && confidence >= 0 && confidence <= 100)
  for (const [id, extension] of Object.entries((object['extensions'] ?? {}) as Json)) {
    assert.match(id, /^extension-definition--/)
    assert.equal((extension as Json)['extension_type'], 'property-extension')
  }
  if (type === 'indicator') readIndicator(object)
  if (type === 'opinion') assert.ok(OPINIONS.includes(String(object['opinion'])))
}

function readTimes(object: Json): void {
  const names = ['created', 'modified', 'valid_from', 'valid_until', 'first_seen', 'last_seen']
  for (const name of names) if (name in object) assert.match(String(object[name]), TIME, name)
  const rises = (a: string, b: string, isStrict: boolean) => {
    const [from, to] = [object[a] as string | undefined, object[b] as string | undefined]
    if (from === undefined || to === undefined) return
    assert.ok(isStrict ? from < to : from <= to, `${a} ${from}, ${b} ${to}`)
  }
  rises('created', 'modified', false)
  rises('valid_from', 'valid_until', true)
  rises('first_seen', 'last_seen', false)
}

function readIndicator(object: Json): void {
  if (object['pattern_type'] !== 'stix') return
  assert.match(String(object['pattern']), PATTERN)
}

/** Ids that an object names. */
export function refsOf(object: Json): string[] {
  return Object.entries(object).flatMap(([name, value]) => {
    if (name.endsWith('_ref')) return [String(value)]
    return name.endsWith('_refs') ? (value as string[]) : []
  })
}
