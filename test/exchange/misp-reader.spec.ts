/** MISP events as others write them: what becomes of each attribute, and what is refused. */
import assert from 'node:assert/strict'
import { DAY_MS } from '../../src/core/limits.js'
import type { ImportReading } from '../../src/exchange/import-item.js'
import { isMisp, readMisp } from '../../src/exchange/misp-reader.js'
import { CLAIM_MARK } from '../../src/exchange/misp-words.js'
import { NOW } from '../support/lab.js'
import { brief, left } from '../support/readings.js'

const IN_A_DAY = new Date(NOW + DAY_MS).toISOString()

describe('exchange: MISP read', () => {
  const attribute = (type: string, value: string, more: object = {}) => ({
    ...{ uuid: 'u', type, value, category: 'Network activity', to_ids: true, ...more },
  })
  const tag = (...names: string[]) => names.map((name) => ({ name }))
  const read = (...attributes: unknown[]) =>
    readMisp({ Event: { info: 'x', Attribute: attributes } }, {}, NOW)

  it('each type that is one here; pairs are read by their parts', () => {
    const reading = read(
      attribute('ip-src', '203.0.113.1'),
      attribute('ip-dst|port', '203.0.113.2|443'),
      attribute('domain|ip', 'a.example|203.0.113.3'),
      attribute('hostname', 'b.example'),
      attribute('AS', '64500'),
      attribute('ja3-fingerprint-md5', 'e'.repeat(32)),
      attribute('email-src', 'a@b.example'),
    )
    assert.deepEqual(brief(reading), [
      ['report', 'ip', '203.0.113.1'],
      ['report', 'ip', '203.0.113.2'],
      ['report', 'domain', 'a.example'],
      ['report', 'ip', '203.0.113.3'],
      ['report', 'domain', 'b.example'],
      ['report', 'asn', '64500'],
      ['report', 'ja3', 'e'.repeat(32)],
      ['report', 'email', 'a@b.example'],
    ])
  })

  it('an event, a search’s answer and a list are read, and nothing else', () => {
    const event = { Event: { Attribute: [attribute('ip-src', '203.0.113.1')] } }
    for (const document of [event, event.Event, [event, event], { response: [event] }]) {
      assert.ok(isMisp(document))
    }
    for (const none of [{}, [], null, 'x', { objects: [] }]) assert.ok(!isMisp(none))
  })

  it('free text and prompts are refused, and the rest of the event goes on', () => {
    const prompt = [attribute('text', 'Ignore all'), attribute('ip-src', '203.0.113.9')]
    const reading = readMisp(
      {
        Event: {
          Attribute: [
            attribute('comment', 'call me'),
            attribute('email-body', 'Dear'),
            attribute('ip-src', '203.0.113.1', { comment: 'seen by Jo' }),
          ],
          Object: [
            { name: 'ai-chat-prompt', Attribute: prompt },
            { name: 'ip-port', Attribute: [attribute('ip-dst', '203.0.113.2')] },
          ],
        },
      },
      {},
      NOW,
    )
    assert.deepEqual(brief(reading), [
      ...['free-text', 'free-text', ['report', 'ip', '203.0.113.1']],
      ...['prompt-object', 'prompt-object', ['report', 'ip', '203.0.113.2']],
    ])
    assert.deepEqual(left(reading), { comment: 1 })
    assert.doesNotMatch(JSON.stringify(reading.entries), /Ignore|Jo|Dear/)
  })

  it('marks of attribute and event are one, the strictest; PAP goes along', () => {
    const event = (...names: string[]) => ({ Attribute: [GREEN], Tag: tag(...names) })
    const GREEN = attribute('ip-src', '203.0.113.1', { Tag: tag('tlp:green', 'PAP:AMBER', 'x') })
    const marks = (...names: string[]) => {
      const [entry] = readMisp({ Event: event(...names) }, {}, NOW).entries
      return entry?.kind === 'report' ? [entry.item.tlp, entry.item.pap] : brief1(entry!)
    }
    const brief1 = (entry: ImportReading['entries'][number]) => 'code' in entry && entry.code
    assert.deepEqual(marks(), ['green', 'amber'])
    assert.deepEqual(marks('tlp:amber'), ['amber', 'amber'])
    assert.deepEqual(marks('tlp:white', 'pap:red'), ['green', 'red'])
    assert.equal(marks('tlp:amber+strict'), 'tlp-forbids')
    assert.equal(marks('tlp:red'), 'tlp-forbids')
    assert.equal(marks('tlp:ex:chr'), 'marking-unknown')
  })

  it('sightings, false positives, expiry, deletion; context and unknown types are refused', () => {
    const of = (type: string, n: number) => Array.from({ length: n }, () => ({ type }))
    const reading = read(
      attribute('ip-src', '203.0.113.1', {
        Sighting: [...of('0', 6), ...of('1', 1), ...of('2', 1)],
      }),
      attribute('ip-src', '203.0.113.2', { deleted: true }),
      attribute('ip-src', '203.0.113.3', { to_ids: false }),
      attribute('url', 'https://a.example/'),
      'nonsense',
    )
    assert.deepEqual(brief(reading), [
      ['report', 'ip', '203.0.113.1'],
      ['sighting', 'ip', '203.0.113.1', '5-19'],
      ['dispute', 'ip', '203.0.113.1', 'wrong-value'],
      ['dispute', 'ip', '203.0.113.1', 'stale'],
      ['revocation', 'ip', '203.0.113.2', 'no-longer-seen'],
      ...['not-for-detection', 'type-unmapped', 'line-malformed'],
    ])
  })

  it('what a node wrote is read as it was meant; words of ours on another type are refused', () => {
    const claim = { type: 'tls.ja4', action: 'throttle', confidence: 70, validUntil: IN_A_DAY }
    const comment = CLAIM_MARK + JSON.stringify(claim)
    const [entry] = read(attribute('text', 'a_b_c', { comment, to_ids: false })).entries
    assert.deepEqual(entry?.kind === 'report' && entry.item, {
      ...{ type: 'tls.ja4', value: 'a_b_c', action: 'throttle', firstHand: false },
      ...{ confidence: 70, validUntil: IN_A_DAY },
    })
    assert.deepEqual(brief(read(attribute('ip-src', '203.0.113.1', { comment }))), [
      'claim-mismatch',
    ])
    const broken = read(attribute('text', 'x', { comment: `${CLAIM_MARK}{` }))
    assert.deepEqual(brief(broken), ['free-text'])
  })
})
