/** Whatever a document holds, its reader answers: items, codes and counts, never an error. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { INPUT_CODES } from '../../src/core/outcome.js'
import { readCrowdsec } from '../../src/exchange/crowdsec-reader.js'
import { readMapping } from '../../src/exchange/csv-mapping.js'
import { readMisp } from '../../src/exchange/misp-reader.js'
import { CLAIM_MARK } from '../../src/exchange/misp-words.js'
import { readStix } from '../../src/exchange/stix-reader.js'
import { EXTENSION_ID } from '../../src/exchange/stix-words.js'
import { NOW } from '../support/lab.js'

const READERS = { stix: readStix, misp: readMisp, crowdsec: readCrowdsec }
const CLAIM = { type: 'net.ipv4', confidence: 1, action: 'block', validUntil: '2026-12-01' }
const DOCUMENTS = [
  {
    type: 'bundle',
    objects: [
      {
        ...{ type: 'indicator', id: 'indicator--1', pattern: "[ipv4-addr:value = '203.0.113.1']" },
        ...{ pattern_type: 'stix', valid_until: '2026-12-01T00:00:00Z', confidence: 4 },
        object_marking_refs: ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'],
        granular_markings: [{ marking_ref: 'x' }],
        extensions: { [EXTENSION_ID]: { indicator_type: 'net.ipv4', value: '203.0.113.1' } },
      },
      { type: 'marking-definition', id: 'm', definition: { tlp: 'red' }, extensions: {} },
      { type: 'sighting', id: 's', sighting_of_ref: 'indicator--1', count: 3, last_seen: 'x' },
      { type: 'opinion', id: 'o', object_refs: ['indicator--1'], opinion: 'disagree' },
    ],
  },
  {
    response: [
      {
        Event: {
          Tag: [{ name: 'tlp:green' }],
          Attribute: [
            {
              ...{ type: 'ip-src', value: '203.0.113.1', to_ids: true, deleted: false },
              comment: CLAIM_MARK + JSON.stringify(CLAIM),
              Sighting: [{ type: '1', date_sighting: '1' }],
            },
          ],
          Object: [{ name: 'ai-chat-prompt', Attribute: [{ type: 'text', value: 'x' }] }],
        },
      },
    ],
  },
  [{ decisions: [{ scope: 'Ip', type: 'ban', value: '203.0.113.1', duration: '4h' }] }],
]

/** A document with one of its parts replaced by anything. */
const mutated = fc
  .tuple(fc.constantFrom(...DOCUMENTS), fc.nat(40), fc.jsonValue({ maxDepth: 3 }))
  .map(([document, at, value]) => {
    let seen = 0
    const text = JSON.stringify(document, (_key, part: unknown) => (seen++ === at ? value : part))
    return JSON.parse(text) as unknown
  })

describe('exchange: readers, whatever they are given', () => {
  for (const [name, read] of Object.entries(READERS)) {
    it(`${name} answers`, () => {
      fc.assert(
        fc.property(fc.oneof(mutated, fc.jsonValue({ maxDepth: 5 })), (document) => {
          const { entries, unexpressed } = read(document, {}, NOW)
          for (const entry of entries) {
            assert.ok(Number.isInteger(entry.place) && entry.place > 0)
            if (entry.kind === 'refusal') assert.ok(entry.code in INPUT_CODES)
            else assert.ok(typeof entry.item.value === 'string')
          }
          for (const count of unexpressed.values()) assert.ok(count > 0)
        }),
        { numRuns: 3_000 },
      )
    })
  }

  it('a mapping, too', () => {
    fc.assert(fc.property(fc.jsonValue(), (given) => void readMapping(given)))
  })

  it('nesting without end is no error', () => {
    let deep: unknown = []
    for (let i = 0; i < 100_000; i++) deep = [deep]
    for (const read of Object.values(READERS)) read(deep, {}, NOW)
  })
})
