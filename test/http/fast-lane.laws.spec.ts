/**
 * The fast lane answers as the framework does, or not at all: the same requests are sent to a
 * listener, which asks the lane first, and handed to the framework alone.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { appOf, openApi, TOKENS, type Api } from './api.js'
import type { App } from '../../src/http/shape.js'
import { openLab, type Lab } from '../support/lab.js'

const VALUES = ['45.9.1.1', '45.9.1.2', '45.9.7.7', '2a00:1::1', '045.9.1.1', 'x', '', 'a b', '%00']
const TYPES = ['ip', 'net.ipv4', 'asn', 'domain', 'email', 'actor.email', 'nonsense', '']
const VIEWS = ['action', 'full', 'other']
const HOSTS = ['localhost', '127.0.0.1', 'elsewhere.example', '127.0.0.1:1', '[::1]']
const KEYS = [TOKENS.gateway, TOKENS.detector, TOKENS.operator, 'tocsin_wrong', '']

const parameter = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VALUES).map((value) => ['value', value] as const) },
  { weight: 4, arbitrary: fc.constantFrom(...TYPES).map((type) => ['type', type] as const) },
  { weight: 4, arbitrary: fc.constantFrom(...VIEWS).map((view) => ['view', view] as const) },
  fc.constant(['more', '1'] as const),
)
const plain = fc
  .tuple(fc.constantFrom(...TYPES), fc.constantFrom(...VALUES), fc.boolean())
  .map(([type, value, turned]) => {
    const pairs = [['view', 'action'] as const, ['type', type] as const, ['value', value] as const]
    return turned ? pairs.reverse() : pairs
  })
interface Asked {
  readonly pairs: readonly (readonly [name: string, value: string])[]
  readonly encoded: boolean
  readonly host: string
  readonly key: string
}

const asked: fc.Arbitrary<Asked> = fc.record({
  pairs: fc.oneof({ weight: 3, arbitrary: plain }, fc.array(parameter, { maxLength: 4 })),
  encoded: fc.boolean(),
  host: fc.constantFrom(...HOSTS),
  key: fc.oneof({ weight: 3, arbitrary: fc.constant(TOKENS.gateway) }, fc.constantFrom(...KEYS)),
})

function pathOf({ pairs, encoded }: Asked): string {
  const text = (part: string) => (encoded ? encodeURIComponent(part) : part.replaceAll(' ', '+'))
  return `/v1/check?${pairs.map(([name, value]) => `${name}=${text(value)}`).join('&')}`
}

/** What a client reads, but for the moment and the connection. */
function told(status: number, headers: Readonly<Record<string, unknown>>, text: string) {
  const kept = Object.entries(headers).filter(
    ([name]) => !['date', 'connection', 'keep-alive', 'content-length'].includes(name),
  )
  // Two full verdicts have two decision ids.
  const body = text.replace(/"decisionId":"[^"]*"/, '"decisionId":""')
  return { status, headers: Object.fromEntries(kept.sort()), body }
}

describe('http: the fast lane', () => {
  let lab: Lab
  let api: Api
  let app: App

  before(async () => {
    lab = await openLab('Lab A')
    app = await appOf(lab)
    api = await openApi({}, { hosts: [] }, lab)
    const items = ['45.9.1.1', '2a00:1::1'].map((value) => ({ type: 'ip', value, ttl: '7d' }))
    const { status } = await api.ask('POST', '/v1/reports', { as: 'detector', body: items })
    assert.equal(status, 201)
  })
  after(() => api.stop())

  it('answers what the framework answers, headers and all', async () => {
    let acting = 0
    const check = async (one: Asked) => {
      const path = pathOf(one)
      const headers = { host: one.host, ...(one.key === '' ? {} : { 'x-api-key': one.key }) }
      const quick = await api.ask('GET', path, { headers })
      const slow = await app.inject({ method: 'GET', url: path, headers })
      const expected = told(slow.statusCode, slow.headers, slow.body)
      assert.deepEqual(told(quick.status, quick.headers, quick.text), expected, path)
      if (quick.body['action'] === 'block') acting++
    }
    await fc.assert(fc.asyncProperty(asked, check), { numRuns: 600 })
    assert.ok(acting > 0, 'some of them act')
  }).timeout(60_000)

  it('takes a revoked token for what it is, on the connection that used it', async () => {
    const url = `${api.address}/v1/check?view=action&type=ip&value=45.9.1.1`
    // Keeps its connection.
    const ask = () => fetch(url, { headers: { 'x-api-key': TOKENS.gateway } })
    const first = await ask()
    assert.equal(((await first.json()) as { action: string }).action, 'block')
    await api.ask('DELETE', '/v1/tokens/gateway', { as: 'operator' })
    assert.equal((await ask()).status, 401)
  })
})
