/** What the API answers where all is well: verdicts, status, readiness, exports, maintenance. */
import assert from 'node:assert/strict'
import { TLP } from '../../src/core/codes.js'
import { peerNameOf } from '../../src/core/identity.js'
import { HOUR_MS } from '../../src/core/limits.js'
import type { Freshness } from '../../src/lookup/verdict.js'
import { DEFAULT_POLICY, policyHash } from '../../src/policy/rules.js'
import { hand, NOW, openLab, ownOf } from '../support/lab.js'
import { until } from '../support/until.js'
import { openApi, type Api } from './api.js'

const IP = '198.51.100.7'

describe('http: verdicts', () => {
  let api: Api
  before(async () => {
    api = await openApi()
    await api.lab.voice.report([{ type: 'ip', value: IP, ttl: '2h', confidence: 90 }])
  })
  after(() => api.stop())

  it('one, by either name of its type', async () => {
    for (const type of ['ip', 'ipv4', 'net.ipv4']) {
      const query = new URLSearchParams({ type, value: IP })
      const { status, body } = await api.ask('GET', `/v1/check?${query.toString()}`, {
        as: 'gateway',
      })
      assert.equal(status, 200)
      assert.deepEqual([body['type'], body['value'], body['action']], ['net.ipv4', IP, 'block'])
      assert.equal(body['expiresAt'], new Date(NOW + 2 * HOUR_MS).toISOString())
      const [reason] = body['reasons'] as { member: string; confidence: number }[]
      assert.deepEqual([reason!.member, reason!.confidence], ['Lab A', 90])
    }
  })

  it('up to a thousand in order; what cannot be judged is an error in its place', async () => {
    const items = Array.from({ length: 1_000 }, (_, i) => ({
      type: 'ip',
      value: `45.1.${i >> 8}.${i & 255}`,
    }))
    items[3] = { type: 'ip', value: IP }
    items[5] = { type: 'ip', value: '300.1.1.1' }
    const answer = await api.ask('POST', '/v1/check', { as: 'gateway', body: { items } })
    const verdicts = answer.body['verdicts'] as Record<string, unknown>[]
    assert.deepEqual([answer.status, verdicts.length], [200, 1_000])
    assert.deepEqual([verdicts[3]!['action'], verdicts[4]!['action']], ['block', 'allow'])
    assert.deepEqual([verdicts[5]!['action'], verdicts[5]!['code']], [undefined, 'ipv4-malformed'])
    const brief = await api.ask('POST', '/v1/check?view=action', { as: 'gateway', body: { items } })
    const [, , , blocked, allowed] = brief.body['verdicts'] as Record<string, unknown>[]
    assert.deepEqual(Object.keys(blocked!), ['action', 'expiresAt'])
    assert.deepEqual(allowed, { action: 'allow' })
  })

  it('a request in which nothing can be judged is 422', async () => {
    const body = {
      items: [
        { type: 'ip', value: '300.1.1.1' },
        { type: 'ipv5', value: '1' },
      ],
    }
    const answer = await api.ask('POST', '/v1/check', { as: 'gateway', body })
    assert.deepEqual([answer.status, answer.body['code']], [422, 'ipv4-malformed'])
    assert.equal((answer.body['verdicts'] as unknown[]).length, 2)
    const none = await api.ask('POST', '/v1/check', { as: 'gateway', body: { items: [] } })
    assert.deepEqual([none.status, none.body['verdicts']], [200, []])
  })
})

describe('http: status', () => {
  it('holds what operators and other labs compare', async () => {
    const api = await openApi()
    const b = await openLab('B')
    await api.lab.admit('Lab B', 'trusted', 'member', 'B')
    await b.voice.report([{ type: 'ip', value: IP }])
    await hand(b, api.lab)
    await api.lab.voice.report([{ type: 'domain', value: 'bad.example', action: 'throttle' }])
    api.links.push({
      author: ownOf('B'),
      link: 'up',
      lagMs: 3,
      counts: { accepted: 1 },
      current: true,
      quiet: false,
      hears: [],
    })
    const { body } = await api.ask('GET', '/v1/status', { as: 'operator' })
    const { state, own } = api.lab
    const [mine, theirs] = [peerNameOf(own), peerNameOf(ownOf('B'))]
    assert.deepEqual(body['heads'], { [mine]: 1, [theirs]: 1 })
    assert.deepEqual([body['live'], body['byType']], [2, { 'net.ipv4': 1, 'net.domain': 1 }])
    assert.deepEqual(body['byAction'], { block: 1, throttle: 1 })
    assert.deepEqual([body['logHash'], body['stateHash']], [state.logHash, state.stateHash(NOW)])
    assert.deepEqual([body['asOf'], body['policyHash']], ['2026-11-23', policyHash(DEFAULT_POLICY)])
    assert.deepEqual([body['name'], body['peerId'], body['paused']], ['Lab A', mine, null])
    const scrub = { passes: 0, lastAt: null, finding: null, damaged: [] }
    assert.deepEqual(body['scrub'], scrub)
    api.lab.damage.note(ownOf('B'), 1)
    const again = await api.ask('GET', '/v1/status', { as: 'operator' })
    assert.deepEqual(again.body['scrub'], { ...scrub, damaged: [{ peerId: theirs, seq: 1 }] })
    assert.deepEqual([body['federation'], body['openFederation']], ['open', true])
    assert.deepEqual(body['members'], [
      {
        name: 'Lab B',
        role: 'member',
        trust: 'trusted',
        keys: [
          {
            peerId: theirs,
            link: 'up',
            head: 1,
            lagMs: 3,
            appliedLagMs: null,
            current: true,
            quiet: false,
            voids: {},
          },
        ],
      },
    ])
    assert.deepEqual([body['disk'], body['catchUp']], [{ ok: true }, { running: 0 }])
    const peers = await api.ask('GET', '/v1/peers', { as: 'operator' })
    assert.deepEqual(peers.body['peers'], [
      {
        member: 'Lab B',
        peerId: theirs,
        link: 'up',
        lagMs: 3,
        current: true,
        beaconAgeMs: null,
        quiet: false,
        hears: [],
        hearsUs: null,
        counts: { accepted: 1 },
      },
    ])
    const id = await api.ask('GET', '/v1/id', { as: 'operator' })
    assert.match(String(id.body['card']), new RegExp(`^tocsin:${mine}@`))
    const verify = await api.ask('POST', '/v1/admin/verify', { as: 'operator' })
    assert.equal(verify.body['ok'], true)
    const rebuild = await api.ask('POST', '/v1/admin/rebuild', { as: 'operator' })
    assert.deepEqual(rebuild.body, { claims: 2 })
    await api.stop()
  })

  it('how far slow work on the folder is, until it ends', async () => {
    let finish: (tell: number) => void = () => undefined
    const isOver = new Promise<number>((resolve) => (finish = resolve))
    const api = await openApi({
      backUp: (_folder, _withKey, tell) => {
        tell?.({ rows: 1_000 })
        tell?.({ rows: 2_000, of: 5_000 })
        return isOver
      },
    })
    const far = async () => (await api.ask('GET', '/v1/admin/work', { as: 'operator' })).body
    assert.deepEqual(await far(), { work: [] })
    const body = { folder: '/nowhere' }
    const asked = api.ask('POST', '/v1/admin/backup', { as: 'operator', body })
    const work = [{ what: 'backup', rows: 2_000, of: 5_000 }]
    await until(async () => ((await far())['work'] as unknown[]).length === 1)
    assert.deepEqual(await far(), { work })
    finish(5_000)
    assert.deepEqual((await asked).body, { rows: 5_000 })
    assert.deepEqual(await far(), { work: [] })
    await api.stop()
  })
})

describe('http: readiness', () => {
  const now: { freshness: Freshness; ok: boolean } = { freshness: 'fresh', ok: true }
  let api: Api
  before(async () => {
    const lab = await openLab('ready')
    api = await openApi({
      lookup: () => ({ ...lab.desk.lookup(), freshness: now.freshness }),
      disk: () => (now.ok ? { ok: true } : { ok: false, code: 'disk-failed' }),
    })
  })
  after(() => api.stop())

  const CASES: readonly (readonly [Freshness, boolean, number, number])[] = [
    ['fresh', true, 200, 200],
    ['stale', true, 200, 503],
    ['degraded', true, 503, 503],
    ['fresh', false, 503, 503],
  ]
  for (const [freshness, ok, ready, fresh] of CASES) {
    it(`${freshness}, disk ${ok ? 'ok' : 'failed'}: ${ready}, fresh ${fresh}, alive`, async () => {
      Object.assign(now, { freshness, ok })
      assert.equal((await api.ask('GET', '/readyz', { as: 'gateway' })).status, ready)
      assert.equal((await api.ask('GET', '/readyz?fresh=60s', { as: 'gateway' })).status, fresh)
      assert.equal((await api.ask('GET', '/healthz')).status, 200)
      assert.equal((await api.ask('HEAD', '/healthz')).status, 200)
    })
  }
})

describe('http: export', () => {
  let api: Api
  before(async () => {
    api = await openApi()
    const b = await openLab('B')
    await api.lab.admit('Lab B', 'trusted', 'member', 'B')
    await b.voice.report([
      { type: 'ip', value: IP, tlp: 'green', labels: ['drill', 'automated'], firstHand: false },
      { type: 'ip', value: '198.51.100.66', tlp: 'amber+strict' },
      { type: 'ua', value: 'Bot/1.0, "like" a person', campaign: 'ab'.repeat(16) },
    ])
    await hand(b, api.lab)
    await api.lab.voice.report([
      { type: 'ip', value: IP, evidence: '20-99' },
      { type: 'cidr', value: '203.0.113.0/24', tlp: 'clear' },
    ])
  })
  after(() => api.stop())
  const get = (query: string) => api.ask('GET', `/v1/export?${query}`, { as: 'operator' })

  it('NDJSON: one row per live claim, fields as a report has them', async () => {
    const { text, headers } = await get('')
    assert.equal(headers['content-type'], 'application/x-ndjson')
    const rows = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      rows.map((row) => [row['value'], row['member']]).sort(),
      [
        [IP, 'Lab A'],
        [IP, 'Lab B'],
        ['203.0.113.0/24', 'Lab A'],
        ['Bot/*, "like" a person', 'Lab B'],
      ].sort(),
    )
    const theirs = rows.find((row) => row['value'] === IP && row['member'] === 'Lab B')
    assert.deepEqual(theirs, {
      type: 'net.ipv4',
      value: IP,
      confidence: 80,
      action: 'block',
      validUntil: new Date(NOW + 24 * HOUR_MS).toISOString(),
      category: 'unspecified',
      tlp: 'green',
      pap: 'green',
      evidence: 'unspecified',
      firstHand: false,
      labels: ['automated', 'drill'],
      member: 'Lab B',
    })
  })

  it('RED and AMBER+STRICT never leave, in no format', async () => {
    assert.ok(TLP.code('amber+strict') < TLP.code('amber'))
    for (const format of ['ndjson', 'csv', 'text']) {
      assert.ok(!(await get(`format=${format}`)).text.includes('198.51.100.66'), format)
    }
  })

  it('CSV with its header, quoted where it must be; text with each value once', async () => {
    const { text } = await get('format=csv')
    const [header, ...lines] = text.trim().split('\n')
    assert.match(header!, /^type,value,confidence,/)
    assert.equal(lines.length, 4)
    assert.ok(
      lines.some((line) => line.startsWith('http.user-agent,"Bot/*, ""like"" a person",80,')),
    )
    assert.ok(lines.some((line) => line.includes(',automated;drill,')))
    assert.deepEqual((await get('format=text&type=ip')).text.trim().split('\n').sort(), [
      IP,
      '203.0.113.0/24',
    ])
    assert.equal((await get('format=text&type=net.cidr')).text, '203.0.113.0/24\n')
    assert.equal((await get('format=text&type=asn')).text, '')
  })
})
