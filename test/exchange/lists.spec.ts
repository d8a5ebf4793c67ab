/** CrowdSec's decisions, and somebody's CSV as a mapping reads it. */
import assert from 'node:assert/strict'
import { isCrowdsec, readCrowdsec } from '../../src/exchange/crowdsec-reader.js'
import {
  mapped,
  missingColumns,
  readMapping,
  type Mapping,
} from '../../src/exchange/csv-mapping.js'
import { NOW } from '../support/lab.js'
import { brief, left } from '../support/readings.js'

describe('exchange: CrowdSec read', () => {
  const decision = (more: object = {}) => ({
    ...{ id: 1, origin: 'cscli', scenario: 'manual', scope: 'Ip', type: 'ban', simulated: false },
    ...{ value: '203.0.113.1', duration: '3h59m24.4s', ...more },
  })
  const read = (...list: unknown[]) => readCrowdsec(list, {}, NOW)

  it('alerts and the list of an API; what it is, how long, and what to do', () => {
    const reading = read(
      { id: 7, decisions: [decision()] },
      decision({ scope: 'AS', value: 'AS64500' }),
    )
    assert.deepEqual(brief(reading), [
      ['report', 'ip', '203.0.113.1'],
      ['report', 'asn', '64500'],
    ])
    const [first] = reading.entries
    assert.ok(first?.kind === 'report')
    assert.equal(first.item.action, 'block')
    assert.equal(Date.parse(first.item.validUntil!) - NOW, 14_364_400)
    assert.deepEqual(left(reading), { origin: 2, scenario: 2 })
    assert.ok(isCrowdsec([decision()]) && !isCrowdsec([]) && !isCrowdsec({}))
  })

  it('a captcha asks for a challenge; what is tried out or of a country is refused', () => {
    const actions = read(decision({ type: 'captcha' })).entries
    assert.equal(actions[0]?.kind === 'report' && actions[0].item.action, 'challenge')
    assert.deepEqual(
      brief(
        read(
          decision({ simulated: true }),
          decision({ scope: 'Country', value: 'XX' }),
          decision({ type: 'mfa' }),
          decision({ duration: 'soon' }),
        ),
      ),
      ['simulated', 'type-unmapped', 'action-unknown', 'ttl-malformed'],
    )
  })
})

describe('exchange: a mapping of a CSV', () => {
  const GIVEN = {
    delimiter: ';',
    fields: {
      value: { column: 'ip' },
      type: { constant: 'ip' },
      confidence: { column: 'score', scale: [0, 10] },
      category: { column: 'kind', values: { scraper: 'probing' }, otherwise: 'unspecified' },
      labels: { constant: 'automated;synthetic' },
    },
    skip: [{ column: 'status', is: ['inactive'] }],
  }
  const mapping = readMapping(GIVEN) as Mapping
  const columns = ['ip', 'score', 'kind', 'status']

  it('columns, constants, words and a scale of its own become an item', () => {
    const item = mapped(mapping, columns, ['203.0.113.1', '7.5', 'scraper', 'active'])
    assert.deepEqual(item.ok && item.value, {
      ...{ value: '203.0.113.1', type: 'ip', confidence: 75, category: 'probing' },
      labels: ['automated', 'synthetic'],
    })
    const other = mapped(mapping, columns, ['203.0.113.1', '', 'other', 'active'])
    assert.equal(other.ok && other.value!.category, 'unspecified')
    const skipped = mapped(mapping, columns, ['203.0.113.1', '1', '', 'inactive'])
    assert.deepEqual(skipped, { ok: true, value: undefined })
    const wrong = mapped(mapping, columns, ['203.0.113.1', '80', '', ''])
    assert.equal(!wrong.ok && wrong.code, 'confidence-range')
    assert.deepEqual(missingColumns(mapping, ['ip', 'kind']), ['score', 'status'])
  })

  it('says everything that is wrong with it at once, with the nearest key', () => {
    const reading = readMapping({
      delimter: ';',
      delimiter: 'ab',
      fields: { valeu: { column: 'ip' }, tlp: {}, ttl: { column: 'a', scale: [0, 1] } },
      skip: [{ column: 'x' }],
    })
    assert.ok('errors' in reading)
    const told = reading.errors.join('\n')
    for (const part of [
      /delimter: no such key; did you mean delimiter\?/,
      /^delimiter: is one of/m,
      /fields\.valeu: no such key; did you mean value\?/,
      /fields\.tlp: comes from a column or is a constant/,
      /fields\.ttl: scale/,
      /fields\.value: is needed/,
      /skip\[0\]/,
    ]) {
      assert.match(told, part)
    }
    assert.ok('errors' in readMapping([]))
  })
})
