/**
 * From what was asked to the statement that says it, and every code with which asking is refused.
 */
import assert from 'node:assert/strict'
import { parseDuration, reportOf, revocationOf } from '../../src/core/request.js'
import type { ReportItem } from '../../src/core/ports.js'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/core/limits.js'
import type { InputCode } from '../../src/core/outcome.js'
import { report, T0 } from '../support/samples.js'

const item = (changes: Partial<ReportItem> = {}): ReportItem => ({
  type: 'ip',
  value: '198.51.100.7',
  ...changes,
})

describe('core/request: reportOf', () => {
  it('fills in the defaults', () => {
    const made = reportOf(item(), T0)
    assert.deepEqual(made, {
      ok: true,
      value: report({ until: T0 + DAY_MS, category: 0, evidence: 0 }),
    })
  })

  it('takes names for every code', () => {
    const made = reportOf(
      item({
        confidence: 0,
        action: 'observe',
        ttl: '90m',
        category: 'reseller-proxy',
        campaign: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
        tlp: 'amber+strict',
        pap: 'clear',
        evidence: '20–99',
        firstHand: false,
        labels: ['drill', 'automated', 'drill'],
      }),
      T0,
    )
    assert.deepEqual(made, {
      ok: true,
      value: report({
        confidence: 0,
        action: 1,
        until: T0 + 90 * MINUTE_MS,
        category: 6,
        campaign: '6f9619ff8b86d011b42d00c04fc964ff',
        tlp: 2,
        pap: 4,
        evidence: 3,
        firstHand: false,
        labels: [1, 4],
      }),
    })
  })

  it('takes validUntil with its zone', () => {
    const at = (validUntil: string) => reportOf(item({ validUntil }), T0)
    const zulu = at('2026-09-02T12:00:00Z')
    assert.ok(zulu.ok)
    assert.equal(zulu.value.until, T0 + 36 * HOUR_MS)
    assert.deepEqual(at('2026-09-02T14:00:00+02:00'), zulu)
  })

  const REFUSED: readonly (readonly [InputCode, Partial<ReportItem>])[] = [
    ['type-unknown', { type: 'mac' }],
    ['type-off', { type: 'account', value: 'acme:17' }],
    ['value-missing', { value: ' ' }],
    ['value-too-long', { value: 'a'.repeat(2_000) }],
    ['ipv4-malformed', { value: '300.1.2.3' }],
    ['ipv6-malformed', { value: 'fe80::1%eth0' }],
    ['cidr-malformed', { value: '198.51.100.0/33' }],
    ['host-bits-set', { value: '10.1.2.3/8' }],
    ['network-too-wide', { value: '10.0.0.0/8' }],
    ['asn-malformed', { type: 'asn', value: '0' }],
    ['domain-malformed', { type: 'domain', value: 'a_b.com' }],
    ['mixed-script', { type: 'domain', value: 'gооgle.com' }],
    ['public-suffix', { type: 'email-domain', value: 'co.uk' }],
    ['not-registrable', { type: 'email-domain', value: 'mail.example.com' }],
    ['ja3-malformed', { type: 'ja3', value: 'x' }],
    ['ja4-malformed', { type: 'ja4', value: 'x' }],
    ['header-order-malformed', { type: 'headers', value: 'x' }],
    ['user-agent-malformed', { type: 'ua', value: 'ü' }],
    ['bin-malformed', { type: 'bin', value: '1234567' }],
    ['uuid-malformed', { type: 'proxy', value: 'x' }],
    ['confidence-range', { confidence: 101 }],
    ['confidence-range', { confidence: -1 }],
    ['confidence-range', { confidence: 1.5 }],
    ['action-unknown', { action: 'allow' }],
    ['action-unknown', { action: 'ban' }],
    ['category-unknown', { category: 'spam' }],
    ['tlp-unknown', { tlp: 'purple' }],
    ['tlp-red', { tlp: 'red' }],
    ['pap-unknown', { pap: 'white' }],
    ['label-unknown', { labels: ['fun'] }],
    ['labels-too-many', { labels: Array.from({ length: 9 }, () => 'drill') }],
    ['evidence-unknown', { evidence: '7' }],
    ['campaign-malformed', { campaign: '6f96-19ff' }],
    ['ttl-malformed', { ttl: '1w' }],
    ['ttl-malformed', { ttl: '0d' }],
    ['ttl-malformed', { validUntil: '2026-09-02' }],
    ['ttl-malformed', { validUntil: '2026-09-02T12:00:00' }],
    ['ttl-malformed', { validUntil: '2026-13-02T12:00:00Z' }],
    ['ttl-too-long', { ttl: '8d' }],
    ['ttl-too-long', { ttl: '999999999d' }],
    ['ttl-too-short', { validUntil: '2026-08-31T00:00:00Z' }],
    ['ttl-too-short', { validUntil: '2026-09-01T00:00:00Z' }],
  ]
  for (const [code, changes] of REFUSED) {
    it(`${code}: ${JSON.stringify(changes).slice(0, 60)}`, () => {
      const made = reportOf(item(changes), T0)
      assert.equal(made.ok ? 'ok' : made.code, code)
    })
  }

  it('never shows the value in a failure’s detail', () => {
    for (const [, changes] of REFUSED) {
      const made = reportOf(item(changes), T0)
      const { value } = changes
      if (made.ok || made.detail === undefined || value === undefined) continue
      assert.ok(!made.detail.includes(value), made.detail)
    }
  })
})

describe('core/request: revocationOf', () => {
  const asked = { type: 'ipv4', value: '198.51.100.7' }

  it('names the indicator and the reason', () => {
    assert.deepEqual(revocationOf({ ...asked, reason: 'own-customer' }), {
      ok: true,
      value: { indicator: { type: 1, value: '198.51.100.7' }, reason: 2 },
    })
  })

  it('reason-unknown, or what is wrong with the value', () => {
    const other = revocationOf({ ...asked, reason: 'because' })
    assert.equal(other.ok ? 'ok' : other.code, 'reason-unknown')
    const bad = revocationOf({ type: 'ipv4', value: '1.2.3', reason: 'legal' })
    assert.equal(bad.ok ? 'ok' : bad.code, 'ipv4-malformed')
  })
})

describe('core/request: parseDuration', () => {
  const TIMES = { '1s': SECOND_MS, '15m': 15 * MINUTE_MS, '24h': DAY_MS, '7d': 7 * DAY_MS }
  for (const [text, ms] of Object.entries(TIMES)) {
    it(`${text} is ${ms} ms`, () => assert.equal(parseDuration(text), ms))
  }
  for (const text of ['', '7', 'd', '07d', '1.5h', '-1d', '7 d', '7D', '1h30m', '9999999999d']) {
    it(`${JSON.stringify(text)} is none`, () => assert.equal(parseDuration(text), undefined))
  }
})
