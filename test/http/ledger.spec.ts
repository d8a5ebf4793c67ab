/** The egress ledger: its totals are the bytes that left, and nothing can be taken out of it. */
import assert from 'node:assert/strict'
import { LedgerCheck, type LedgerVerdict } from '../../src/core/ledger.js'
import { DAY_MS, MINUTE_MS } from '../../src/core/limits.js'
import { openLab, type Lab } from '../support/lab.js'
import { openApi, type Api } from './api.js'

const UNTIL_MS = DAY_MS
const BASIS = 'cisa-2015'

describe('http: the egress ledger', () => {
  let api: Api
  let lab: Lab
  let time: { now: number }

  beforeEach(async () => {
    const first = await openLab('Lab A')
    time = first.time
    const legal = { basis: BASIS, untilMs: time.now + UNTIL_MS }
    lab = await openLab('Lab A', { time, legal })
    api = await openApi({ legal }, {}, lab)
  })
  afterEach(() => api.stop())

  const report = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    api.ask('POST', '/v1/reports', { as: 'detector', body, headers })
  const ip = (i: number) => ({ type: 'ip', value: `45.7.${i >> 8}.${i & 255}` })
  const ledger = async (query = '') => {
    const { status, text } = await api.ask('GET', `/v1/ledger${query}`, { as: 'operator' })
    assert.equal(status, 200)
    return text.trimEnd().split('\n')
  }
  const verdictOn = (lines: readonly string[]): LedgerVerdict => {
    const check = new LedgerCheck()
    for (const line of lines) check.add(line)
    return check.verdict
  }
  /** Things that leave, and things that do not. */
  const live = async () => {
    for (let i = 0; i < 12; i++) {
      const tlp = i === 3 ? 'green' : 'amber'
      await report([{ ...ip(i), tlp }, { ...ip(i + 100) }], { 'x-tocsin-approver': 'J%C3%B6rg' })
    }
    await report([{ ...ip(1), tlp: 'red' }, ip(300), { type: 'ip', value: '127.0.0.1' }])
    await report({ type: 'email', value: 'someone@example.org' })
    const revocation = { ...ip(3), reason: 'false-positive' }
    await api.ask('POST', '/v1/revocations', { as: 'operator', body: revocation })
  }

  it('its total is the bytes of all envelopes on the wire', async () => {
    await live()
    const verdict = verdictOn(await ledger())
    const bytes = lab.published.reduce((sum, wire) => sum + wire.length, 0)
    assert.ok(verdict.ok)
    assert.deepEqual([verdict.envelopes, verdict.bytes], [lab.published.length, bytes])
    assert.equal(verdict.stopped, 3)
    const some = verdictOn(await ledger('?from=4'))
    assert.ok(some.ok)
    const rest = lab.published.slice(3).reduce((sum, wire) => sum + wire.length, 0)
    assert.equal(some.bytes, rest)
  })

  it('says label, token, approver and basis of each, and no value of anything', async () => {
    await live()
    const lines = await ledger()
    const first = JSON.parse(lines[1]!) as Record<string, unknown>
    const by = { token: 'detector', statements: 2, approver: 'Jörg', legalBasis: BASIS }
    assert.deepEqual(
      [first['sent'], first['tlp'], first['says'], first['by']],
      [1, 'amber', { 'report net.ipv4': 2 }, [by]],
    )
    const stopped = lines.flatMap((line) => {
      const { code, type, token, count } = JSON.parse(line) as Record<string, unknown>
      return code === undefined ? [] : [[code, type, token, count]]
    })
    assert.deepEqual(stopped, [
      ['tlp-red', 'ip', 'detector', 1],
      ['guarded', 'ip', 'detector', 1],
      ['type-off', 'actor.email', 'detector', 1],
    ])
    const rows = lines.join('\n')
    for (const value of ['45.7', '127.0.0.1', 'someone', 'example.org']) {
      assert.ok(!rows.includes(value), value)
    }
  })

  it('every line that is taken out, changed, doubled or swapped is found', async () => {
    await live()
    const lines = await ledger()
    assert.ok(verdictOn(lines).ok && lines.length > 15)
    lines.forEach((line, i) => {
      const without = lines.toSpliced(i, 1)
      assert.equal(verdictOn(without).ok, false, `without ${line}`)
      const changed = line.replace(/[0-9](?=[^0-9]*$)/, (digit) => String((Number(digit) + 1) % 10))
      assert.equal(verdictOn(lines.with(i, changed)).ok, false, `changed ${line}`)
      assert.equal(verdictOn(lines.toSpliced(i, 0, line)).ok, false, `doubled ${line}`)
      if (i > 0) {
        const swapped = lines.with(i, lines[i - 1]!).with(i - 1, line)
        assert.equal(verdictOn(swapped).ok, false, `swapped ${line}`)
      }
    })
    const named = verdictOn(lines.map((line) => line.replace('J\u00f6rg', 'nobody')))
    assert.deepEqual(named, { ok: false, code: 'line-changed', line: lines.length })
    const gone = verdictOn(lines.toSpliced(5, 1))
    assert.deepEqual(gone, { ok: false, code: 'envelope-missing', line: 6 })
  })

  it('a flood of one kind is one row a minute', async () => {
    for (let i = 0; i < 50; i++) await report({ type: 'ip', value: '127.0.0.1' })
    time.now += 2 * MINUTE_MS
    await report({ type: 'ip', value: '127.0.0.1' })
    const rows = (await ledger()).filter(
      (line) => line.includes('"stopped":') && !line.includes('"end"'),
    )
    assert.equal(rows.length, 2)
    const verdict = verdictOn(await ledger())
    assert.ok(verdict.ok)
    assert.equal(verdict.stopped, 51)
  })

  it('after the end of the legal basis only what takes back leaves', async () => {
    await report(ip(1))
    time.now += UNTIL_MS - 1
    assert.equal((await report({ ...ip(2), ttl: '2d' })).status, 201)
    const before = lab.published.length
    time.now += 1
    for (const [path, more] of [
      ['/v1/reports', {}],
      ['/v1/sightings', {}],
      ['/v1/disputes', { reason: 'own-customer' }],
    ] as const) {
      const body = { ...ip(2), ...more }
      const answer = await api.ask('POST', path, { as: 'detector', body })
      assert.deepEqual([answer.status, answer.body['code']], [422, 'legal-basis-lapsed'], path)
    }
    assert.equal(lab.published.length, before, 'not one byte')
    const { body } = await api.ask('GET', '/v1/status', { as: 'operator' })
    const until = new Date(time.now).toISOString()
    assert.deepEqual(body['legal'], { basis: BASIS, until, lapsed: true })
    const revocation = { ...ip(2), reason: 'legal' }
    const taken = await api.ask('POST', '/v1/revocations', { as: 'detector', body: revocation })
    assert.equal(taken.status, 201)
    assert.equal(lab.published.length, before + 1)
    const verdict = verdictOn(await ledger())
    assert.ok(verdict.ok)
    assert.equal(verdict.stopped, 3)
  })

  it('an approver that is no name is refused', async () => {
    const answer = await report(ip(1), { 'x-tocsin-approver': '%zz' })
    assert.deepEqual([answer.status, answer.body['code']], [400, 'approver-malformed'])
  })
})
