/** CrowdSec's Local API as its bouncers speak it: exact bytes, and cursors that lose nothing. */
import assert from 'node:assert/strict'
import { request, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { goDuration } from '../../src/http/dialects/go-duration.js'
import { HOUR_MS } from '../../src/core/limits.js'
import { hand, openLab } from '../support/lab.js'
import { openApi, TOKENS, type Api } from './api.js'

interface Decision {
  readonly value: string
  readonly scope: string
  readonly duration: string
}
interface Stream {
  readonly new: readonly Decision[] | null
  readonly deleted: readonly Decision[] | null
}

interface Asked {
  readonly from?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  /** Hangs up after so many bytes of the body. */
  readonly cutAfter?: number
}

describe('http: CrowdSec', () => {
  let api: Api
  beforeEach(async () => (api = await openApi()))
  afterEach(() => api.stop())

  const say = (...values: string[]) =>
    api.lab.voice.report(values.map((value) => ({ type: 'ip', value, ttl: '2h' })))
  const takeBack = (value: string) =>
    api.lab.voice.revoke([{ type: 'ip', value, reason: 'false-positive' }])

  const ask = (
    path: string,
    { from = '127.0.0.1', headers = {}, method = 'GET', cutAfter }: Asked = {},
  ) =>
    new Promise<{ status: number; headers: IncomingHttpHeaders; bytes: Buffer }>(
      (resolve, reject) => {
        const asked = request(new URL(path, api.address), {
          method,
          localAddress: from,
          agent: false,
          headers: {
            'x-api-key': TOKENS.gateway,
            'user-agent': 'crowdsec-custom-bouncer/v1',
            ...headers,
          },
        })
        asked.on('error', reject)
        asked.on('response', (answer) => {
          if (cutAfter !== undefined) {
            answer.once('data', () => asked.destroy())
            answer.on('error', () => undefined)
            asked.once('close', () => resolve({ status: 0, headers: {}, bytes: Buffer.alloc(0) }))
            return
          }
          const { statusCode = 0, headers: told } = answer
          buffer(answer).then(
            (bytes) => resolve({ status: statusCode, headers: told, bytes }),
            reject,
          )
        })
        asked.end()
      },
    )
  const stream = async (query = '?', asked: Asked = {}) => {
    const { status, bytes } = await ask(`/v1/decisions/stream${query}`, asked)
    assert.equal(status, 200)
    return JSON.parse(bytes.toString()) as Stream
  }
  const values = (list: readonly Decision[] | null) =>
    list?.map(({ value }) => value).sort() ?? null

  it('a miss is the four bytes null; a hit has every field, in whole seconds', async () => {
    await say('198.51.100.7', '45.9.1.0/24', '2a00:1::bad')
    const miss = await ask('/v1/decisions?ip=198.51.100.8')
    assert.deepEqual([miss.status, miss.bytes], [200, Buffer.from('null')])
    assert.equal(miss.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(miss.headers['content-length'], '4')
    const hit = await ask('/v1/decisions?ip=198.51.100.7')
    assert.deepEqual(JSON.parse(hit.bytes.toString()), [
      {
        duration: '2h0m0s',
        id: 1,
        origin: 'tocsin',
        scenario: 'tocsin/block',
        type: 'ban',
        scope: 'Ip',
        value: '198.51.100.7',
      },
    ])
    for (const query of [
      'ip=45.9.1.77',
      'range=45.9.1.0/24',
      'ip=2A00:1:0::BAD',
      'ip=2a00%3A1%3A%3Abad',
      'scope=Ip&value=198.51.100.7',
      'ip=198.51.100.7&community_pull=true&limit=3',
    ]) {
      const { status, bytes } = await ask(`/v1/decisions?${query}`)
      assert.equal(status, 200, query)
      assert.equal((JSON.parse(bytes.toString()) as unknown[] | null)?.length, 1, query)
    }
    for (const query of ['scope=Country&value=AQ', 'type=captcha&ip=198.51.100.7', '']) {
      assert.equal((await ask(`/v1/decisions?${query}`)).bytes.toString(), 'null', query)
    }
    assert.equal((await ask('/v1/decisions?ip=nonsense')).status, 400)
  })

  it('a wrong key is told as CrowdSec tells it', async () => {
    for (const path of [
      '/v1/decisions?ip=1.1.1.1',
      '/v1/decisions/stream?startup=true',
      '/v1/usage-metrics',
    ]) {
      const method = path.includes('usage') ? 'POST' : 'GET'
      const { status, bytes } = await ask(path, { method, headers: { 'x-api-key': 'wrong' } })
      assert.deepEqual([status, bytes.toString()], [403, '{"message":"access forbidden"}'])
    }
  })

  it('all at the start, then what changed; never a value on both sides', async () => {
    await say('198.51.100.7', '45.9.1.0/24')
    const first = await stream('?startup=true')
    assert.deepEqual([values(first.new), first.deleted], [['198.51.100.7', '45.9.1.0/24'], null])
    assert.deepEqual(first.new!.map(({ scope }) => scope).sort(), ['Ip', 'Range'])
    assert.deepEqual(await stream(), { deleted: null, new: null })
    await takeBack('198.51.100.7')
    await say('198.51.100.9')
    const second = await stream()
    assert.deepEqual(
      [values(second.new), values(second.deleted)],
      [['198.51.100.9'], ['198.51.100.7']],
    )
    assert.match(second.deleted![0]!.duration, /^-\d+s$/)
    await takeBack('198.51.100.9')
    await say('198.51.100.9')
    const third = await stream('?startup=false')
    // The last answer once more, in case it was lost; what came and went says nothing.
    assert.deepEqual(third, second)
    assert.deepEqual(await stream(), { deleted: null, new: null })
  })

  it('expiry is a deletion; so are a pause and an allow entry', async () => {
    const { lab } = api
    const b = await openLab('Lab B')
    await lab.admit('Lab B', 'trusted')
    await b.voice.report([{ type: 'ip', value: '45.9.9.9' }])
    await b.voice.report([{ type: 'ip', value: '198.51.100.7' }])
    await say('198.51.100.7', '198.51.100.8', '45.9.1.0/30')
    await hand(b, lab)
    assert.equal((await stream('?startup=true')).new?.length, 3)
    const allow = { type: 'ip', value: '45.9.1.1', reason: 'partner' }
    await api.ask('POST', '/v1/allowlist', { as: 'operator', body: allow })
    const carved = await stream()
    assert.deepEqual(values(carved.new), ['45.9.1.0', '45.9.1.2/31'])
    assert.deepEqual(values(carved.deleted), ['45.9.1.0/30'])
    const pause = { kind: 'enforce', reason: 'r', sinceMs: lab.time.now, by: 't' } as const
    await lab.lists.change({ table: 'pauses', name: 'enforce', row: pause })
    const four = ['198.51.100.7', '198.51.100.8', '45.9.1.0', '45.9.1.2/31']
    const hasFour = (list: readonly Decision[] | null) => {
      const told = values(list)
      assert.ok(
        four.every((value) => told?.includes(value)),
        JSON.stringify(told),
      )
    }
    hasFour((await stream()).deleted)
    await lab.lists.change({ table: 'pauses', name: 'enforce', row: null })
    hasFour((await stream()).new)
    lab.time.now += 2 * HOUR_MS
    hasFour((await stream()).deleted)
  })

  it('two hosts with one key each have their own place; a look ahead moves nobody', async () => {
    await say('198.51.100.7')
    await stream('?startup=true')
    await stream('?startup=true', { from: '127.0.0.2' })
    await say('198.51.100.8')
    assert.equal((await ask('/v1/decisions/stream', { method: 'HEAD' })).status, 200)
    assert.deepEqual(values((await stream()).new), ['198.51.100.8'])
    assert.deepEqual(values((await stream('?', { from: '127.0.0.2' })).new), ['198.51.100.8'])
    await stream('?', { from: '127.0.0.2' })
    assert.equal((await stream('?', { from: '127.0.0.2' })).new, null)
  })

  it('who is not known gets everything, and whatever it may still hold as deleted', async () => {
    await say('198.51.100.7', '198.51.100.8')
    await takeBack('198.51.100.8')
    const told = await stream()
    assert.deepEqual([values(told.new), values(told.deleted)], [['198.51.100.7'], ['198.51.100.8']])
  })

  it('an IPv6 address is over as it left, also for a node that started anew', async () => {
    await say('2001:db8::bad')
    await takeBack('2001:db8::bad')
    const deleted = (await stream()).deleted ?? []
    assert.ok(deleted.some(({ value }) => value === '2001:db8::/64'))
  })

  it('what never blocked is not told as over', async () => {
    const { lab } = api
    const other = await openLab('Lab B')
    await lab.admit('Lab B')
    await stream('?startup=true')
    await other.voice.report([{ type: 'ip', value: '198.51.100.8' }])
    await hand(other, lab)
    assert.equal(lab.check('ip', '198.51.100.8').action, 'throttle')
    assert.deepEqual(await stream(), { deleted: null, new: null })
  })

  it('who cuts networks is told addresses, and keeps what another report gives', async () => {
    await say('203.0.113.0/30', '203.0.113.1')
    const headers = { 'user-agent': 'crowdsec-firewall-bouncer/v0.0.25' }
    const hosts = ['203.0.113.0', '203.0.113.1', '203.0.113.2', '203.0.113.3']
    const first = await stream('?startup=true', { headers })
    assert.deepEqual([...new Set(values(first.new))], hosts)
    await takeBack('203.0.113.0/30')
    const next = await stream('?', { headers })
    assert.deepEqual(values(next.deleted), [hosts[0], hosts[2], hosts[3]])
  })

  it('an answer that was lost is said again', async () => {
    await stream('?startup=true')
    await say('198.51.100.7')
    await ask('/v1/decisions/stream', { cutAfter: 1 })
    assert.deepEqual(values((await stream()).new), ['198.51.100.7'])
    assert.deepEqual(await stream(), { deleted: null, new: null })
  })

  it('gzip, and scopes that are asked for', async () => {
    await say('198.51.100.7', '45.9.1.0/24')
    const { headers, bytes } = await ask('/v1/decisions/stream?startup=true&scopes=range', {
      headers: { 'accept-encoding': 'gzip' },
    })
    assert.equal(headers['content-encoding'], 'gzip')
    const told = JSON.parse(gunzipSync(bytes).toString()) as Stream
    assert.deepEqual(values(told.new), ['45.9.1.0/24'])
  })

  it('durations as Go writes them', () => {
    const told = [0, 1, 999, 1_000, 61_000, 3_600_000, 14_321_000, -1_000].map(goDuration)
    assert.deepEqual(told, ['0s', '1s', '1s', '1s', '1m1s', '1h0m0s', '3h58m41s', '-1s'])
  })

  it('lists for other programs: an end, a tag, and nothing of what is allowed', async () => {
    await say('198.51.100.7', '45.9.1.0/30', '2a00:1::/48')
    await api.ask('POST', '/v1/allowlist', {
      as: 'operator',
      body: { type: 'ip', value: '45.9.1.1', reason: 'partner' },
    })
    const get = (path: string, headers = {}) => api.ask('GET', path, { as: 'gateway', headers })
    const plain = await get('/export/plain.txt')
    assert.equal(plain.text, '198.51.100.7\n2a00:1::/48\n45.9.1.0\n45.9.1.2/31\n')
    const again = await get('/export/plain.txt', { 'if-none-match': plain.headers.etag! })
    assert.deepEqual([again.status, again.text], [304, ''])
    assert.equal((await get('/export/plain.txt?family=6')).text, '2a00:1::/48\n')
    assert.equal((await get('/export/plain.txt?limit=1')).text, '198.51.100.7\n')
    for (const name of ['haproxy.map', 'nginx-geo.conf', 'nftables.nft', 'ipset.restore']) {
      const { status, text } = await get(`/export/${name}`)
      assert.equal(status, 200)
      assert.match(text, /\n# end 4\n$/, name)
      assert.ok(!text.includes('45.9.1.1') && !text.includes('45.9.1.0/30'), name)
    }
    await takeBack('198.51.100.7')
    assert.notEqual((await get('/export/plain.txt')).headers.etag, plain.headers.etag)
  })
})
