/** The console's part of the API: links, sessions, the log, and what a change would do. */
import assert from 'node:assert/strict'
import { Sessions } from '../../src/http/sessions.js'
import { withoutShadow } from '../../src/yaml-file.js'
import { cardOf, openApi, type Api } from './api.js'

const MINUTE_MS = 60_000
const operator = { as: 'operator' } as const
const item = { type: 'ip', value: '45.77.1.1' }

function codeOf(path: string): string {
  return path.replace('/enter/', '')
}

describe('http: sessions of browsers', () => {
  const open = (isSecure = false) => new Sessions({ id: '12D3KooWabcdefgh', isSecure })

  it('begin by a link, once and within a quarter of an hour, and end by themselves', () => {
    const sessions = open()
    const { path, untilMs } = sessions.link(0)
    assert.equal(untilMs, 15 * MINUTE_MS)
    const cookie = sessions.enter(codeOf(path), untilMs - 1)!
    assert.match(
      cookie,
      /^tocsin-abcdefgh=\S{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    )
    assert.equal(sessions.enter(codeOf(path), 1), undefined, 'a second time')
    const late = sessions.link(0)
    assert.equal(sessions.enter(codeOf(late.path), late.untilMs), undefined, 'too late')
    const sent = `other=1; ${cookie.split(';')[0]!}`
    const beganMs = untilMs - 1
    assert.ok(sessions.has(sent, beganMs + 720 * MINUTE_MS - 1))
    assert.ok(!sessions.has(sent, beganMs + 720 * MINUTE_MS))
    assert.ok(!sessions.has(undefined, beganMs))
    assert.ok(!sessions.has('tocsin-abcdefgh=guessed', beganMs))
  })

  it('end when they are left; are for TLS alone where the API is', () => {
    const sessions = open(true)
    const cookie = sessions.enter(codeOf(sessions.link(0).path), 0)!
    assert.match(cookie, /; Secure$/)
    assert.match(sessions.leave(cookie), /=; Path=\/; .*Max-Age=0/)
    assert.ok(!sessions.has(cookie.split(';')[0], 0))
  })

  it('are bounded: the oldest gives way', () => {
    const sessions = open()
    const links = Array.from({ length: 70 }, () => sessions.link(0).path)
    assert.equal(sessions.enter(codeOf(links[0]!), 0), undefined)
    assert.ok(sessions.enter(codeOf(links.at(-1)!), 0))
  })
})

describe('http: the console', () => {
  let api: Api
  let cookie: string
  before(async () => {
    api = await openApi()
    const made = await api.ask('POST', '/v1/console/links', operator)
    const entered = await api.ask('GET', String(made.body['path']))
    assert.deepEqual([entered.status, entered.headers.location], [303, '/'])
    cookie = entered.headers['set-cookie']![0]!.split(';')[0]!
  })
  after(() => api.stop())

  it('asks as the operator, from its own origin alone', async () => {
    const asked = (headers: Record<string, string>) =>
      api.ask('GET', '/v1/status', { headers: { cookie, ...headers } })
    assert.equal((await asked({})).status, 200)
    const host = new URL(api.address).host
    assert.equal((await asked({ origin: `http://${host}` })).status, 200)
    assert.equal((await asked({ 'sec-fetch-site': 'same-origin' })).status, 200)
    for (const headers of [
      { origin: 'http://127.0.0.1:1' },
      { origin: 'null' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const { status, body } = await asked(headers)
      assert.deepEqual([status, body['code']], [403, 'cross-site'], JSON.stringify(headers))
    }
  })

  it('the log goes on from a cursor, and waits for more', async () => {
    await api.ask('POST', '/v1/reports', { ...operator, body: item })
    const first = await api.ask('GET', '/v1/log', operator)
    const entries = first.body['entries'] as { isOwn: boolean; says: { value: string } }[]
    assert.deepEqual(
      entries.map(({ isOwn, says }) => [isOwn, says.value]),
      [[true, item.value]],
    )
    const cursor = String(first.body['cursor'])
    const at = `/v1/log?cursor=${cursor}`
    const none = await api.ask('GET', at, operator)
    assert.deepEqual([none.body['entries'], none.body['cursor']], [[], cursor])
    const waiting = api.ask('GET', `${at}&wait=20s`, operator)
    await api.ask('POST', '/v1/reports', { ...operator, body: { ...item, value: '45.77.1.2' } })
    const more = (await waiting).body['entries'] as { says: { value: string } }[]
    assert.deepEqual(
      more.map(({ says }) => says.value),
      ['45.77.1.2'],
    )
    assert.equal((await api.ask('GET', '/v1/log?wait=31s', operator)).status, 400)
    assert.equal((await api.ask('GET', '/v1/log?cursor=x', operator)).status, 400)
  })

  it('a preview of a member says what it would be and changes nothing', async () => {
    const body = { card: cardOf('B'), name: 'Lab B' }
    const effectOf = (answer: { body: Readonly<Record<string, unknown>> }) =>
      answer.body['effect'] as { text: string; flips: { flips: number; complete: boolean } }
    const members = async () => (await api.ask('GET', '/v1/members', operator)).body['members']
    const seen = await api.ask('POST', '/v1/members?preview=yes', { ...operator, body })
    assert.deepEqual([seen.status, effectOf(seen).flips.complete], [200, true])
    assert.deepEqual(await members(), [])
    assert.equal((await api.ask('POST', '/v1/members', { ...operator, body })).status, 201)
    const before = await members()
    const at = '/v1/members/Lab%20B?preview=yes'
    const changed = await api.ask('PUT', at, { ...operator, body: { trust: 'trusted' } })
    assert.match(effectOf(changed).text, /count with trust trusted/)
    assert.match(effectOf(await api.ask('DELETE', at, operator)).text, /act no longer/)
    assert.deepEqual(await members(), before)
    assert.equal((await api.ask('DELETE', '/v1/members/Lab%20C?preview=yes', operator)).status, 404)
  })
})

describe('policy file: out of shadow', () => {
  const text =
    'shadow: # why\n  all: true\n  members: [B, C]\n  types:\n    - ip # slow\n    - ua\n'

  it('takes one thing out and leaves the rest as it is', () => {
    assert.match(withoutShadow(text, { all: true }), /# why\n {2}all: false\n[^]*- ip # slow/)
    assert.match(withoutShadow(text, { member: 'B' }), /members: \[ C \]/)
    const types = withoutShadow(text, { type: ['http.user-agent', 'ua'] })
    assert.match(types, /- ip # slow\n$/)
  })

  it('is empty where there is no such thing', () => {
    assert.equal(withoutShadow(text, { member: 'D' }), '')
    assert.equal(withoutShadow('quorum: 2\n', { all: true }), '')
    assert.equal(withoutShadow('quorum: 2\n', { type: ['ip'] }), '')
  })
})
