/**
 * The MISP feed as a MISP reads it: manifest first, then each event that is newer than the one it
 * has; what is gone is deleted, and nothing that changed is passed over.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readList } from '../../src/cli/list-file.js'
import { hashToken } from '../../src/http/access.js'
import { MISP_ATTRIBUTES } from '../../src/exchange/misp-words.js'
import { TYPES } from '../../src/core/indicator.js'
import { NOW, type Lab } from '../support/lab.js'
import { openApi, type Api } from './api.js'

interface Attribute {
  readonly uuid: string
  readonly type: string
  readonly value: string
  readonly deleted?: boolean
  readonly to_ids: boolean
  readonly comment: string
  readonly Tag: readonly { readonly name: string }[]
}
interface Head {
  readonly timestamp: string
  readonly info: string
  readonly Tag: readonly { readonly name: string }[]
}
interface Event extends Head {
  readonly uuid: string
  readonly Attribute: readonly Attribute[]
}

const SECOND = 1_000
const BASIC = `Basic ${Buffer.from('misp:tocsin_gateway').toString('base64')}`

/** Pulls as MISP does, and keeps what it pulled. */
class Misp {
  readonly events = new Map<string, Event>()
  pulled = 0

  constructor(
    readonly api: () => Api,
    readonly authorization = BASIC,
  ) {}

  async get(path: string): Promise<unknown> {
    const { authorization } = this
    const answer = await this.api().ask('GET', path, { headers: { authorization } })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }

  async pull(): Promise<void> {
    const manifest = (await this.get('/misp/manifest.json')) as Record<string, Head>
    for (const [uuid, { timestamp }] of Object.entries(manifest)) {
      if (Number(timestamp) <= Number(this.events.get(uuid)?.timestamp ?? 0)) continue
      const { Event: event } = (await this.get(`/misp/${uuid}.json`)) as { Event: Event }
      assert.equal(event.uuid, uuid)
      this.events.set(uuid, event)
      this.pulled++
    }
  }

  live(): string[] {
    return [...this.events.values()]
      .flatMap(({ Attribute }) => Attribute)
      .filter(({ deleted }) => deleted !== true)
      .map(({ value }) => value)
      .sort()
  }
}

const report = (lab: Lab, value: string, more: object = {}) =>
  lab.voice.report([{ type: 'ip', value, ...more }])

describe('http: MISP feed', () => {
  let api: Api
  let lab: Lab
  let misp: Misp
  beforeEach(async () => {
    api = await openApi()
    lab = api.lab
    // The second that is running is nearly over, so that nobody waits for it.
    lab.time.now = NOW + 990
    misp = new Misp(() => api)
  })
  afterEach(() => api.stop())
  const later = (ms = SECOND) => void (lab.time.now += ms)

  it('an event a category and day, pulled again only where something changed', async () => {
    await report(lab, '203.0.113.1', { category: 'probing', ttl: '5d' })
    await report(lab, '203.0.113.2', { ttl: '5d' })
    await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
    later()
    await misp.pull()
    assert.deepEqual([...misp.events.values()].map(({ info }) => info).sort(), [
      'Tocsin: probing, 2026-11-23',
      'Tocsin: unspecified, 2026-11-23',
    ])
    assert.equal(misp.pulled, 2)
    await misp.pull()
    assert.equal(misp.pulled, 2)
    await report(lab, '203.0.113.3', { category: 'probing' })
    await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
    later()
    await misp.pull()
    assert.equal(misp.pulled, 3)
    assert.deepEqual(misp.live(), ['203.0.113.1', '203.0.113.2', '203.0.113.3'])
    later(86_400_000)
    await report(lab, '203.0.113.4')
    await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
    later()
    await misp.pull()
    assert.equal(misp.events.size, 3, 'another day')
  })

  it('what is gone or over is deleted under the UUID that it had', async () => {
    await report(lab, '203.0.113.1')
    await report(lab, '203.0.113.2', { ttl: '1h' })
    await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
    later()
    await misp.pull()
    const uuidOf = (value: string) =>
      [...misp.events.values()].flatMap((one) => one.Attribute).find((a) => a.value === value)?.uuid
    const before = [uuidOf('203.0.113.1'), uuidOf('203.0.113.2')]
    await lab.voice.revoke([{ type: 'ip', value: '203.0.113.1', reason: 'false-positive' }])
    later(3_600_000)
    await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
    later()
    await misp.pull()
    assert.deepEqual(misp.live(), [])
    assert.deepEqual([uuidOf('203.0.113.1'), uuidOf('203.0.113.2')], before)
    const [event] = [...misp.events.values()]
    assert.ok(event!.Attribute.every(({ to_ids: toIds }) => !toIds))
  })

  it('a change in the second of a pull is in the next one', async () => {
    for (let n = 1; n <= 12; n++) {
      await report(lab, `203.0.113.${n}`)
      await misp.pull()
      if (n % 3 === 0) later()
    }
    later()
    await misp.pull()
    assert.equal(misp.live().length, 12)
  })

  it('the reader that comes at once is made to wait for the second to end', async () => {
    lab.time.now = NOW + 950
    await report(lab, '203.0.113.1')
    const asked = performance.now()
    await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
    assert.ok(performance.now() - asked >= 50, 'what is new is not left for the next pull')
  })

  it('each token what its marking permits, and the strictest of it on the event', async () => {
    await lab.addToken({
      ...{ name: 'tip', role: 'gateway', hash: hashToken('tip'), createdMs: NOW, tlp: 'green' },
    })
    await report(lab, '203.0.113.1', { tlp: 'amber' })
    await report(lab, '203.0.113.2', { tlp: 'green' })
    await report(lab, '203.0.113.3', { tlp: 'amber+strict' })
    await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
    later()
    const tip = new Misp(() => api, 'Token tip')
    await tip.pull()
    await misp.pull()
    assert.deepEqual(tip.live(), ['203.0.113.2'])
    assert.deepEqual(misp.live(), ['203.0.113.1', '203.0.113.2'])
    const tags = (of: Misp) => [...of.events.values()].flatMap((one) => one.Tag.map((t) => t.name))
    assert.deepEqual([tags(tip), tags(misp)], [['tlp:green'], ['tlp:amber']])
  })

  it('hashes.csv has each value that is live, and its event', async () => {
    await report(lab, '203.0.113.1')
    await report(lab, '203.0.113.2')
    await lab.voice.revoke([{ type: 'ip', value: '203.0.113.2', reason: 'false-positive' }])
    await api.ask('GET', '/misp/manifest.json', { as: 'gateway' })
    later()
    await misp.pull()
    const { text, headers } = await api.ask('GET', '/misp/hashes.csv', { as: 'gateway' })
    const md5 = createHash('md5').update('203.0.113.1').digest('hex')
    assert.equal(text, `${md5},${[...misp.events.keys()][0]!}\n`)
    assert.match(headers['content-type']!, /^text\/csv/)
  })

  it('every clear type has its attribute; an event that is none is 404', async () => {
    const clear = TYPES.filter(({ privacy }) => privacy === 'clear').map(({ name }) => name)
    assert.deepEqual(Object.keys(MISP_ATTRIBUTES).sort(), clear.sort())
    const none = await api.ask('GET', '/misp/00000000-0000-5000-8000-000000000000.json', {
      as: 'gateway',
    })
    assert.deepEqual([none.status, none.body['code']], [404, 'event-unknown'])
  })

  it('what is allowed is a warning list, for the operator alone', async () => {
    const post = (path: string, body: object) => api.ask('POST', path, { as: 'operator', body })
    const allow = (type: string, value: string) =>
      post('/v1/allowlist', { type, value, reason: 'a customer' })
    await allow('ip', '203.0.113.7')
    await allow('domain', 'customer.example')
    const values = ['198.51.100.0/24', 'partner.example']
    await post('/v1/allowlist/lists', { name: 'partners', values })
    const list = async (as: string) =>
      (await api.ask('GET', `/v1/allowlist?as=${as}`, { as: 'operator' })).body
    const networks = await list('cidr')
    assert.deepEqual(networks['list'], ['198.51.100.0/24', '203.0.113.7'])
    assert.deepEqual(Object.keys(networks).sort(), [
      ...['description', 'list', 'matching_attributes', 'name', 'type', 'version'],
    ])
    assert.ok(Number.isInteger(networks['version']))
    const names = await list('hostname')
    assert.deepEqual(names['list'], ['customer.example', 'partner.example'])
    const { values: read } = readList('list.json', JSON.stringify(networks))
    assert.deepEqual(read, networks['list'])
    const other = await api.ask('GET', '/v1/allowlist?as=cidr', { as: 'detector' })
    assert.equal(other.body['code'], 'role-too-low')
  })
})
