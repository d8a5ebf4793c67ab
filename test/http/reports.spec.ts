/**
 * Reports and revocations: what is answered when, and that a repeated request says nothing twice.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { LIMITS } from '../../src/core/limits.js'
import {
  VoiceError,
  type ItemResult,
  type SayOptions,
  type Voice,
  type VoiceCode,
} from '../../src/core/ports.js'
import { openApi, type Answer, type Api, type Ask } from './api.js'

const NDJSON = { 'content-type': 'application/x-ndjson' }
const addresses = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `45.0.${(from + i) >> 8}.${(from + i) & 255}`)

/** Says nothing; remembers what it was asked. */
class Recorder implements Voice {
  readonly calls: { readonly items: readonly { value: string }[]; readonly receipt?: string }[] = []
  failing: { readonly code: VoiceCode; readonly after: number } | undefined

  report(items: readonly { value: string }[], options: SayOptions = {}) {
    return this.#answer(items, options)
  }

  revoke(items: readonly { value: string }[], options: SayOptions = {}) {
    return this.#answer(items, options)
  }

  sight(items: readonly { value: string }[], options: SayOptions = {}) {
    return this.#answer(items, options)
  }

  dispute(items: readonly { value: string }[], options: SayOptions = {}) {
    return this.#answer(items, options)
  }

  #answer(items: readonly { value: string }[], { receipt }: SayOptions): Promise<ItemResult[]> {
    if (this.failing !== undefined && this.calls.length >= this.failing.after) {
      return Promise.reject(new VoiceError(this.failing.code, 'as the test wants'))
    }
    this.calls.push({ items, ...(receipt === undefined ? {} : { receipt }) })
    return Promise.resolve(items.map(() => ({ status: 'accepted' })))
  }
}

describe('http: reports', () => {
  let api: Api
  beforeEach(async () => (api = await openApi()))
  afterEach(() => api.stop())
  const report = (ask: Ask) => api.ask('POST', '/v1/reports', { as: 'detector', ...ask })
  const counts = ({ body }: Answer) => [body['accepted'], body['duplicate'], body['refused']]
  const results = ({ body }: Answer) => body['results'] as readonly Record<string, unknown>[]

  it('one report: 201 with its envelope, 200 for an equal one, 422 with the code', async () => {
    const body = { type: 'ip', value: '198.51.100.7', labels: ['drill'], firstHand: true }
    const first = await report({ body })
    assert.equal(first.status, 201)
    assert.deepEqual(counts(first), [1, 0, 0])
    const [result] = results(first)
    assert.match(String(result!['envelope']), /^[0-9a-f]{64}$/)
    assert.deepEqual([result!['index'], result!['type']], [0, 'net.ipv4'])
    const again = await report({ body })
    assert.deepEqual([again.status, ...counts(again)], [200, 0, 1, 0])
    const wrong = await report({ body: { type: 'ip', value: '300.1.2.3' } })
    assert.deepEqual([wrong.status, wrong.body['code']], [422, 'ipv4-malformed'])
    assert.equal(wrong.headers['content-type'], 'application/problem+json')
    assert.ok(!wrong.text.includes('300.1.2.3'), 'a refused value is not repeated')
  })

  it('a list: each item by itself, in order', async () => {
    const answer = await report({
      body: [
        { type: 'ip', value: '198.51.100.7' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: 7 },
        { type: 'ip', value: '198.51.100.7' },
        { type: 'ip', value: '198.51.100.8', confidance: 80 },
        'text',
        { type: 'ip', value: '198.51.100.9', confidence: 101 },
      ],
    })
    assert.equal(answer.status, 201)
    assert.deepEqual(
      results(answer).map((result) => [result['index'], result['code'] ?? result['status']]),
      [
        [0, 'accepted'],
        [1, 'guarded'],
        [2, 'line-malformed'],
        [3, 'duplicate'],
        [4, 'line-malformed'],
        [5, 'line-malformed'],
        [6, 'confidence-range'],
      ],
    )
    assert.equal(api.lab.check('ip', '198.51.100.7').action, 'block')
    const details = results(answer).map((result) => String(result['detail']))
    assert.match(details[4]!, /field/)
    assert.ok(!details[4]!.includes('confidance'))
  })

  it('a list of which nothing was accepted is 200', async () => {
    const answer = await report({ body: [{ type: 'ip', value: '10.0.0.1' }] })
    assert.deepEqual([answer.status, ...counts(answer)], [200, 0, 0, 1])
  })

  it('lists have bounds, and the shape of a single report is the request’s', async () => {
    const full = addresses(LIMITS.requestItemsMax).map((value) => ({ type: 'ip', value }))
    assert.equal((await report({ body: full })).status, 201)
    const more = await report({ body: [...full, { type: 'ip', value: '1.2.3.4' }] })
    assert.deepEqual([more.status, more.body['code']], [413, 'items-too-many'])
    for (const body of [[], {}, 'text', 7, { type: 'ip' }]) {
      const answer = await report({ body })
      assert.deepEqual([answer.status, answer.body['code']], [400, 'request-malformed'])
    }
  })

  it('a stream: lines of any number, a broken one costs itself alone', async () => {
    const lines = addresses(2_000).map((value) => JSON.stringify({ type: 'ip', value }))
    lines.splice(1_000, 0, '{"type":', '', 'x'.repeat(LIMITS.lineBytesMax + 1), '[]')
    const answer = await report({ raw: lines.join('\r\n'), headers: NDJSON })
    assert.equal(answer.status, 201)
    assert.deepEqual(counts(answer), [2_000, 0, 3])
    const refused = results(answer).filter((result) => result['status'] === 'refused')
    assert.deepEqual(
      refused.map((result) => [result['index'], result['code']]),
      [
        [1_000, 'line-malformed'],
        [1_002, 'line-too-long'],
        [1_003, 'line-malformed'],
      ],
    )
    assert.equal(api.lab.state.claims.size, 2_000)
  })

  it('a stream is larger than any body, and its answer is bounded', async () => {
    const lines = addresses(12_000).map((value) =>
      JSON.stringify({ type: 'ip', value, category: 'capability-extraction', labels: ['drill'] }),
    )
    const raw =
      [...lines, ...lines.slice(0, 50), 'broken'].join('\n') + ' '.repeat(LIMITS.bodyBytesMax)
    const answer = await report({ raw: `${raw}\n`, headers: NDJSON })
    assert.ok(raw.length > LIMITS.bodyBytesMax)
    assert.deepEqual([answer.status, ...counts(answer)], [201, 12_000, 50, 1])
    assert.equal(results(answer).length + Number(answer.body['omitted']), 12_051)
    assert.deepEqual(
      results(answer).map((result) => result['status']),
      ['refused'],
    )
  })

  it('the same idempotency key says nothing twice, and is not for another request', async () => {
    const headers = { 'idempotency-key': 'chunk-1' }
    const body = [{ type: 'ip', value: '198.51.100.7' }]
    const first = await report({ body, headers })
    const again = await report({ body, headers })
    assert.deepEqual([again.status, again.body], [first.status, first.body])
    assert.equal(api.lab.state.heads.get(api.lab.own)!.seq, 1)
    const other = await report({ body: [{ type: 'ip', value: '198.51.100.8' }], headers })
    assert.deepEqual([other.status, other.body['code']], [409, 'idempotency-mismatch'])
    // Another caller's key of the same text is another key.
    const operator = await api.ask('POST', '/v1/reports', { as: 'operator', body, headers })
    assert.deepEqual(counts(operator), [0, 1, 0])
    const long = await report({ body, headers: { 'idempotency-key': 'k'.repeat(256) } })
    assert.deepEqual([long.status, long.body['code']], [400, 'idempotency-key-malformed'])
  })

  it('revocations: one or a list, each with its code', async () => {
    const revoke = (body: unknown) => api.ask('POST', '/v1/revocations', { as: 'detector', body })
    await report({ body: { type: 'ip', value: '198.51.100.7' } })
    const item = { type: 'ip', value: '198.51.100.7', reason: 'false-positive' }
    assert.equal((await revoke(item)).status, 201)
    assert.equal((await revoke(item)).status, 200)
    const never = await revoke({ ...item, value: '198.51.100.8' })
    assert.deepEqual([never.status, never.body['code']], [422, 'nothing-to-revoke'])
    const list = await revoke([{ ...item, reason: 'because' }, { type: 'ip' }])
    assert.deepEqual([list.status, ...counts(list)], [200, 0, 0, 2])
    assert.equal((await revoke({ ...item, note: 'x' })).body['code'], 'request-malformed')
  })
})

describe('http: what the voice is asked', () => {
  const voice = new Recorder()
  let api: Api
  before(async () => (api = await openApi({ voice })))
  after(() => api.stop())
  beforeEach(() => {
    voice.calls.length = 0
    voice.failing = undefined
  })
  const sha = (text: string) => createHash('sha256').update(text).digest('hex')
  const lines = addresses(1_600).map((value) => JSON.stringify({ type: 'ip', value }))

  it('the receipt is SHA-256 of the token’s name and the key, of a stream by chunk', async () => {
    const headers = { 'idempotency-key': 'k' }
    const body = { type: 'ip', value: '198.51.100.7' }
    await api.ask('POST', '/v1/reports', { as: 'detector', body, headers })
    await api.ask('POST', '/v1/revocations', {
      as: 'operator',
      body: { ...body, reason: 'legal' },
      headers,
    })
    await api.ask('POST', '/v1/reports', {
      as: 'detector',
      raw: lines.join('\n'),
      headers: { ...headers, ...NDJSON },
    })
    assert.deepEqual(
      voice.calls.map(({ receipt }) => receipt),
      [
        'detector\0k',
        'operator\0k',
        'detector\0k\0' + 0,
        'detector\0k\0' + 1,
        'detector\0k\0' + 2,
      ].map(sha),
    )
    assert.deepEqual(
      voice.calls.slice(2).map(({ items }) => items.length),
      [768, 768, 64],
    )
  })

  const TROUBLE: readonly (readonly [VoiceCode, number])[] = [
    ['overload', 429],
    ['store-failed', 503],
    ['stopping', 503],
    ['clock-wrong', 503],
    ['own-log-behind', 503],
    ['own-log-forked', 503],
    ['idempotency-mismatch', 409],
  ]
  for (const [code, status] of TROUBLE) {
    it(`${code} is ${status}`, async () => {
      voice.failing = { code, after: 0 }
      const body = { type: 'ip', value: '198.51.100.7' }
      const answer = await api.ask('POST', '/v1/reports', { as: 'detector', body })
      assert.deepEqual([answer.status, answer.body['code']], [status, code])
      assert.equal(answer.headers['retry-after'], status === 429 ? '1' : undefined)
    })
  }

  it('a stream that fails half-way says how much was said', async () => {
    voice.failing = { code: 'overload', after: 1 }
    const answer = await api.ask('POST', '/v1/reports', {
      as: 'detector',
      raw: lines.join('\n'),
      headers: NDJSON,
    })
    assert.deepEqual(
      [answer.status, answer.body['code'], answer.body['accepted']],
      [429, 'overload', 768],
    )
  })
})
