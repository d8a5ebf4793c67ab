/**
 * TAXII 2.1 as its clients use it: what is found where, what an object looks like to a strict
 * reader, what is told as gone, and who sees what.
 */
import assert from 'node:assert/strict'
import { hashToken } from '../../src/http/access.js'
import { Epochs } from '../support/epochs.js'
import { EVERY_TYPE } from '../support/every-type.js'
import { hand, NOW, openLab } from '../support/lab.js'
import { readStix, refsOf } from '../support/strict-stix.js'
import {
  addressOf,
  all,
  collectionsOf,
  get,
  indicatorsIn,
  objectsPath,
  report,
  revoke,
  ROOT,
  TAXII,
  type Envelope,
} from '../support/taxii-client.js'
import { openApi, type Api, type Ask } from './api.js'

describe('http: TAXII', () => {
  let api: Api
  beforeEach(async () => (api = await openApi()))
  afterEach(() => api.stop())

  it('is found from its discovery on, every answer of its media type', async () => {
    const read = async (path: string) => {
      const answer = await get(api, path)
      assert.equal(answer.status, 200, path)
      assert.equal(answer.headers['content-type'], TAXII)
      return answer.body
    }
    const discovery = await read('/taxii2/')
    assert.deepEqual(discovery['api_roots'], [discovery['default']])
    const root = await read(String(discovery['default']))
    assert.deepEqual(root['versions'], [TAXII])
    assert.equal(typeof root['max_content_length'], 'number')
    const collections = await collectionsOf(api)
    assert.deepEqual([...collections.keys()].slice(0, 3), [
      'all',
      'unspecified',
      'capability-extraction',
    ])
    for (const [title, id] of collections) {
      const one = await read(`${ROOT}collections/${id}/`)
      assert.deepEqual([one['id'], one['can_read'], one['can_write']], [id, true, false])
      assert.doesNotMatch(title, /\./)
    }
  })

  it('Basic, Token, Bearer and a key are the same token, and nothing else is one', async () => {
    const path = `http://${new URL(api.address).host}/taxii2/`
    const asked = async (headers: Record<string, string>, to = path) => fetch(to, { headers })
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    for (const headers of [
      { authorization: basic('anybody:tocsin_gateway') },
      { authorization: 'Token tocsin_gateway' },
      { authorization: 'Bearer tocsin_gateway' },
      { 'x-api-key': 'tocsin_gateway' },
    ]) {
      assert.equal((await asked(headers)).status, 200)
    }
    for (const headers of [
      {},
      { authorization: basic('a:wrong') },
      { authorization: 'Token no' },
    ]) {
      const refused = await asked(headers)
      assert.equal(refused.status, 401)
      assert.equal(refused.headers.get('www-authenticate'), 'Basic realm="taxii"')
      assert.equal(refused.headers.get('content-type'), TAXII)
      const body = (await refused.json()) as Record<string, unknown>
      assert.equal(body['http_status'], '401')
    }
    const other = path.replace('/taxii2/', '/v1/check?type=ip&value=203.0.113.9')
    const basicThere = await asked({ authorization: basic('a:tocsin_gateway') }, other)
    assert.equal(basicThere.status, 401, 'Basic is for these tools alone')
  })

  it('errors in its own form', async () => {
    const path = await objectsPath(api)
    for (const [to, status, code, headers = {}] of [
      ['/taxii2/nothing/', 404, 'route-unknown'],
      [`${ROOT}collections/00000000-0000-4000-8000-000000000000/`, 404, 'collection-unknown'],
      [`${path}indicator--00000000-0000-4000-8000-000000000000/`, 404, 'object-unknown'],
      [`${path}?added_after=yesterday`, 400, 'request-malformed'],
      [`${path}?next=nonsense`, 400, 'request-malformed'],
      [`${path}?limit=0`, 400, 'request-malformed'],
      [path, 406, 'not-acceptable', { accept: 'application/vnd.oasis.taxii+json; version=2.0' }],
    ] as const) {
      const answer = await get(api, to, { headers })
      assert.equal(answer.status, status, to)
      assert.equal(answer.headers['content-type'], TAXII)
      assert.deepEqual([answer.body['http_status'], answer.body['error_code']], [`${status}`, code])
    }
    const post = await api.ask('POST', path, { as: 'gateway', body: { objects: [] } })
    assert.deepEqual([post.status, post.body['error_code']], [403, 'read-only'])
    const accept = 'application/taxii+json; version="2.1", text/html'
    assert.equal((await get(api, path, { headers: { accept } })).status, 200)
  })

  it('every object to a strict reader, with everything it refers to', async () => {
    const { lab } = api
    const b = await openLab('Lab B', { time: lab.time })
    await lab.admit('Lab B')
    await b.voice.report(EVERY_TYPE)
    await hand(b, lab)
    await lab.voice.sight([{ type: 'ip', value: addressOf(1), count: '5-19' }])
    await lab.voice.dispute([{ type: 'asn', value: '64500', reason: 'shared-infrastructure' }])
    const objects = await all(api)
    for (const object of objects) readStix(object)
    const ids = new Set(objects.map(({ id }) => id))
    assert.equal(ids.size, objects.length)
    for (const object of objects) for (const ref of refsOf(object)) assert.ok(ids.has(ref), ref)
    const counts = Object.fromEntries(
      ['indicator', 'sighting', 'opinion', 'identity', 'marking-definition'].map((type) => [
        type,
        objects.filter((one) => one.type === type).length,
      ]),
    )
    assert.deepEqual(counts, {
      ...{ indicator: 12, sighting: 1, opinion: 1, identity: 3 },
      'marking-definition': 3,
    })
    const [first] = indicatorsIn(objects)
    assert.equal(first!['pattern'], "[ipv4-addr:value = '203.0.113.1']")
    assert.equal(first!['confidence'], 80)
    const probing = indicatorsIn(await all(api, '', {}, 'probing'))
    assert.deepEqual(
      probing,
      indicatorsIn(objects).filter(({ id }) => id === probing[0]!.id),
    )
    assert.equal(probing[0]!['name'], '2001:db8::7')
  })

  it('one object by its id, and its versions; filters', async () => {
    await report(api.lab, addressOf(1))
    await report(api.lab, addressOf(2))
    const path = await objectsPath(api)
    const [one, two] = indicatorsIn(await all(api))
    const alone = await get(api, `${path}${one!.id}/`)
    assert.deepEqual((alone.body as Envelope).objects, [one])
    const versions = await get(api, `${path}${one!.id}/versions/`)
    assert.deepEqual(versions.body['versions'], [one!['modified']])
    assert.deepEqual(await all(api, `match[id]=${two!.id}`), [two])
    assert.deepEqual(await all(api, 'match[type]=indicator,opinion'), [one, two])
    assert.deepEqual(await all(api, 'match[type]=malware'), [])
    assert.deepEqual(await all(api, 'match[spec_version]=2.0'), [])
    assert.equal((await all(api, 'match[version]=all&match[type]=indicator')).length, 2)
    const manifest = await get(api, path.replace('objects', 'manifest'))
    const entries = manifest.body['objects'] as Record<string, string>[]
    assert.deepEqual(
      entries.map(({ id }) => id),
      (await all(api)).map(({ id }) => id),
    )
    const dates = entries.map(({ date_added: date }) => date!)
    assert.deepEqual([...new Set(dates)].sort(), dates, 'times are unique and rise')
  })

  it('what is taken back is told as revoked, and comes back as another object', async () => {
    const { lab } = api
    await report(lab, addressOf(1))
    const [before] = indicatorsIn(await all(api))
    await revoke(lab, addressOf(1))
    const [gone] = indicatorsIn(await all(api))
    assert.deepEqual([gone!.id, gone!['revoked']], [before!.id, true])
    assert.ok(String(gone!['modified']) > String(before!['modified']))
    readStix(gone!)
    lab.time.now += 1_000
    await report(lab, addressOf(1))
    const again = indicatorsIn(await all(api))
    assert.deepEqual([again.length, again[0]!.id, again[0]!['revoked']], [2, before!.id, true])
    assert.notEqual(again[1]!.id, before!.id, 'revoked is for ever')
    // A report that is prolonged stays the object it is.
    lab.time.now += 3_600_000
    await report(lab, addressOf(1), { ttl: '5d' })
    const longer = indicatorsIn(await all(api))
    assert.equal(longer[1]!.id, again[1]!.id)
    assert.ok(String(longer[1]!['valid_until']) > String(again[1]!['valid_until']))
  })

  it('an end, an allow entry and a member’s leaving are told as revoked, too', async () => {
    const { lab } = api
    const b = await openLab('Lab B', { time: lab.time })
    await lab.admit('Lab B')
    await b.voice.report([{ type: 'ip', value: addressOf(3) }])
    await report(lab, addressOf(1), { ttl: '1h' })
    await report(lab, addressOf(2))
    await hand(b, lab)
    const revoked = async () =>
      indicatorsIn(await all(api))
        .filter((one) => one['revoked'] === true)
        .map((one) => one['name'])
    assert.deepEqual(await revoked(), [])
    lab.time.now += 3_600_001
    assert.deepEqual(await revoked(), [addressOf(1)])
    await api.ask('POST', '/v1/allowlist', {
      as: 'operator',
      body: { type: 'ip', value: addressOf(2), reason: 'a customer' },
    })
    assert.deepEqual(await revoked(), [addressOf(1), addressOf(2)])
    await api.ask('DELETE', '/v1/members/Lab%20B', { as: 'operator' })
    assert.deepEqual(await revoked(), [addressOf(1), addressOf(2), addressOf(3)])
  })

  it('a token sees what its marking permits; one that is marked anew is gone for it', async () => {
    const { lab } = api
    await lab.addToken({
      ...{ name: 'tip', role: 'gateway', hash: hashToken('tip'), createdMs: NOW },
      tlp: 'green',
    })
    const asTip: Ask = { headers: { authorization: 'Token tip' } }
    await report(lab, addressOf(1), { tlp: 'amber' })
    await report(lab, addressOf(2), { tlp: 'green' })
    await report(lab, addressOf(3), { tlp: 'amber+strict' })
    const seen = async (ask?: Ask) =>
      indicatorsIn(await all(api, '', ask)).map((one) => [one['name'], one['revoked'] === true])
    const first = [addressOf(1), false]
    assert.deepEqual(await seen(), [first, [addressOf(2), false]])
    assert.deepEqual(await seen(asTip), [[addressOf(2), false]])
    assert.equal((await all(api, 'match[type]=marking-definition', asTip)).length, 2)
    lab.time.now += 1_000
    await report(lab, addressOf(2), { tlp: 'amber', ttl: '3d' })
    assert.deepEqual(await seen(asTip), [[addressOf(2), true]])
    assert.deepEqual(await seen(), [first, [addressOf(2), true], [addressOf(2), false]])
    lab.time.now += 1_000
    await report(lab, addressOf(1), { tlp: 'amber+strict', ttl: '3d' })
    const names = (await seen()).filter(([, gone]) => gone === false)
    assert.deepEqual(names, [[addressOf(2), false]], 'what is strict now has left')
  })

  it('a network leaves without what it must not name', async () => {
    await report(api.lab, '198.51.100.0/29')
    const body = { type: 'ip', value: '198.51.100.1', reason: 'a customer' }
    await api.ask('POST', '/v1/allowlist', { as: 'operator', body })
    const patterns = indicatorsIn(await all(api)).map((one) => one['pattern'])
    assert.deepEqual(patterns.sort(), [
      "[ipv4-addr:value = '198.51.100.0']",
      "[ipv4-addr:value = '198.51.100.2/31']",
      "[ipv4-addr:value = '198.51.100.4/30']",
    ])
  })

  it('keyed values are in no collection, and the export says how many it left out', async () => {
    const epochs = new Epochs()
    const keyed = await openApi({}, {}, await openLab('Lab K', { keyRing: epochs.ring }))
    const email = { type: 'email', value: 'someone@example.org' }
    const said = await keyed.lab.voice.report([email, { type: 'ip', value: addressOf(1) }])
    assert.deepEqual(
      said.map(({ status }) => status),
      ['accepted', 'accepted'],
    )
    assert.deepEqual(
      indicatorsIn(await all(keyed)).map((one) => one['name']),
      [addressOf(1)],
    )
    const bundle = await keyed.ask('GET', '/v1/export?format=stix', { as: 'operator' })
    assert.equal(bundle.headers['x-tocsin-not-expressed'], 'actor.email=1')
    await keyed.stop()
  })
})
