/**
 * Every problem of the API, made on purpose: status, code, and that nothing of the request comes
 * back.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { LIMITS } from '../../src/core/limits.js'
import { INPUT_CODES } from '../../src/core/outcome.js'
import type { Log, Maintenance } from '../../src/core/ports.js'
import { StoreError } from '../../src/core/store-port.js'
import { bodyOf, problemOf } from '../../src/http/problems.js'
import { SILENT } from '../support/lab.js'
import { openApi, type Api, type Ask } from './api.js'

const CONSTRUCTED = '{"constructor":{"prototype":{}}}'
const SECRET = 'quite-secret-value'
const operator = { as: 'operator' } as const
const json = { 'content-type': 'application/json' }

const CASES: readonly (readonly [string, number, string, string, Ask])[] = [
  ['json-malformed', 400, 'POST', '/v1/reports', { raw: `{"${SECRET}":`, headers: json }],
  ['json-malformed', 400, 'POST', '/v1/check', { raw: '', headers: json }],
  ['json-malformed', 400, 'POST', '/v1/check', { raw: '{"__proto__":1}', headers: json }],
  ['json-malformed', 400, 'POST', '/v1/check', { raw: '{"\\u005f_proto__":1}', headers: json }],
  ['json-malformed', 400, 'POST', '/v1/check', { raw: CONSTRUCTED, headers: json }],
  [
    'request-malformed',
    400,
    'POST',
    '/v1/check',
    { body: { items: [{ type: 1, value: SECRET }] } },
  ],
  ['request-malformed', 400, 'POST', '/v1/check', { body: { [SECRET]: 1, items: [] } }],
  ['request-malformed', 400, 'GET', `/v1/check?type=ip&value=${SECRET}&value=2`, {}],
  ['request-malformed', 400, 'GET', `/v1/check?type=ip&value=1.2.3.4&view=${SECRET}`, {}],
  ['request-malformed', 400, 'GET', `/v1/members/%E0%A4%A`, {}],
  ['request-malformed', 400, 'GET', '/readyz?fresh=soon', {}],
  ['route-unknown', 404, 'GET', `/v1/${SECRET}`, {}],
  ['route-unknown', 404, 'PATCH', '/v1/check', {}],
  [
    'media-type-unknown',
    415,
    'POST',
    '/v1/reports',
    { raw: SECRET, headers: { 'content-type': 'text/csv' } },
  ],
  [
    'media-type-unknown',
    415,
    'POST',
    '/v1/check',
    { raw: '{}', headers: { 'content-type': 'application/x-ndjson' } },
  ],
  [
    'body-too-large',
    413,
    'POST',
    '/v1/reports',
    { body: { type: SECRET.repeat(LIMITS.bodyBytesMax / 16) } },
  ],
  [
    'value-too-long',
    422,
    'POST',
    '/v1/reports',
    { body: { type: 'domain', value: SECRET.repeat(60_000) } },
  ],
  [
    'items-too-many',
    413,
    'POST',
    '/v1/check',
    { body: { items: Array(1_001).fill({ type: 'ip', value: SECRET }) } },
  ],
  ['use-post', 422, 'GET', `/v1/check?type=email&value=${SECRET}`, {}],
  ['type-unknown', 422, 'GET', `/v1/check?type=${SECRET}&value=x`, {}],
  ['type-off', 422, 'POST', '/v1/check', { body: { items: [{ type: 'email', value: SECRET }] } }],
  ['format-unknown', 422, 'GET', `/v1/export?format=${SECRET}`, {}],
  ['type-unknown', 422, 'GET', `/v1/export?type=${SECRET}`, {}],
  ['member-unknown', 404, 'GET', `/v1/members/${SECRET}`, {}],
  ['token-unknown', 404, 'DELETE', `/v1/tokens/${SECRET}`, {}],
  ['token-exists', 409, 'POST', '/v1/tokens', { body: { name: 'gateway', role: 'gateway' } }],
  ['token-exists', 409, 'POST', '/v1/tokens', { body: { name: 'operator', role: 'operator' } }],
  ['request-malformed', 400, 'POST', '/v1/tokens', { body: { name: 'a b', role: 'gateway' } }],
  ['request-malformed', 400, 'POST', '/v1/tokens', { body: { name: 'a', role: SECRET } }],
]

describe('http: problems', () => {
  let api: Api
  before(async () => (api = await openApi()))
  after(() => api.stop())

  for (const [code, status, method, path, ask] of CASES) {
    it(`${code}: ${method} ${path.replace(SECRET, '…').slice(0, 60)}`, async () => {
      const answer = await api.ask(method, path, { ...operator, ...ask })
      assert.deepEqual([answer.status, answer.body['code']], [status, code])
      assert.equal(answer.headers['content-type'], 'application/problem+json')
      assert.equal(answer.body['status'], status)
      assert.equal(answer.body['type'], `urn:tocsin:problem:${code}`)
      assert.ok(!answer.text.includes(SECRET), answer.text)
      assert.ok(!answer.text.includes('node_modules'), 'no stack')
    })
  }

  it('what is not HTTP gets a problem and no connection', async () => {
    const { port } = new URL(api.address)
    const received = await new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('no request\r\n\r\n'))
      socket.on('data', (chunk) => (text += chunk.toString()))
      socket.on('end', () => resolve(text)).on('error', reject)
    })
    assert.match(received, /^HTTP\/1\.1 400 /)
    assert.match(received, /request-malformed/)
  })

  it('says that the connection ends to who asked for that, as any answer does', async () => {
    for (const path of ['/v1/nothing', '/healthz']) {
      for (const asked of ['close', 'keep-alive']) {
        const { headers } = await api.ask('GET', path, { headers: { connection: asked } })
        const isClosed = headers.connection === 'close'
        assert.equal(isClosed, asked === 'close', `${path} ${asked}`)
      }
    }
  })

  it('every input code has a status and its text', () => {
    for (const [code, text] of Object.entries(INPUT_CODES)) {
      const body = bodyOf(code as keyof typeof INPUT_CODES)
      assert.ok(body.status >= 400 && body.title.length > 0, code)
      if (body.status === 422) assert.equal(body.title, text)
    }
  })

  it('an error nobody foresaw says nothing of itself', () => {
    const problem = problemOf(new TypeError(`cannot read ${SECRET}`))
    assert.deepEqual([problem.code, problem.detail], ['internal', undefined])
    assert.equal(
      problemOf(Object.assign(new Error('x'), { statusCode: 418 })).code,
      'request-malformed',
    )
  })

  it('a store fault is 503 and logged by route, never by value', async () => {
    const lines: unknown[] = []
    const log: Log = { ...SILENT, error: (code, fields) => void lines.push({ code, ...fields }) }
    const maintenance: Maintenance = {
      verify: () => Promise.reject(new StoreError('row-damaged', 'a row')),
      rebuild: () => Promise.reject(new Error('a bug')),
    }
    const failing = await openApi({ maintenance, log })
    const verify = await failing.ask('POST', '/v1/admin/verify', operator)
    assert.deepEqual(
      [verify.status, verify.body['code'], verify.body['detail']],
      [503, 'store-failed', 'row-damaged'],
    )
    const rebuild = await failing.ask('POST', '/v1/admin/rebuild', operator)
    assert.deepEqual([rebuild.status, rebuild.body['code']], [500, 'internal'])
    assert.equal(lines.length, 2)
    assert.ok(JSON.stringify(lines).includes('/v1/admin/verify'))
    await failing.stop()
  })

  it('what is refused is told at debug: by route and caller, never by value', async () => {
    const lines: unknown[] = []
    const log: Log = { ...SILENT, debug: (code, fields) => void lines.push({ code, ...fields }) }
    const chatty = await openApi({ log })
    await chatty.ask('GET', '/v1/check?type=ip&value=CANARY', { as: 'gateway' })
    await chatty.ask('GET', '/v1/status', { as: 'gateway' })
    await chatty.ask('GET', '/CANARY')
    await chatty.stop()
    const code = 'request-refused'
    const check = { route: '/v1/check', method: 'GET', caller: 'gateway' }
    assert.deepEqual(lines, [
      { code, ...check, problem: 'ipv4-malformed' },
      { code, ...check, route: '/v1/status', problem: 'role-too-low' },
      { code, ...check, route: undefined, caller: '', problem: 'token-missing' },
    ])
  })
})
