/** Who may call what: every route with every kind of token, and which host names are answered. */
import assert from 'node:assert/strict'
import { stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { createApp } from '../../src/http/app.js'
import { nodeApp } from '../../src/http/node-app.js'
import type { HttpDependencies } from '../../src/http/dependencies.js'
import { isHostFine } from '../../src/http/host-check.js'
import { openApi, TOKENS, type Api, type Caller, DIALECTS } from './api.js'

/** Method, path, and the least role. */
const ROUTES: readonly (readonly [string, string, Caller | 'public'])[] = [
  ['GET', '/healthz', 'public'],
  ['GET', '/readyz', 'gateway'],
  ['GET', '/v1/check', 'gateway'],
  ['POST', '/v1/check', 'gateway'],
  ['POST', '/v1/check/request', 'gateway'],
  ['POST', '/v1/reports', 'detector'],
  ['POST', '/v1/revocations', 'detector'],
  ['POST', '/v1/sightings', 'detector'],
  ['POST', '/v1/disputes', 'detector'],
  ['GET', '/v1/voids', 'operator'],
  ['GET', '/v1/members', 'operator'],
  ['POST', '/v1/members', 'operator'],
  ['GET', '/v1/members/:name', 'operator'],
  ['PUT', '/v1/members/:name', 'operator'],
  ['DELETE', '/v1/members/:name', 'operator'],
  ['GET', '/v1/allowlist', 'operator'],
  ['POST', '/v1/allowlist', 'operator'],
  ['DELETE', '/v1/allowlist', 'operator'],
  ['POST', '/v1/allowlist/lists', 'operator'],
  ['DELETE', '/v1/allowlist/lists/:name', 'operator'],
  ['GET', '/v1/tokens', 'operator'],
  ['POST', '/v1/tokens', 'operator'],
  ['DELETE', '/v1/tokens/:name', 'operator'],
  ['GET', '/v1/status', 'operator'],
  ['GET', '/v1/activity', 'operator'],
  ['GET', '/v1/state', 'operator'],
  ['GET', '/v1/peers', 'operator'],
  ['GET', '/v1/doctor', 'operator'],
  ['GET', '/v1/id', 'operator'],
  ['GET', '/v1/export', 'operator'],
  ['POST', '/v1/import', 'operator'],
  ['GET', '/v1/admin/work', 'operator'],
  ['POST', '/v1/admin/verify', 'operator'],
  ['POST', '/v1/admin/rebuild', 'operator'],
  ['POST', '/v1/admin/backup', 'operator'],
  ['GET', '/v1/forks', 'operator'],
  ['GET', '/v1/receipts', 'operator'],
  ['GET', '/v1/ledger', 'operator'],
  ['GET', '/metrics', 'gateway'],
  ['GET', '/v1/explain', 'operator'],
  ['POST', '/v1/explain', 'operator'],
  ['POST', '/v1/sketches', 'detector'],
  ['GET', '/v1/decisions/by-id/:id', 'operator'],
  ['GET', '/v1/indicators', 'operator'],
  ['GET', '/v1/policy', 'operator'],
  ['PUT', '/v1/policy', 'operator'],
  ['POST', '/v1/policy/test', 'operator'],
  ['POST', '/v1/admin/pause', 'operator'],
  ['POST', '/v1/admin/resume', 'operator'],
  ['POST', '/v1/policy/enforcing', 'operator'],
  ['GET', '/v1/log', 'operator'],
  ['POST', '/v1/console/links', 'operator'],
  ['POST', '/v1/console/leave', 'operator'],
  ['GET', '/console/:name', 'operator'],
  ['GET', '/v1/changes', 'gateway'],
  ['GET', '/v1/snapshot', 'gateway'],
  ['GET', '/openapi.json', 'gateway'],
  ['POST', '/beta/litellm_basic_guardrail_api', 'gateway'],
  ['POST', '/guardrails/portkey', 'gateway'],
  ['GET', '/misp/manifest.json', 'gateway'],
  ['GET', '/misp/hashes.csv', 'gateway'],
  ['GET', '/misp/:file', 'gateway'],
  ['GET', '/export/plain.txt', 'gateway'],
  ['GET', '/export/haproxy.map', 'gateway'],
  ['GET', '/export/nginx-geo.conf', 'gateway'],
  ['GET', '/export/nftables.nft', 'gateway'],
  ['GET', '/export/ipset.restore', 'gateway'],
]
/** Its routes answer a stranger in their own way: crowdsec.spec.ts. */
const CROWDSEC = 3
/** Answers in its own form, too: taxii.spec.ts. */
const TAXII = 11
/** What a browser that has not entered is shown: console.spec.ts. */
const DOORS = 2
const ROLES = ['gateway', 'detector', 'operator'] as const

describe('http: who may call what', () => {
  let api: Api
  before(async () => (api = await openApi()))
  after(() => api.stop())

  for (const [method, path, role] of ROUTES) {
    it(`${method} ${path} needs ${role}`, async () => {
      const at = path.replace(':name', 'nobody')
      const ask = (options: object = {}) => api.ask(method, at, options)
      if (role === 'public') return assert.equal((await ask()).status, 200)
      const none = await ask()
      assert.deepEqual([none.status, none.body['code']], [401, 'token-missing'])
      assert.equal(none.headers['www-authenticate'], 'Bearer')
      const wrong = await ask({ headers: { authorization: 'Bearer tocsin_wrong' } })
      assert.deepEqual([wrong.status, wrong.body['code']], [401, 'token-wrong'])
      for (const as of ROLES) {
        const { status, body } = await ask({ as })
        const may = ROLES.indexOf(as) >= ROLES.indexOf(role)
        if (may) assert.ok(status !== 401 && status !== 403, `${as}: ${status}`)
        else assert.deepEqual([status, body['code']], [403, 'role-too-low'], as)
      }
    })
  }

  it('there is no route that this table does not name', async () => {
    const nothing = { operatorToken: '', dialects: DIALECTS } as unknown as HttpDependencies
    const app = await createApp({ hosts: [] }, nodeApp(nothing))
    // /authz has every method there is.
    const printed = app.printRoutes({ commonPrefix: false }).replace(/authz \([^)]*\)/, '')
    const methods = printed.match(/\b(?:GET|POST|PUT|DELETE|PATCH)\b/g)
    assert.equal(methods?.length, ROUTES.length + CROWDSEC + TAXII + DOORS)
    for (const [method, url] of ROUTES) {
      assert.ok(app.hasRoute({ method: method as 'GET', url }), `${method} ${url}`)
    }
    await app.close()
  })

  it('X-Api-Key counts before Authorization, which may be a visitor’s own', async () => {
    const headers = { 'x-api-key': TOKENS.gateway, authorization: 'Bearer of-a-visitor' }
    assert.equal((await api.ask('GET', '/readyz', { headers })).status, 200)
  })

  it('a token may come as X-Api-Key; another scheme is no token', async () => {
    const key = await api.ask('GET', '/readyz', { headers: { 'x-api-key': TOKENS.gateway } })
    assert.equal(key.status, 200)
    const basic = await api.ask('GET', '/readyz', { headers: { authorization: 'Basic eDp5' } })
    assert.equal(basic.body['code'], 'token-missing')
  })

  it('an unknown route tells a stranger nothing', async () => {
    assert.equal((await api.ask('GET', '/v1/none')).status, 401)
    const known = await api.ask('GET', '/v1/none', { as: 'gateway' })
    assert.deepEqual([known.status, known.body['code']], [404, 'route-unknown'])
  })

  it('a token ends at once when it is revoked', async () => {
    const made = await api.ask('POST', '/v1/tokens', {
      as: 'operator',
      body: { name: 'edge-1', role: 'gateway' },
    })
    assert.equal(made.status, 201)
    const headers = { authorization: `Bearer ${String(made.body['token'])}` }
    assert.equal((await api.ask('GET', '/readyz', { headers })).status, 200)
    assert.equal((await api.ask('DELETE', '/v1/tokens/edge-1', { as: 'operator' })).status, 200)
    assert.equal((await api.ask('GET', '/readyz', { headers })).status, 401)
  })
})

describe('http: host names', () => {
  let api: Api
  before(async () => (api = await openApi()))
  after(() => api.stop())

  const FINE = ['localhost', 'localhost:1', '127.0.0.1', '127.8.9.1:80', '[::1]:4718', '[::1]']
  const LISTED = ['api.lab.example', 'API.lab.example:9', 'proxy.example:8443']
  for (const host of [...FINE, ...LISTED]) {
    it(`${host} is answered`, async () => {
      assert.equal((await api.ask('GET', '/healthz', { headers: { host } })).status, 200)
    })
  }

  const OTHERS = ['evil.example', 'localhost.evil.example', 'proxy.example', '192.0.2.1', '0.0.0.0']
  for (const host of [...OTHERS, 'a b', '127.0.0.1.evil.example', '[::1', 'x@localhost']) {
    it(`${host} is 421, before the token is looked at`, async () => {
      const { status, body } = await api.ask('GET', '/v1/status', { headers: { host } })
      assert.deepEqual([status, body['code']], [421, 'wrong-host'])
    })
  }

  it('the address the connection came in on is answered, wherever that is', () => {
    assert.ok(isHostFine('192.0.2.7:4718', [], '192.0.2.7'))
    assert.ok(isHostFine('192.0.2.7', [], '::ffff:192.0.2.7'))
    assert.ok(isHostFine('[2001:db8::1]:1', [], '2001:db8:0::1'))
    assert.ok(!isHostFine('192.0.2.8', [], '192.0.2.7'))
    assert.ok(!isHostFine('192.0.2.7', [], undefined))
    assert.ok(!isHostFine(undefined, [], '127.0.0.1'))
  })
})

describe('http: the socket', () => {
  it('answers as the port does, to its owner alone, and replaces a stale one', async () => {
    const first = await openApi()
    const { mode } = await stat(first.socketPath)
    assert.equal(mode & 0o777, 0o600)
    assert.equal((await first.ask('GET', '/v1/status', { socket: true })).status, 401)
    const status = await first.ask('GET', '/v1/status', { socket: true, as: 'operator' })
    assert.equal(status.body['name'], 'Lab A')
    const host = await first.ask('GET', '/healthz', { socket: true, headers: { host: 'evil' } })
    assert.equal(host.status, 421)

    const stale = `${first.socketPath}.stale`
    await writeFile(stale, '')
    const second = await openApi({}, { socketPath: stale })
    await new Promise<void>((resolve, reject) => {
      const socket = connect(stale, () => resolve(void socket.end()))
      socket.on('error', reject)
    })
    await second.stop()
    await first.stop()
  })

  it('stop ends kept-alive connections and is safe twice', async () => {
    const api = await openApi()
    const agentless = await fetch(`${api.address}/healthz`)
    assert.equal(agentless.status, 200)
    await Promise.all([api.stop(), api.stop()])
    await assert.rejects(fetch(`${api.address}/healthz`))
  })
})
