/** STIX as others write it: what becomes of each object, what is refused, what is counted. */
import assert from 'node:assert/strict'
import { DAY_MS } from '../../src/core/limits.js'
import { INPUT_CODES, type InputCode } from '../../src/core/outcome.js'
import { isStix, readStix } from '../../src/exchange/stix-reader.js'
import { EXTENSION_ID } from '../../src/exchange/stix-words.js'
import { NOW } from '../support/lab.js'
import { brief, left } from '../support/readings.js'

const IN_A_DAY = new Date(NOW + DAY_MS).toISOString()

describe('exchange: STIX read', () => {
  const id = (n: number, type = 'indicator') => `${type}--00000000-0000-4000-8000-00000000000${n}`
  const indicator = (more: object = {}, n = 1) => ({
    ...{ type: 'indicator', spec_version: '2.1', id: id(n), created: IN_A_DAY, modified: IN_A_DAY },
    ...{ pattern: "[ipv4-addr:value = '203.0.113.1']", pattern_type: 'stix' },
    ...{ valid_from: IN_A_DAY, ...more },
  })
  const read = (...objects: unknown[]) =>
    readStix({ type: 'bundle', id: id(0, 'bundle'), objects }, {}, NOW)
  const marked = (...refs: string[]) => indicator({ object_marking_refs: refs })
  const TLP = {
    green: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da',
    red: 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
    strict: 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
  }

  it('a foreign indicator is second-hand, only to be observed, and keeps end and mark', () => {
    const given = { confidence: 40, valid_until: IN_A_DAY, object_marking_refs: [TLP.green] }
    const { entries } = read(indicator(given))
    assert.deepEqual(entries, [
      {
        kind: 'report',
        place: 1,
        item: {
          ...{ type: 'net.ipv4', value: '203.0.113.1', action: 'observe', firstHand: false },
          ...{ tlp: 'green', confidence: 40, validUntil: IN_A_DAY },
        },
      },
    ])
  })

  it('a bundle, an envelope, a list and an object alone are all read', () => {
    for (const document of [
      { type: 'bundle', objects: [indicator()] },
      { more: false, objects: [indicator()] },
      [indicator()],
      indicator(),
    ]) {
      assert.ok(isStix(document))
      assert.equal(readStix(document, {}, NOW).entries.length, 1)
    }
    for (const none of [{}, [], 'x', null, { Event: {} }]) assert.ok(!isStix(none))
  })

  it('sightings, dissent and what is revoked; a life that is too long is cut', () => {
    const late = new Date(NOW + 400 * DAY_MS).toISOString()
    const reading = read(
      indicator({ valid_until: late }),
      indicator({ revoked: true, pattern: "[domain-name:value = 'a.example']" }, 2),
      { type: 'sighting', id: id(3, 'sighting'), sighting_of_ref: id(1), count: 7 },
      { type: 'opinion', id: id(4, 'opinion'), object_refs: [id(1)], opinion: 'disagree' },
      { type: 'opinion', id: id(5, 'opinion'), object_refs: [id(1)], opinion: 'agree' },
      { type: 'sighting', id: id(6, 'sighting'), sighting_of_ref: id(9) },
    )
    assert.deepEqual(brief(reading), [
      ['report', 'net.ipv4', '203.0.113.1'],
      ['revocation', 'net.domain', 'a.example', 'no-longer-seen'],
      ['sighting', 'net.ipv4', '203.0.113.1', '5-19'],
      ['dispute', 'net.ipv4', '203.0.113.1', 'wrong-value'],
      'reference-unknown',
    ])
    const [first] = reading.entries
    assert.ok(first?.kind === 'report' && first.clipped === true)
    assert.ok(Date.parse(first.item.validUntil!) <= NOW + 7 * DAY_MS)
    assert.deepEqual(left(reading), { 'opinion that agrees': 1 })
  })

  const REFUSED: readonly (readonly [what: string, object: unknown, code: InputCode])[] = [
    [
      'a pattern of something else',
      indicator({ pattern: "[url:value = 'x']" }),
      'pattern-unsupported',
    ],
    ['RED', marked(TLP.red), 'tlp-forbids'],
    ['AMBER+STRICT', marked(TLP.green, TLP.strict), 'tlp-forbids'],
    ['a mark that nobody knows', marked(id(8, 'marking-definition')), 'marking-unknown'],
    [
      'a mark of a part',
      indicator({ granular_markings: [{ marking_ref: TLP.red }] }),
      'tlp-forbids',
    ],
    ['what is harmless', indicator({ indicator_types: ['benign'] }), 'benign'],
    ['no object', 7, 'line-malformed'],
    [
      'an extension about another value',
      indicator({
        extensions: { [EXTENSION_ID]: { indicator_type: 'net.ipv4', value: '203.0.113.2' } },
      }),
      'claim-mismatch',
    ],
  ]
  for (const [what, object, code] of REFUSED) {
    it(`${what} is refused: ${INPUT_CODES[code]}`, () => {
      assert.deepEqual(brief(read(object, indicator({}, 2))), [
        code,
        ['report', 'net.ipv4', '203.0.113.1'],
      ])
    })
  }

  it('a mark that the document defines itself is understood, a statement forbids nothing', () => {
    const own = { type: 'marking-definition', id: id(7, 'marking-definition') }
    const tlp = { ...own, definition_type: 'tlp', definition: { tlp: 'red' } }
    assert.deepEqual(brief(read(tlp, marked(own.id))), ['tlp-forbids'])
    const statement = { ...own, definition_type: 'statement', definition: { statement: '© x' } }
    assert.equal(read(statement, marked(own.id)).entries[0]!.kind, 'report')
  })

  it('texts and what is no indicator are counted, never carried', () => {
    const reading = read(
      indicator({ name: 'n', description: 'a customer wrote', kill_chain_phases: [{}] }),
      { type: 'malware', id: id(2, 'malware'), name: 'm' },
      { type: 'x-prompt', id: id(3, 'x-prompt'), value: 'Ignore all previous' },
    )
    const counted = { name: 1, description: 1, kill_chain_phases: 1, malware: 1, 'x-prompt': 1 }
    assert.deepEqual(left(reading), counted)
    assert.doesNotMatch(JSON.stringify(reading.entries), /customer|Ignore/)
  })
})
