/** Taking back and contradicting over HTTP: shapes, statuses, counted selections, what is void. */
import assert from 'node:assert/strict'
import { peerNameOf } from '../../src/core/identity.js'
import { toWire } from '../../src/core/statement.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import { forge } from '../support/forge.js'
import { hand, NOW, openLab, ownOf, seedOf } from '../support/lab.js'
import { report } from '../support/samples.js'
import { openApi, type Answer, type Api } from './api.js'

const IP = { type: 'ip', value: '198.51.100.7' }
type Results = readonly Record<string, unknown>[]

describe('http: reversal', () => {
  let api: Api
  beforeEach(async () => (api = await openApi()))
  afterEach(() => api.stop())
  const post = (path: string, body: unknown, headers = {}) =>
    api.ask('POST', path, { as: 'detector', body, headers })
  const counts = ({ status, body }: Answer) => [
    ...[status, body['accepted'], body['duplicate'], body['refused']],
  ]
  const heardFromB = async () => {
    const b = await openLab('b')
    await api.lab.admit('Lab B', 'corroborate', 'member', 'b')
    await b.voice.report([IP])
    await hand(b, api.lab)
  }

  it('sightings and disputes: one or a list, 201, 200 for the same, 422 for none', async () => {
    await heardFromB()
    assert.deepEqual(counts(await post('/v1/sightings', { ...IP, count: '5-19' })), [201, 1, 0, 0])
    assert.deepEqual(counts(await post('/v1/sightings', { ...IP, count: '5-19' })), [200, 0, 1, 0])
    const dispute = { ...IP, reason: 'wrong-value', member: 'Lab B' }
    assert.deepEqual(counts(await post('/v1/disputes', dispute)), [201, 1, 0, 0])
    assert.equal(api.lab.check('ip', IP.value).action, 'observe')
    const list = await post('/v1/disputes', [
      dispute,
      { ...dispute, member: 'Lab Z' },
      { ...IP, reason: 'withdrawn' },
      { ...IP, note: 'x' },
    ])
    assert.deepEqual(counts(list), [201, 1, 1, 2])
    assert.deepEqual(
      (list.body['results'] as Results).map(({ code, status }) => code ?? status),
      ['duplicate', 'member-unknown', 'accepted', 'line-malformed'],
    )
    assert.equal(api.lab.check('ip', IP.value).action, 'throttle')
    const wrong = await post('/v1/disputes', { ...IP, reason: 'because' })
    assert.deepEqual([wrong.status, wrong.body['code']], [422, 'reason-unknown'])
    const many = Array.from({ length: 1_001 }, () => IP)
    assert.equal((await post('/v1/sightings', many)).body['code'], 'items-too-many')
    assert.equal((await post('/v1/sightings', { ...IP, reason: 'x' })).status, 400)
  })

  it('a repeated request says nothing twice, and is not for another kind', async () => {
    await heardFromB()
    const headers = { 'idempotency-key': 'one' }
    const body = [{ ...IP, reason: 'stale' }]
    const first = await post('/v1/disputes', body, headers)
    const again = await post('/v1/disputes', body, headers)
    assert.deepEqual([again.status, again.body], [first.status, first.body])
    const other = await post('/v1/sightings', [IP], headers)
    assert.deepEqual([other.status, other.body['code']], [409, 'idempotency-mismatch'])
  })

  it('a selection is counted first and then taken back; again it finds nothing', async () => {
    const { lab } = api
    await post('/v1/reports', [IP, { ...IP, value: '198.51.100.8' }])
    await api.ask('POST', '/v1/reports', { as: 'operator', body: { ...IP, value: '198.51.100.9' } })
    const select = { token: 'detector', since: '2h' }
    const reason = 'false-positive'
    const counted = await post('/v1/revocations', { select, reason, dryRun: true })
    assert.equal(counted.status, 200)
    const { sample, ...rest } = counted.body
    assert.deepEqual(rest, { dryRun: true, matched: 2, revoked: 0, left: 2 })
    assert.deepEqual((sample as Results)[0], {
      ...{ type: 'net.ipv4', value: IP.value, time: new Date(NOW).toISOString() },
      envelope: (sample as Results)[1]!['envelope'],
    })
    const tried = await post('/v1/revocations?dryRun=yes', { select, reason })
    assert.deepEqual(tried.body, counted.body)
    const spared = await post('/v1/revocations?sparesFirstHand=yes', { select, reason })
    assert.deepEqual([spared.status, spared.body['revoked']], [200, 0])
    assert.equal(lab.state.heads.get(lab.own)!.seq, 2)
    const done = await post('/v1/revocations', { select, reason })
    assert.deepEqual([done.status, done.body['revoked'], done.body['left']], [201, 2, 0])
    const again = await post('/v1/revocations', { select, reason })
    assert.deepEqual([again.status, again.body['matched']], [200, 0])
    assert.equal(lab.check('ip', IP.value).action, 'allow')
    assert.equal(lab.check('ip', '198.51.100.9').action, 'block')
  })

  it('a selection that says nothing, or nothing readable, takes nothing back', async () => {
    await post('/v1/reports', IP)
    const cases: [unknown, number, string][] = [
      [{ select: {}, reason: 'legal' }, 422, 'selection-empty'],
      [{ select: { since: 'soon' }, reason: 'legal' }, 422, 'since-malformed'],
      [{ select: { type: 'x' }, reason: 'legal' }, 422, 'type-unknown'],
      [{ select: { since: '1h' }, reason: 'because' }, 422, 'reason-unknown'],
      [{ select: { since: '1h' } }, 400, 'request-malformed'],
      [{ select: { until: '1h' }, reason: 'legal' }, 400, 'request-malformed'],
      [{ select: null, reason: 'legal' }, 400, 'request-malformed'],
    ]
    for (const [body, status, code] of cases) {
      const answer = await post('/v1/revocations', body)
      assert.deepEqual([answer.status, answer.body['code']], [status, code])
    }
    assert.equal(api.lab.check('ip', IP.value).action, 'block')
  })

  it('void statements are listed with reason and value, and counted in the status', async () => {
    await api.lab.admit('Lab B', 'corroborate', 'member', 'b')
    const until = NOW + DAY_MS
    const wide = toWire(report({ type: 3, value: '0.0.0.0/1', until }))
    const statements = [wide, [9, until, 99, 'of a later version'], toWire(report({ until }))]
    const place = { seed: seedOf('b'), networkId: OPEN_FEDERATION.networkId, time: NOW - HOUR_MS }
    const bytes = forge({ ...place, expires: until, statements })
    await api.lab.intake.accept(bytes, { via: 'gossip', from: ownOf('b') }).committed
    const peerId = peerNameOf(ownOf('b'))
    const list = (query = '') => api.ask('GET', `/v1/voids${query}`, { as: 'operator' })
    for (const query of ['', '?member=Lab%20B', `?member=${peerId}`]) {
      const voids = (await list(query)).body['voids'] as Results
      assert.deepEqual(
        voids.map(({ member, seq, index, code, type, value }) => {
          return [member, seq, index, code, type, value]
        }),
        [
          ['Lab B', 1, 0, 'value-form', 'net.cidr', '0.0.0.0/1'],
          ['Lab B', 1, 1, 'kind-unknown', 99, 'of a later version'],
        ],
      )
    }
    assert.deepEqual((await list(`?cursor=${peerId}.2`)).body['voids'], [])
    assert.equal((await list('?cursor=x')).body['code'], 'cursor-malformed')
    assert.equal((await list('?member=Lab%20Z')).body['code'], 'member-unknown')
    const { body } = await api.ask('GET', '/v1/status', { as: 'operator' })
    const [member] = body['members'] as [{ keys: [{ voids: unknown }] }]
    assert.deepEqual(member.keys[0].voids, { 'value-form': 1, 'kind-unknown': 1 })
  })
})
