/**
 * The allowlist over the API: in force with its answer, on what is held already; warning lists and
 * their bounds; what is published all the same, by whom and why; what leaves in exports.
 */
import assert from 'node:assert/strict'
import { keyOf } from '../../src/core/indicator.js'
import { LIMITS } from '../../src/core/limits.js'
import type { WarningList } from '../../src/core/own-rows.js'
import { indicator } from '../support/samples.js'
import { openApi, type Answer, type Api, type Ask } from './api.js'

const codeOf = ({ status, body }: Answer) => [status, body['code']]
const rows = (answer: Answer, name: string) => answer.body[name] as Record<string, unknown>[]

describe('http: allowlist', () => {
  let api: Api
  const shipped: WarningList = {
    name: 'resolvers',
    effect: 'never',
    networks: ['8.8.8.8/32'],
    domains: [],
    emailDomains: false,
    addedMs: 0,
    by: 'package',
  }
  beforeEach(async () => (api = await openApi({ shippedLists: [shipped] })))
  afterEach(() => api.stop())
  const ask = (method: string, path: string, body?: unknown, as: Ask['as'] = 'operator') =>
    api.ask(method, path, { as, ...(body === undefined ? {} : { body }) })
  const report = (type: string, value: string, rest = {}, as: Ask['as'] = 'operator') =>
    ask('POST', '/v1/reports', { type, value, ...rest }, as)
  const allow = (type: string, value: string, rest = {}) =>
    ask('POST', '/v1/allowlist', { type, value, reason: 'our own customer', ...rest })
  const load = (name: string, values: readonly string[], rest = {}) =>
    ask('POST', '/v1/allowlist/lists', { name, values, ...rest })
  const actionOn = (value: string) => api.lab.check('ip', value).action

  it('acts at once on what is held, and says what it changed', async () => {
    await report('ip', '9.9.1.7')
    const added = await allow('ip', '9.9.1.7')
    assert.equal(added.status, 201)
    assert.deepEqual(added.body['effect'], { was: 'block', now: 'allow' })
    assert.equal(actionOn('9.9.1.7'), 'allow')
    const { guard, reasons } = api.lab.check('ip', '9.9.1.7')
    assert.deepEqual([guard, reasons[0]!.held], ['allowed', 'allowed'])
    const removed = await ask('DELETE', '/v1/allowlist', { type: 'ip', value: '9.9.1.7' })
    assert.deepEqual(removed.body['effect'], { was: 'allow', now: 'block' })
    const gone = await ask('DELETE', '/v1/allowlist', { type: 'ip', value: '9.9.1.7' })
    assert.deepEqual(codeOf(gone), [404, 'allow-unknown'])
  })

  it('takes an end, and is over at its millisecond', async () => {
    await report('ip', '9.9.1.7')
    const { body } = await allow('ip', '9.9.1.7', { until: '1h' })
    const { until } = body['entry'] as { until: string }
    api.lab.time.now = Date.parse(until) - 1
    assert.equal(actionOn('9.9.1.7'), 'allow')
    api.lab.time.now++
    assert.equal(actionOn('9.9.1.7'), 'block')
    assert.equal(rows(await ask('GET', '/v1/allowlist'), 'entries')[0]!['over'], true)
  })

  it('a range loses the allowed address, not the rest, in look-ups and exports', async () => {
    await report('ip', '9.9.1.0/30')
    await allow('ip', '9.9.1.2')
    assert.deepEqual(['9.9.1.1', '9.9.1.2', '9.9.1.3'].map(actionOn), ['block', 'allow', 'block'])
    const exported = await ask('GET', '/v1/export?format=text')
    assert.equal(exported.text, '9.9.1.0/31\n9.9.1.3\n')
    const lines = (await ask('GET', '/v1/export')).text.trim().split('\n')
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { type: string }).type),
      ['net.cidr', 'net.ipv4'],
    )
  })

  it('a request with an attribute that allows the whole of it is allowed', async () => {
    await report('ip', '9.9.1.7')
    await allow('asn', '64496', { request: true })
    const attributes = [
      { type: 'ip', value: '9.9.1.7' },
      { type: 'asn', value: '64496' },
    ]
    const { body } = await ask('POST', '/v1/check/request', { attributes })
    assert.deepEqual([body['action'], body['guard']], ['allow', 'allowed'])
  })

  it('refuses with its code what it cannot take', async () => {
    const cases: readonly (readonly [Promise<Answer>, number, string])[] = [
      [allow('ip', '9.9.1.7', { reason: ' ' }), 422, 'reason-missing'],
      [allow('ip', '9.9.1.7', { reason: 'x'.repeat(501) }), 422, 'reason-missing'],
      [allow('ip', '9.9.1'), 422, 'ipv4-malformed'],
      [allow('ip', '9.9.1.7', { until: 'soon' }), 422, 'ttl-malformed'],
      [allow('ip', '9.9.1.7', { until: '2001-01-01T00:00:00Z' }), 422, 'ttl-too-short'],
      [allow('ip', '9.9.1.7', { more: 1 }), 400, 'request-malformed'],
      [load('a', []), 422, 'list-empty'],
      [load('a', ['no value']), 422, 'list-empty'],
      [load('A b', ['9.9.9.9']), 400, 'request-malformed'],
      [ask('DELETE', '/v1/allowlist/lists/a'), 404, 'list-unknown'],
      [ask('DELETE', '/v1/allowlist/lists/resolvers'), 404, 'list-unknown'],
      [ask('GET', '/v1/allowlist', undefined, 'detector'), 403, 'role-too-low'],
    ]
    for (const [answer, status, code] of cases) {
      assert.deepEqual(codeOf(await answer), [status, code])
    }
  })

  it('takes networks that are too wide to be reported', async () => {
    assert.equal((await allow('ip', '9.0.0.0/8')).status, 201)
    await report('ip', '10.1.1.1')
    assert.deepEqual(codeOf(await report('ip', '9.1.2.3')), [422, 'guarded'])
  })

  it('loads, replaces, lists and unloads warning lists, naming what it cannot read', async () => {
    await report('ip', '9.9.1.7')
    const loaded = await load('edge', ['9.9.0.0/16', '10.0.0.1/8', 'com'])
    assert.equal(loaded.status, 201)
    assert.deepEqual([loaded.body['unread'], loaded.body['named']], [2, ['10.0.0.1/8', 'com']])
    assert.equal(actionOn('9.9.1.7'), 'allow')
    await load('edge', ['9.8.0.0/16'])
    assert.equal(actionOn('9.9.1.7'), 'block')
    const lists = rows(await ask('GET', '/v1/allowlist'), 'lists')
    assert.deepEqual(
      lists.map((list) => [list['name'], list['shipped'], list['inForce'], list['networks']]),
      [
        ['resolvers', true, true, 1],
        ['edge', false, true, 1],
      ],
    )
    assert.equal((await ask('DELETE', '/v1/allowlist/lists/edge')).status, 200)
  })

  it('a cloud list caps, and guards publishing', async () => {
    await report('ip', '9.9.1.7')
    await load('cloud', ['9.9.0.0/16'], { as: 'cloud' })
    assert.equal(actionOn('9.9.1.7'), 'throttle')
    const refused = await report('ip', '9.9.1.8')
    assert.deepEqual(codeOf(refused), [422, 'guarded'])
    assert.equal(refused.body['detail'], 'list:cloud')
  })

  it('has room for the largest public list, and for as many as it says', async () => {
    const one = (i: number) => `9.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
    const many = Array.from({ length: LIMITS.listValuesMax + 1 }, (_, i) => one(i))
    assert.equal((await load('many', many.slice(1))).status, 201)
    assert.deepEqual(codeOf(await load('many', many)), [413, 'list-too-long'])
    for (let i = 1; i < LIMITS.listsMax; i++) await load(`list-${i}`, ['9.9.9.9'])
    assert.deepEqual(codeOf(await load('one-more', ['9.9.9.9'])), [409, 'lists-full'])
    assert.equal((await load('list-1', ['9.9.9.8'])).status, 201)
    const row = { reason: 'x', request: false, addedMs: 0, by: 'test' }
    const entries = many.slice(0, LIMITS.allowMax).map((value) => ({ type: 1, value, ...row }))
    await api.lab.lists.change(
      ...entries.map((entry) => ({ table: 'allow', name: keyOf(entry), row: entry }) as const),
    )
    assert.deepEqual(codeOf(await allow('ip', '200.1.1.1')), [409, 'allow-full'])
  })

  describe('publishing by force', () => {
    beforeEach(() => load('edge', ['9.9.0.0/16']))

    it('needs a reason and an operator, and is recorded beside what was said', async () => {
      assert.deepEqual(codeOf(await report('ip', '9.9.1.7')), [422, 'guarded'])
      const force = 'seen in our logs'
      const cases: readonly (readonly [Promise<Answer>, string])[] = [
        [report('ip', '9.9.1.7', { force: '' }), 'reason-missing'],
        [report('ip', '9.9.1.7', { force }, 'detector'), 'force-not-yours'],
        [report('ip', '10.0.0.1', { force }), 'guarded'],
      ]
      for (const [answer, code] of cases) assert.deepEqual(codeOf(await answer), [422, code])
      assert.deepEqual(rows(await ask('GET', '/v1/allowlist'), 'forced'), [])
      assert.equal((await report('ip', '9.9.1.7', { force })).status, 201)
      const [row] = rows(await ask('GET', '/v1/allowlist'), 'forced')
      const { guard, reason, by, type, value } = row!
      assert.deepEqual(
        [type, value, guard, reason, by],
        ['net.ipv4', '9.9.1.7', 'list:edge', force, 'operator'],
      )
      // It is said; here the list goes on to guard it.
      assert.equal(actionOn('9.9.1.7'), 'allow')
      assert.equal(api.lab.state.claims.on(keyOf(indicator('ip', '9.9.1.7'))).length, 1)
    })

    it('of what nothing guards is an ordinary report, and records nothing', async () => {
      assert.equal((await report('ip', '9.8.1.7', { force: 'why not' }, 'detector')).status, 201)
      assert.deepEqual(rows(await ask('GET', '/v1/allowlist'), 'forced'), [])
    })
  })
})
