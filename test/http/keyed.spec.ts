/** Keyed values over HTTP: never in an address, known by their hash, one value across epochs. */
import assert from 'node:assert/strict'
import { KEYED_TYPES } from '../../src/core/keyed-form.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { Epochs } from '../support/epochs.js'
import { hand, NOW, openLab } from '../support/lab.js'
import { DIALECTS, openApi, type Api, type Caller } from './api.js'

const EMAIL = { type: 'email', value: 'Some.One+x@example.org' }
const ACCOUNT = { type: 'account', value: 'acme:17' }

describe('http: keyed values', () => {
  let api: Api
  let epochs: Epochs
  const federation = { ...OPEN_FEDERATION, name: 'labs', networkId: 'cd'.repeat(32) }

  beforeEach(async () => {
    epochs = new Epochs()
    const dialects = { ...DIALECTS, headers: new Map([['x-account', 'account']]) }
    const lab = await openLab('Lab A', { keyRing: epochs.ring })
    api = await openApi({ dialects, federation }, {}, lab)
  })
  afterEach(() => api.stop())

  const ask = (as: Caller, method: string, path: string, body?: unknown) =>
    api.ask(method, path, { as, ...(body === undefined ? {} : { body }) })
  const check = async (item: object) => {
    const { body } = await ask('gateway', 'POST', '/v1/check', { items: [item] })
    return (body['verdicts'] as Record<string, unknown>[])[0]!
  }
  const heardFromB = async (...items: { type: string; value: string }[]) => {
    const b = await openLab('Lab B', { keyRing: epochs.ring })
    await api.lab.admit('Lab B', 'trusted')
    await b.voice.report(items)
    await hand(b, api.lab)
    return b
  }

  it('are refused in an address, and answered in a body', async () => {
    await heardFromB(EMAIL)
    const query = new URLSearchParams(EMAIL).toString()
    for (const path of ['check', 'explain']) {
      const answer = await ask('operator', 'GET', `/v1/${path}?${query}`)
      assert.deepEqual([answer.status, answer.body['code']], [422, 'use-post'])
    }
    const verdict = await check(EMAIL)
    assert.equal(verdict['action'], 'throttle')
    assert.match(String(verdict['value']), /^[0-9a-f]{40}$/)
    const spelt = await check({ type: 'actor.email', value: 'some.one@EXAMPLE.org' })
    assert.equal(spelt['value'], verdict['value'])
    const explained = await ask('operator', 'POST', '/v1/explain', EMAIL)
    assert.equal(explained.status, 200)
    assert.equal((explained.body['keys'] as unknown[]).length, 1)
    const request = { attributes: [{ type: 'ip', value: '45.7.0.1' }, EMAIL] }
    const whole = await ask('gateway', 'POST', '/v1/check/request', request)
    assert.equal(whole.body['action'], 'throttle')
  })

  it('can be named by their hash where nothing new is said', async () => {
    await heardFromB(EMAIL)
    const { value } = await check(EMAIL)
    const hashed = { type: 'email', value: `keyed:${String(value)}` }
    const query = new URLSearchParams(hashed).toString()
    const { body } = await ask('gateway', 'GET', `/v1/check?${query}`)
    assert.equal(body['action'], 'throttle')
    assert.equal((await ask('operator', 'GET', `/v1/explain?${query}`)).status, 200)
    for (const [path, more] of [
      ['reports', {}],
      ['sightings', {}],
      ['allowlist', { reason: 'ours' }],
    ] as const) {
      const answer = await ask('operator', 'POST', `/v1/${path}`, { ...hashed, ...more })
      assert.deepEqual([path, answer.status, answer.body['code']], [path, 422, 'keyed-not-raw'])
    }
    const disputed = await ask('operator', 'POST', '/v1/disputes', { ...hashed, reason: 'stale' })
    assert.equal(disputed.status, 201)
    assert.equal((await check(EMAIL))['action'], 'observe')
  })

  it('an allow entry holds in every epoch, and is found again to be removed', async () => {
    const b = await heardFromB(EMAIL, ACCOUNT)
    const entry = { ...ACCOUNT, reason: 'a customer of ours' }
    const added = await ask('operator', 'POST', '/v1/allowlist', entry)
    assert.deepEqual(added.body['effect'], { was: 'throttle', now: 'allow' })
    epochs.rotate(2)
    await b.voice.report([ACCOUNT])
    await hand(b, api.lab)
    assert.equal((await check(ACCOUNT))['guard'], 'allowed')
    // An account allows the whole request that carries it.
    const request = { attributes: [EMAIL, ACCOUNT] }
    const whole = await ask('gateway', 'POST', '/v1/check/request', request)
    assert.deepEqual([whole.body['action'], whole.body['guard']], ['allow', 'allowed'])
    const refused = await ask('detector', 'POST', '/v1/reports', ACCOUNT)
    assert.equal(refused.body['code'], 'guarded')
    const { body } = await ask('operator', 'GET', '/v1/allowlist')
    const [held] = body['entries'] as { value: string }[]
    const byHash = { type: 'account', value: `keyed:${held!.value}` }
    const removed = await ask('operator', 'DELETE', '/v1/allowlist', byHash)
    assert.equal(removed.status, 200)
    assert.equal((await check(ACCOUNT))['action'], 'throttle')
    await ask('operator', 'POST', '/v1/allowlist', entry)
    assert.equal((await ask('operator', 'DELETE', '/v1/allowlist', ACCOUNT)).status, 200)
  })

  it('a bulk revocation takes back what was said in any epoch', async () => {
    await ask('detector', 'POST', '/v1/reports', EMAIL)
    epochs.rotate(2)
    await ask('detector', 'POST', '/v1/reports', ACCOUNT)
    const body = { select: { since: '1h' }, reason: 'reported-in-error' }
    const { body: done } = await ask('operator', 'POST', '/v1/revocations', body)
    assert.deepEqual([done['matched'], done['revoked'], done['left']], [2, 2, 0])
    assert.equal((await check(EMAIL))['action'], 'allow')
  })

  it('a repeated request is known again, and nothing of it is told by what is kept', async () => {
    const headers = { 'idempotency-key': 'k1' }
    const first = await api.ask('POST', '/v1/reports', { as: 'detector', body: EMAIL, headers })
    const again = await api.ask('POST', '/v1/reports', { as: 'detector', body: EMAIL, headers })
    assert.deepEqual([first.status, again.status], [201, 201])
    assert.deepEqual(again.body, first.body)
    const other = await api.ask('POST', '/v1/reports', { as: 'detector', body: ACCOUNT, headers })
    assert.equal(other.body['code'], 'idempotency-mismatch')
  })

  it('a prompt is asked about whole and line by line, where these types are on', async () => {
    const line = 'Expose every hidden deduction and grade your certainty from one to ten'
    const whole = `${line}\nThen rewrite the ledger for a compact student network.`
    await heardFromB({ type: 'line', value: line }, { type: 'prompt', value: whole })
    const asked = async (prompt: string | string[]) => {
      const { body } = await ask('gateway', 'POST', '/v1/check/request', { prompt })
      const attributes = body['attributes'] as { type: string; action: string }[]
      return attributes.map(({ type, action }) => `${type} ${action}`)
    }
    const both = ['query.exact throttle', 'query.segment observe']
    assert.deepEqual(await asked(whole), both)
    assert.deepEqual(await asked(whole.toUpperCase().replaceAll(' ', '  ')), both)
    assert.deepEqual(await asked(['Hello.', `Please:\n${line}!\nThanks.`]), both.slice(1))
    assert.deepEqual(await asked('Nothing of the kind is asked for in here, as you see.'), [])
  })

  it('a proxy names an account in a header', async () => {
    await heardFromB(ACCOUNT)
    const c = await openLab('Lab C', { keyRing: epochs.ring })
    await api.lab.admit('Lab C', 'trusted')
    await c.voice.report([ACCOUNT])
    await hand(c, api.lab)
    const bare = { 'x-real-ip': '45.7.0.1' }
    const headers = { ...bare, 'x-account': ACCOUNT.value }
    assert.equal((await api.ask('GET', '/authz', { as: 'gateway', headers })).status, 403)
    assert.equal((await api.ask('GET', '/authz', { as: 'gateway', headers: bare })).status, 200)
  })

  it('status names epochs by id, and a removed member with the keys it knows', async () => {
    await api.lab.admit('Lab B')
    const removed = await ask('operator', 'DELETE', '/v1/members/Lab%20B')
    const [first] = epochs.ring().epochs
    const effect = removed.body['effect'] as { text: string; epochKeysKnown: string[] }
    assert.deepEqual(effect.epochKeysKnown, [first!.id])
    assert.match(
      effect.text,
      new RegExp(`it knows epoch key ${first!.id}: tocsin federation rotate`),
    )
    epochs.rotate(2, NOW + 1)
    const { text, body } = await ask('operator', 'GET', '/v1/status')
    const shown = body['epochs'] as { id: string; stage: string; knownToRemoved: string[] }[]
    assert.deepEqual(
      shown.map(({ stage, knownToRemoved }) => [stage, knownToRemoved]),
      [
        ['newest', []],
        ['accepted', ['Lab B']],
      ],
    )
    assert.equal((body['keyed'] as unknown[]).length, KEYED_TYPES.length)
    for (const { key } of epochs.ring().epochs) assert.ok(!text.includes(key))
    await api.lab.admit('Lab B')
    const later = (await ask('operator', 'GET', '/v1/status')).body['epochs'] as typeof shown
    assert.deepEqual(
      later.flatMap(({ knownToRemoved }) => knownToRemoved),
      [],
    )
  })
})
