/** The sample of look-ups against a plain list of all of them. */
import assert from 'node:assert/strict'
import { keyOf, type Indicator, type IndicatorKey } from '../../src/core/indicator.js'
import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.js'
import { affectedBy, LookUps, SLICE_ROWS } from '../../src/lookup/look-ups.js'
import { Random } from '../support/random.js'
import { canonical } from '../support/stage.js'

const T0 = Date.UTC(2026, 10, 25, 12)

function sample(seed: number): LookUps {
  const random = new Random(seed)
  const mask = (text: string) => [...text].reverse().join('')
  return new LookUps({ random: () => random.word() / 2 ** 32, mask })
}

function note(lookUps: LookUps, indicator: Indicator, now: number): void {
  lookUps.note({ indicator, action: 'allow', attributes: [] }, now)
}

describe('lookup: a sample of look-ups', () => {
  it('measures as a plain list does while all are held', () => {
    const random = new Random(3)
    const lookUps = sample(1)
    const all: { type: string; value: string }[] = []
    for (let i = 0; i < 3_000; i++) {
      const n = (end: number) => random.below(end)
      const [type, value] = [
        ['ip', `45.${7 + n(3)}.${n(4)}.${n(256)}`],
        ['ip', `2a00:9:${n(3)}:${n(9)}::1`],
        ['domain', `${['', 'a.', 'b.a.'][n(3)]}bad${n(5)}.biz`],
        ['ua', `scraper-${['x', 'y', 'z'][n(3)]}`],
        ['asn', String(64_500 + n(3))],
      ][n(5)] as [string, string]
      all.push({ type, value })
      note(lookUps, canonical(type, value), T0 + i)
    }
    const hits = (type: string, fits: (value: string) => boolean) => {
      const kind = all.filter((one) => one.type === type)
      return { hits: kind.filter(({ value }) => fits(value)).length, of: kind.length }
    }
    const v4 = (fits: (value: string) => boolean) => {
      const kind = all.filter(({ type, value }) => type === 'ip' && !value.includes(':'))
      return { hits: kind.filter(({ value }) => fits(value)).length, of: kind.length }
    }
    const cases = [
      ['cidr', '45.7.0.0/16', v4((value) => value.startsWith('45.7.'))],
      ['cidr', '45.8.2.0/23', v4((value) => /^45\.8\.[23]\./.test(value))],
      ['cidr', '45.9.3.0/24', v4((value) => value.startsWith('45.9.3.'))],
      ['domain', 'bad2.biz', hits('domain', (value) => value.endsWith('bad2.biz'))],
      ['ua', 'scraper-y', hits('ua', (value) => value === 'scraper-y')],
      ['asn', '64501', hits('asn', (value) => value === '64501')],
    ] as const
    for (const [type, value, expected] of cases) {
      assert.deepEqual(lookUps.measure(canonical(type, value)), expected, value)
      assert.ok(expected.hits > 20)
    }
    const v6 = all.filter(({ value }) => value.includes(':'))
    const in1 = v6.filter(({ value }) => value.startsWith('2a00:9:1:'))
    const wide = lookUps.measure(canonical('cidr', '2a00:9::/32'))
    assert.deepEqual(wide, { hits: v6.length, of: v6.length })
    const narrow = lookUps.measure(canonical('cidr', '2a00:9:1::/48'))
    assert.deepEqual(narrow, { hits: in1.length, of: v6.length })
    for (const [type, value] of [
      ['ip', '45.7.0.1'],
      ['cidr', '45.7.0.0/25'],
      ['domain', 'a.bad1.biz'],
    ] as const) {
      assert.equal(lookUps.measure(canonical(type, value)), undefined, value)
    }
  })

  it('holds a bounded share of a flood, evenly, and says what it lost', () => {
    const lookUps = sample(2)
    const total = 10 * SLICE_ROWS
    for (let i = 0; i < total; i++) {
      const value = `45.${Math.floor((8 * i) / total)}.1.1`
      note(lookUps, canonical('ip', value), T0 + Math.floor((i / total) * HOUR_MS))
    }
    const { held, seen, lost } = lookUps.size
    assert.deepEqual([held, seen, lost], [SLICE_ROWS, total, total - SLICE_ROWS])
    for (let eighth = 0; eighth < 8; eighth++) {
      const { hits, of } = lookUps.measure(canonical('cidr', `45.${eighth}.0.0/16`))!
      assert.equal(of, SLICE_ROWS)
      assert.ok(Math.abs(hits - SLICE_ROWS / 8) < SLICE_ROWS / 40, `${eighth}: ${hits}`)
    }
  })

  it('forgets after a day, and keeps nothing of a value', () => {
    const lookUps = sample(3)
    const key = keyOf(canonical('cidr', '45.7.0.0/24'))
    const keys = new Set<IndicatorKey>([key])
    for (let hour = 0; hour < 30; hour++) {
      const at = T0 + hour * HOUR_MS + 17 * MINUTE_MS + 13
      const attributes = [{ key: canonical('cidr', '45.7.0.0/24') }]
      lookUps.note({ indicator: canonical('ip', '45.7.0.123'), action: 'throttle', attributes }, at)
      note(lookUps, canonical('ua', 'secret-agent'), at)
    }
    const now = T0 + 29.5 * HOUR_MS
    assert.equal(lookUps.size.held, 48)
    assert.deepEqual(lookUps.measure(canonical('cidr', '45.7.0.0/16')), { hits: 24, of: 24 })
    const affected = affectedBy(lookUps, keys, now)
    assert.deepEqual([affected.lookUps, affected.byAction], [24, { throttle: 24 }])
    assert.equal(affected.lastMs, T0 + 29 * HOUR_MS + 17 * MINUTE_MS)
    const held = JSON.stringify([...lookUps.all(now)])
    for (const raw of ['45.7.0.123', 'secret-agent', '.123']) assert.ok(!held.includes(raw), raw)
  })
})
