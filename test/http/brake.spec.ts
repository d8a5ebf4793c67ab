/** The blast-radius brake, whom a wrong report has met, a policy tried on what was looked up. */
import assert from 'node:assert/strict'
import { HOUR_MS, SECOND_MS } from '../../src/core/limits.js'
import { hand, openLab, type Lab } from '../support/lab.js'
import { openApi, type Api } from './api.js'

const WIDE = '45.7.0.0/16'
const INSIDE = '45.7.3.4'

describe('http: the blast-radius brake', () => {
  let api: Api
  let b: Lab

  beforeEach(async () => {
    api = await openApi()
    b = await openLab('B', { time: api.lab.time })
    await api.lab.admit('Lab B', 'trusted', 'member', 'B')
  })
  afterEach(() => api.stop())

  /** Of 1,200 look-ups one in ten is of the wide network. */
  const traffic = async () => {
    const value = (i: number) => (i % 10 === 0 ? `45.7.${i % 7}.${i % 256}` : `46.${i % 200}.1.1`)
    for (let i = 0; i < 1_200; i += 100) {
      const items = Array.from({ length: 100 }, (_, j) => ({ type: 'ip', value: value(i + j) }))
      await api.ask('POST', '/v1/check', { as: 'gateway', body: { items } })
    }
  }
  const reported = async (type: string, value: string) => {
    api.lab.time.now += SECOND_MS
    await b.voice.report([{ type, value, action: 'throttle' }])
    await hand(b, api.lab)
  }
  const explained = async (type: string, value: string) => {
    const query = new URLSearchParams({ type, value }).toString()
    const { body } = await api.ask('GET', `/v1/explain?${query}`, { as: 'operator' })
    return body as unknown as {
      verdict: { action: string; reasons: { held?: string }[] }
      keys: { brake?: { hits: number; of: number } }[]
      affected: { lookUps: number; byAction: object; sample: object }
    }
  }

  it('holds a new network that would meet too many, and says so, until confirmed', async () => {
    await traffic()
    await reported('cidr', WIDE)
    const { verdict, keys } = await explained('cidr', WIDE)
    assert.deepEqual([verdict.action, verdict.reasons[0]!.held], ['observe', 'blast-radius'])
    assert.deepEqual([keys[0]!.brake!.hits, keys[0]!.brake!.of], [120, 1_200])
    assert.equal((await explained('ip', INSIDE)).verdict.action, 'observe')
    await reported('cidr', '45.9.0.0/16')
    assert.equal(
      (await explained('cidr', '45.9.0.0/16')).verdict.reasons[0]!.held,
      'needs-more-members',
    )
    const status = await api.ask('GET', '/v1/status', { as: 'operator' })
    const { holds, held, lost } = status.body['sample'] as Record<string, number>
    assert.deepEqual([holds, held, lost], [1, 1_200, 0])
    const body = { type: 'cidr', value: WIDE }
    await api.ask('POST', '/v1/sightings', { as: 'detector', body })
    assert.notEqual((await explained('cidr', WIDE)).verdict.reasons[0]!.held, 'blast-radius')
  })

  it('holds it in the commit that brings it, and over a new copy of the feed', async () => {
    await traffic()
    const before = api.lab.state.number
    await reported('cidr', WIDE)
    const page = await api.lab.store.feedPage(before, api.lab.state.number, 1 << 20)
    const tables = page.rows.map((row) => ('change' in row ? row.change.table : 'envelope'))
    assert.deepEqual(tables, ['envelope', 'holds'])
  })

  it('knows nothing with few look-ups, and holds nothing that was there before', async () => {
    await reported('cidr', WIDE)
    assert.equal((await explained('cidr', WIDE)).keys[0]!.brake, undefined)
    await traffic()
    await reported('cidr', WIDE)
    assert.equal((await explained('cidr', WIDE)).keys[0]!.brake, undefined)
  })

  it('brakes our own reports as well, as far as the policy says', async () => {
    await traffic()
    await api.ask('POST', '/v1/reports', { as: 'detector', body: { type: 'cidr', value: WIDE } })
    assert.equal((await explained('cidr', WIDE)).verdict.reasons[0]!.held, 'blast-radius')
    await api.lab.policies.apply('brake: { percent: 50 }')
    assert.notEqual((await explained('cidr', WIDE)).verdict.reasons[0]!.held, 'blast-radius')
  })

  it('says which look-ups a wrong report has met', async () => {
    await reported('ip', INSIDE)
    const check = { as: 'gateway' } as const
    for (let i = 0; i < 5; i++) await api.ask('GET', `/v1/check?type=ip&value=${INSIDE}`, check)
    await api.ask('GET', `/v1/decisions?ip=${INSIDE}`, check)
    const attributes = [
      { type: 'ip', value: INSIDE },
      { type: 'asn', value: '64500' },
    ]
    await api.ask('POST', '/v1/check/request', { ...check, body: { attributes } })
    const headers = { 'x-real-ip': INSIDE }
    await api.ask('GET', '/authz', { ...check, headers })
    const { affected } = await explained('ip', INSIDE)
    assert.deepEqual([affected.lookUps, affected.byAction], [8, { throttle: 8 }])
    const { held, seen, lost } = affected.sample as Record<string, number>
    assert.deepEqual([held, seen, lost], [9, 9, 0])
    assert.equal((await explained('ip', '46.1.1.1')).affected.lookUps, 0)
  })

  it('tries a policy on what was looked up in the last day', async () => {
    await reported('ip', INSIDE)
    await reported('asn', '64500')
    const items = [
      ...Array.from({ length: 30 }, () => ({ type: 'ip', value: INSIDE })),
      ...Array.from({ length: 20 }, () => ({ type: 'asn', value: '64500' })),
      ...Array.from({ length: 50 }, () => ({ type: 'ip', value: '46.1.1.1' })),
    ]
    await api.ask('POST', '/v1/check', { as: 'gateway', body: { items } })
    const text = 'trust: { trusted: { alone: observe, counts: true } }'
    const test = async () => {
      const path = '/v1/policy/test?against=24h'
      const { body } = await api.ask('POST', path, { as: 'operator', body: { text } })
      return body['sample'] as Record<string, unknown>
    }
    const { lookUps, flips, byChange, of } = await test()
    assert.deepEqual([lookUps, flips], [100, 30])
    const change = { from: 'throttle', to: 'observe', count: 30 }
    const by = { byType: { 'net.ipv4': 30 }, byMember: { 'Lab B': 30 } }
    assert.deepEqual(byChange, [{ ...change, ...by }])
    assert.deepEqual((of as { held: number }).held, 100)
    api.lab.time.now += 25 * HOUR_MS
    assert.equal((await test())['lookUps'], 0)
    const other = await api.ask('POST', '/v1/policy/test?against=7d', {
      ...{ as: 'operator', body: { text } },
    })
    assert.equal(other.status, 400)
  })

  it('is told to nobody', async () => {
    await api.ask('GET', '/v1/check?type=ua&value=secret-agent', { as: 'gateway' })
    await api.ask('GET', '/v1/check?type=ip&value=45.66.77.88', { as: 'gateway' })
    const planted = ['secret-agent', '45.66.77', '2d424d']
    const seen: string[] = []
    for (const path of ['/v1/snapshot', '/v1/status', '/v1/export', '/v1/ledger', '/v1/state']) {
      seen.push((await api.ask('GET', path, { as: 'operator' })).text)
    }
    seen.push(...api.lab.published.map((bytes) => Buffer.from(bytes).toString('latin1')))
    const forms = planted.flatMap((text) => {
      const bytes = Buffer.from(text)
      return [text, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '')]
    })
    for (const form of forms) assert.ok(!seen.some((text) => text.includes(form)), form)
  })
})
