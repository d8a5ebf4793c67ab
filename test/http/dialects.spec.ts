/** Dialects of gateways: what passes, what is shown, and what the declared rules do. */
import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Freshness } from '../../src/core/mark.js'
import { hand, openLab } from '../support/lab.js'
import { DIALECTS, openApi, TOKENS, type Api } from './api.js'

const BAD = '198.51.100.7'
const WATCHED = '198.51.100.9'
const CLEAN = '198.51.100.8'
const LITELLM = '/beta/litellm_basic_guardrail_api'
const PORTKEY = '/guardrails/portkey'

describe('http: dialects', () => {
  let api: Api
  let freshness: Freshness = 'fresh'
  const dialects = {
    ...DIALECTS,
    headers: new Map([['x-client-ja4', 'ja4']]),
    pointers: new Map([['/request_headers/x-real-ip', 'ip']]),
  }
  before(async () => {
    const lab = await openLab('Lab A')
    const lookup = () => ({ ...lab.desk.lookup(), freshness })
    api = await openApi({ dialects, lookup }, {}, lab)
    const b = await openLab('Lab B')
    await lab.admit('Lab B')
    await lab.voice.report([{ type: 'ip', value: BAD }])
    await b.voice.report([{ type: 'ip', value: WATCHED }])
    await hand(b, lab)
  })
  after(() => api.stop())
  afterEach(() => (freshness = 'fresh'))

  const authz = (headers: Readonly<Record<string, string>>, path = '/authz', method = 'GET') =>
    api.ask(method, path, { as: 'gateway', headers })
  const litellm = (body: unknown) => api.ask('POST', LITELLM, { as: 'gateway', body })
  const portkey = (body: unknown) => api.ask('POST', PORTKEY, { as: 'gateway', body })

  it('authz: 200 or 403, with action and decision in headers', async () => {
    const bad = await authz({ 'x-real-ip': BAD })
    assert.deepEqual([bad.status, bad.headers['x-tocsin-action']], [403, 'block'])
    assert.equal(bad.text, 'This request was declined.\n')
    const id = bad.headers['x-tocsin-decision'] as string
    const known = await api.ask('GET', `/v1/decisions/by-id/${id}`, { as: 'operator' })
    assert.equal((known.body['decision'] as { action: string }).action, 'block')
    const watched = await authz({ 'x-real-ip': WATCHED })
    assert.deepEqual([watched.status, watched.headers['x-tocsin-action']], [200, 'throttle'])
    const clean = await authz({ 'x-real-ip': CLEAN })
    assert.deepEqual(
      [clean.status, clean.headers['x-tocsin-action'], clean.text],
      [200, 'allow', ''],
    )
  })

  it('authz: any method, path, host and body', async () => {
    const headers = { 'x-real-ip': BAD, host: 'chat.lab.example', 'content-type': 'text/strange' }
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND']) {
      for (const path of [
        '/authz',
        '/authz/',
        '/authz/v1/chat?ip=8.8.8.8',
        '/authz/%zz/..%2f',
        '/authz//x',
      ]) {
        const body = method === 'POST' ? { raw: '{"x' } : {}
        const { status } = await api.ask(method, path, { as: 'gateway', headers, ...body })
        assert.equal(status, 403, `${method} ${path}`)
      }
    }
    assert.equal((await api.ask('GET', '/authzx', { as: 'gateway' })).status, 404)
    assert.equal((await api.ask('GET', '/authz')).status, 401)
  })

  it('authz: the right-most hop that is no proxy of ours; nothing a visitor writes', async () => {
    const cases: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
      [{ 'x-forwarded-for': `${CLEAN}, ${BAD}` }, 403],
      [{ 'x-forwarded-for': `${BAD}, ${CLEAN}` }, 200],
      [{ 'x-forwarded-for': `${CLEAN}, ${BAD}, 127.0.0.1` }, 403],
      [{ 'x-forwarded-for': `${BAD}, nonsense` }, 403],
      [{ 'x-forwarded-for': '127.0.0.1' }, 403],
      [{ 'x-real-ip': CLEAN, 'x-forwarded-for': BAD }, 200],
      [{ 'x-real-ip': 'nonsense', 'x-forwarded-for': CLEAN }, 403],
      [{ 'x-real-ip': `${CLEAN}, ${CLEAN}` }, 403],
      [{ 'x-envoy-external-address': BAD }, 403],
      [{ 'x-envoy-external-address': CLEAN }, 200],
      [{ 'x-real-ip': '::ffff:198.51.100.7' }, 403],
      [{}, 403],
    ]
    for (const [headers, status] of cases) {
      assert.equal(
        (await authz(headers, `/authz?ip=${CLEAN}`)).status,
        status,
        JSON.stringify(headers),
      )
    }
    assert.equal((await authz({})).body['code'], 'no-client-address')
  })

  it('authz: a peer that is no proxy is the client itself', async () => {
    const nobody = {
      ...DIALECTS,
      trusted: (await import('../../src/core/network-set.js')).NetworkSet.EMPTY,
    }
    const other = await openApi({ dialects: nobody })
    await other.lab.voice.report([{ type: 'ip', value: BAD }])
    const { status } = await other.ask('GET', '/authz', {
      as: 'gateway',
      headers: { 'x-real-ip': BAD },
    })
    assert.equal(status, 200)
    await other.stop()
  })

  it('guardrails: 200 with their own words; constant to the caller', async () => {
    const bad = { request_headers: { 'x-real-ip': BAD }, texts: ['hello'], input_type: 'request' }
    assert.deepEqual((await litellm(bad)).body, {
      action: 'BLOCKED',
      blocked_reason: 'This request was declined.',
    })
    const clean = { request_headers: { 'x-real-ip': CLEAN } }
    assert.deepEqual((await litellm(clean)).body, { action: 'NONE' })
    assert.deepEqual((await portkey({ metadata: { ip: BAD } })).body, { verdict: false })
    assert.deepEqual((await portkey({ metadata: { ip: CLEAN, _user: 'x' } })).body, {
      verdict: true,
    })
  })

  it('guardrails: what cannot be read is answered as declared, never by an error', async () => {
    const odd = [
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"metadata":7}',
      '{"metadata":{"ip":"x"}}',
      '{"a":'.repeat(90_000),
    ]
    for (const raw of odd) {
      for (const type of ['application/json', 'text/strange']) {
        const asked = { as: 'gateway', raw, headers: { 'content-type': type } } as const
        const [one, other] = [
          await api.ask('POST', LITELLM, asked),
          await api.ask('POST', PORTKEY, asked),
        ]
        assert.deepEqual([one.status, one.body['action']], [200, 'BLOCKED'], raw.slice(0, 30))
        assert.deepEqual([other.status, other.body], [200, { verdict: false }], raw.slice(0, 30))
      }
    }
    const huge = { as: 'gateway', raw: Buffer.alloc(17 << 20, 'x') } as const
    assert.deepEqual((await api.ask('POST', PORTKEY, huge)).body, { verdict: false })
    assert.equal((await api.ask('POST', PORTKEY, { body: {} })).status, 401)
  })

  it('a node in trouble: what is declared for it, in every dialect', async () => {
    for (const [state, rule, passesBad, passesClean] of [
      ['stale', 'last-known', false, true],
      ['stale', 'allow', true, true],
      ['stale', 'deny', false, false],
      ['degraded', 'last-known', false, true],
      ['degraded', 'allow', true, true],
      ['degraded', 'deny', false, false],
    ] as const) {
      const rules = { ...DIALECTS.rules, [state]: rule }
      const { lab } = api
      const lookup = () => ({ ...lab.desk.lookup(), freshness: state })
      const other = await openApi({ dialects: { ...dialects, rules }, lookup }, {}, lab)
      for (const [ip, passes] of [
        [BAD, passesBad],
        [CLEAN, passesClean],
      ] as const) {
        const at = { as: 'gateway' } as const
        const one = await other.ask('GET', '/authz', { ...at, headers: { 'x-real-ip': ip } })
        const two = await other.ask('POST', LITELLM, {
          ...at,
          body: { request_headers: { 'x-real-ip': ip } },
        })
        const three = await other.ask('POST', PORTKEY, { ...at, body: { metadata: { ip } } })
        const told = [one.status === 200, two.body['action'] === 'NONE', three.body['verdict']]
        assert.deepEqual(told, [passes, passes, passes], `${state} ${rule} ${ip}`)
      }
      await other.stop()
    }
  })

  it('a hundred blocks of different causes: the same bytes but for the decision', async () => {
    const { lab } = api
    const causes = Array.from({ length: 100 }, (_, i) => ({
      type: 'ip',
      value: i % 3 === 0 ? `45.8.${i}.0/24` : `45.7.7.${i}`,
      confidence: 60 + (i % 40),
      category: i % 2 === 0 ? 'probing' : 'reseller-proxy',
      tlp: i % 5 === 0 ? 'amber+strict' : 'green',
      ...(i % 7 === 0 ? { campaign: 'ab'.repeat(16) } : {}),
    }))
    await lab.voice.report(causes)
    const seen = new Set<string>()
    const lengths = new Set<number>()
    for (const { value } of causes) {
      const ip = value.replace('.0/24', '.9')
      const { status, headers, text: body } = await authz({ 'x-real-ip': ip })
      const others: Record<string, unknown> = { ...headers, date: '' }
      const id = headers['x-tocsin-decision'] as string
      delete others['x-tocsin-decision']
      lengths.add(id.length)
      seen.add(JSON.stringify([status, others, body]))
      seen.add((await litellm({ request_headers: { 'x-real-ip': ip } })).text)
      seen.add((await portkey({ metadata: { ip } })).text)
    }
    assert.equal(seen.size, 3, [...seen].join('\n'))
    assert.equal(lengths.size, 1)
  })

  it('headers as large as a proxy hands on are no error', async () => {
    const socket = createConnection(Number(new URL(api.address).port), '127.0.0.1')
    const big = Array.from({ length: 50 }, (_, i) => `X-Big-${i}: ${'y'.repeat(1_000)}`).join(
      '\r\n',
    )
    const head = ['GET /authz HTTP/1.1', 'Host: x', `X-Api-Key: ${TOKENS.gateway}`, big]
    socket.end([...head, `X-Real-IP: ${CLEAN}`, 'Connection: close', '', ''].join('\r\n'))
    assert.match(await text(socket), /^HTTP\/1.1 200 /)
  })
})
