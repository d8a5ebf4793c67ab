/**
 * The fast lane answers as the framework does, or not at all: the same requests are sent to a
 * listener, which asks the lane first, and handed to the framework alone.
 */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { FastLane } from '../../src/http/fast-lane.js'
import { appOf, openApi, partsOf, TOKENS, type Api } from './api.js'
import type { App } from '../../src/http/shape.js'
import { openLab, type Lab } from '../support/lab.js'
import { until } from '../support/until.js'

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
  const body = text.replace(/"decisionId":"[^"]*"/g, '"decisionId":""')
  return { status, headers: Object.fromEntries(kept.sort()), body }
}

const BATCH = '/v1/check?view=action'
const item = fc.record({ type: fc.constantFrom(...TYPES), value: fc.constantFrom(...VALUES) })
const plainItem = fc
  .constantFrom('45.9.1.1', '45.9.7.7', '2a00:1::1', '45.9.1.0/24')
  .map((value) => {
    return { type: 'ip', value }
  })

interface Batch {
  readonly path: string
  readonly type: string
  readonly body: string
  readonly key: string
}

const batch: fc.Arbitrary<Batch> = fc.record({
  path: fc.oneof({ weight: 4, arbitrary: fc.constant(BATCH) }, fc.constant('/v1/check')),
  type: fc.oneof(
    { weight: 4, arbitrary: fc.constant('application/json') },
    fc.constantFrom('Application/JSON; charset=utf-8', 'text/plain', 'application/xml', ''),
  ),
  body: fc
    .tuple(
      fc.oneof(fc.array(plainItem, { maxLength: 5 }), fc.array(item, { maxLength: 5 })),
      fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, fc.nat({ max: 200 })),
    )
    .map(([items, cut]) => {
      const text = JSON.stringify({ items })
      return cut < 0 ? text : text.slice(0, cut)
    }),
  key: fc.oneof({ weight: 4, arbitrary: fc.constant(TOKENS.gateway) }, fc.constantFrom(...KEYS)),
})

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

  it('answers a batch as the framework does, headers and all', async () => {
    let acting = 0
    const check = async ({ path, type, body, key }: Batch) => {
      const headers = {
        host: 'localhost',
        ...(type === '' ? {} : { 'content-type': type }),
        ...(key === '' ? {} : { 'x-api-key': key }),
      }
      const quick = await api.ask('POST', path, { headers, raw: body })
      const slow = await app.inject({ method: 'POST', url: path, headers, payload: body })
      const expected = told(slow.statusCode, slow.headers, slow.body)
      assert.deepEqual(told(quick.status, quick.headers, quick.text), expected, body)
      if (quick.text.includes('"block"')) acting++
    }
    await fc.assert(fc.asyncProperty(batch, check), { numRuns: 400 })
    assert.ok(acting > 0, 'some of them act')
  }).timeout(60_000)

  describe('by itself', () => {
    let server: Server
    let address: string
    let handed: string[]
    let taken: IncomingMessage | undefined

    before(async () => {
      const lane = new FastLane({ ...(await laneParts()), hosts: [] })
      server = createServer((request, response) => {
        taken = request
        lane.take(request, response, () => {
          handed.push(request.url!)
          app.routing(request, response)
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    })
    beforeEach(() => {
      handed = []
      taken = undefined
    })
    after(() => {
      server.closeAllConnections()
      server.close()
    })

    const laneParts = async () => {
      const { access, answering } = await partsOf(lab)
      return { access, ...answering }
    }
    const post = async (path: string, body: string | AsyncIterable<string>) => {
      const headers = { 'content-type': 'application/json', 'x-api-key': TOKENS.gateway }
      const sent = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
      const answer = await fetch(address + path, sent)
      const { verdicts } = (await answer.json()) as { verdicts?: { action: string }[] }
      return verdicts?.map(({ action }) => action)
    }
    const bodyOf = (count: number, more: object = {}) => {
      const one = (i: number) => ({ type: 'ip', value: i % 2 === 0 ? '45.9.1.1' : '45.9.7.7' })
      return JSON.stringify({ items: Array.from({ length: count }, (_, i) => one(i)), ...more })
    }
    const actions = (count: number) => {
      return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 'block' : 'allow'))
    }

    it('answers plain questions', async () => {
      assert.deepEqual(await post(BATCH, bodyOf(100)), actions(100))
      const one = `${address}${BATCH}&type=ip&value=45.9.1.1`
      const answer = await fetch(one, { headers: { 'x-api-key': TOKENS.gateway } })
      assert.equal(((await answer.json()) as { action: string }).action, 'block')
      assert.deepEqual(handed, [])
    })

    it('hands on what it has read of any other body, whole', async () => {
      assert.equal(await post(BATCH, bodyOf(3, { more: 1 })), undefined)
      assert.deepEqual(await post('/v1/check', bodyOf(3)), actions(3))
      const large = bodyOf(900).replaceAll(',', `,${' '.repeat(40)}`)
      assert.ok(large.length > 64 * 1024)
      assert.deepEqual(await post(BATCH, large), actions(900))
      assert.deepEqual(await post(BATCH, inPieces(bodyOf(3))), actions(3))
      assert.deepEqual(handed, [BATCH, '/v1/check', BATCH, BATCH])
    })

    it('hands on a body of a known length that comes in pieces', async () => {
      const body = bodyOf(3)
      const head = [
        `POST ${BATCH} HTTP/1.1`,
        ...['Host: localhost', 'Connection: close', 'Content-Type: application/json'],
        ...[`X-Api-Key: ${TOKENS.gateway}`, `Content-Length: ${body.length}`, '', ''],
      ]
      const socket = connect(Number(new URL(address).port), '127.0.0.1')
      let sent = 0
      // Each when the one before it has been read by itself.
      for (const piece of [head.join('\r\n'), body.slice(0, 20), body.slice(20)]) {
        socket.write(piece)
        sent += piece.length
        await until(() => taken?.socket.bytesRead === sent)
      }
      assert.match(await text(socket), /^HTTP\/1.1 200 .*"verdicts":\[\{"action":"block"/s)
      assert.deepEqual(handed, [BATCH])
    })
  })

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

async function* inPieces(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += 40) {
    yield text.slice(at, at + 40)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
