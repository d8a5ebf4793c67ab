/** Members and tokens over the API: what may be changed, what may not, and what the answer says. */
import assert from 'node:assert/strict'
import { seal } from '../../src/core/envelope.js'
import { forkOf } from '../../src/core/fork.js'
import { OPEN_FEDERATION, parseCard, peerNameOf } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { hashToken } from '../../src/http/access.js'
import { hand, NOW, openLab, ownOf, seedOf } from '../support/lab.js'
import { report } from '../support/samples.js'
import { cardOf, openApi, type Answer, type Api } from './api.js'

const B_ADDRESS = '/ip4/192.0.2.2/tcp/4717'

describe('http: members', () => {
  let api: Api
  beforeEach(async () => (api = await openApi()))
  afterEach(() => api.stop())
  const ask = (method: string, path: string, body?: unknown) =>
    api.ask(method, `/v1/members${path}`, {
      as: 'operator',
      ...(body === undefined ? {} : { body }),
    })
  const add = (body: Readonly<Record<string, unknown>>) => ask('POST', '', body)
  const member = ({ body }: Answer) =>
    (body['member'] ?? body) as {
      name: string
      trust: string
      role: string
      keys: { peerId: string; addresses: string[] }[]
    }
  const codeOf = ({ status, body }: Answer) => [status, body['code']]

  it('adds by card with its name, address and default trust', async () => {
    const answer = await add({
      card: cardOf('B', [`${B_ADDRESS}/p2p/${peerNameOf(ownOf('B'))}`], 'Lab B'),
    })
    assert.equal(answer.status, 201)
    const { name, trust, role, keys } = member(answer)
    assert.deepEqual([name, trust, role], ['Lab B', 'corroborate', 'member'])
    assert.deepEqual(keys[0]!.addresses, [B_ADDRESS])
    assert.equal(api.lab.state.roster.memberOf(ownOf('B'))?.name, 'Lab B')
    assert.equal(member(await ask('GET', '/Lab%20B')).name, 'Lab B')
    assert.equal(member(await ask('GET', `/${keys[0]!.peerId}`)).name, 'Lab B')
    assert.equal(((await ask('GET', '')).body['members'] as unknown[]).length, 1)
  })

  it('a card never adds a key to a member by the name it bears', async () => {
    await add({ card: cardOf('B', [], 'Lab B') })
    assert.deepEqual(codeOf(await add({ card: cardOf('X', [], 'Lab B') })), [409, 'member-exists'])
    const meant = await add({ card: cardOf('B2', [], 'Lab B'), name: 'Lab B' })
    assert.deepEqual([meant.status, member(meant).keys.length], [200, 2])
  })

  it('the same key again brings newer addresses; a bare PeerId leaves them', async () => {
    await add({ card: cardOf('B', [B_ADDRESS], 'Lab B') })
    const bare = await add({ card: peerNameOf(ownOf('B')), trust: 'trusted' })
    assert.deepEqual(member(bare).keys[0]!.addresses, [B_ADDRESS])
    assert.equal(member(bare).trust, 'trusted')
    const newer = await add({ card: cardOf('B', ['/dns4/b.example/tcp/1'], 'renamed') })
    assert.deepEqual(
      [member(newer).name, member(newer).keys[0]!.addresses],
      ['Lab B', ['/dns4/b.example/tcp/1']],
    )
  })

  it('releases a key that forked, once the member has a new one', async () => {
    const { lab } = api
    await add({ card: cardOf('B', [], 'Lab B') })
    const key = peerNameOf(ownOf('B'))
    const release = (body: object) => ask('PUT', '/Lab%20B', body)
    assert.deepEqual(codeOf(await release({ released: true })), [404, 'key-unknown'])
    assert.deepEqual(codeOf(await release({ key, released: true })), [409, 'key-not-forked'])
    const place = { networkId: OPEN_FEDERATION.networkId, seq: 1, prev: null, time: NOW }
    const [one, two] = ['192.0.2.1', '192.0.2.2'].map((value) =>
      seal(place, [report({ value, until: NOW + DAY_MS })], seedOf('B'), ownOf('B')),
    )
    const proof = forkOf(one!, two!)!.bytes
    await lab.intake.accept(proof, { via: 'gossip', from: ownOf('B') }).committed
    assert.deepEqual(codeOf(await release({ key, released: true })), [409, 'new-key-needed'])
    await add({ card: cardOf('B2', [], 'Lab B'), name: 'Lab B' })
    const answer = await release({ key, released: true })
    assert.deepEqual(
      (answer.body['member'] as { keys: { words: string }[] }).keys.map(({ words, ...shown }) => {
        assert.match(words, /^(?:[a-z]{5} ){7}[a-z]{5}$/)
        return { ...shown, peerId: '' }
      }),
      [
        { peerId: '', addresses: [], link: 'down', forked: true, released: true },
        { peerId: '', addresses: [], link: 'down', forked: false, released: false },
      ],
    )
    assert.equal((await release({ key, released: false })).status, 200)
  })

  it('one lab under two names is asked about', async () => {
    await add({ card: cardOf('B', [B_ADDRESS], 'Lab B') })
    const second = { card: cardOf('C', [B_ADDRESS], 'Lab C') }
    assert.deepEqual(codeOf(await add(second)), [409, 'address-of-a-member'])
    assert.equal((await add({ ...second, newOrganisation: true })).status, 201)
  })

  it('refuses what is no member', async () => {
    const foreign = cardOf('B').replace(/net=\w+/, 'net=0123456789abcdef')
    assert.ok(parseCard(foreign) !== undefined)
    assert.deepEqual(codeOf(await add({ card: foreign })), [409, 'card-of-another-network'])
    assert.deepEqual(codeOf(await add({ card: 'tocsin:nobody' })), [422, 'card-malformed'])
    assert.deepEqual(codeOf(await add({ card: peerNameOf(ownOf('B')) })), [422, 'name-missing'])
    for (const name of [' B', 'a\nb', '', 'x'.repeat(65)]) {
      assert.deepEqual(codeOf(await add({ card: cardOf('B'), name })), [422, 'name-malformed'])
    }
    assert.deepEqual(codeOf(await add({ card: cardOf('Lab A', [], 'me') })), [409, 'key-own'])
    assert.deepEqual(codeOf(await add({ card: cardOf('B', ['nowhere']) })), [
      422,
      'address-malformed',
    ])
    const many = Array.from({ length: 9 }, (_, i) => `/ip4/192.0.2.9/tcp/${i + 1}`)
    assert.deepEqual(codeOf(await add({ card: cardOf('B'), addresses: many })), [
      422,
      'too-many-addresses',
    ])
    await add({ card: cardOf('B', [], 'Lab B') })
    assert.deepEqual(codeOf(await add({ card: cardOf('B'), name: 'Lab C' })), [409, 'key-taken'])
    assert.deepEqual(codeOf(await add({ card: cardOf('C'), trust: 'blindly' })), [
      400,
      'request-malformed',
    ])
  })

  it('two admissions at once are both there', async () => {
    await Promise.all([
      add({ card: cardOf('B', [], 'Lab B'), name: 'Lab B' }),
      add({ card: cardOf('B2', [], 'Lab B'), name: 'Lab B' }),
      add({ card: cardOf('B3', [], 'Lab B'), name: 'Lab B' }),
    ])
    assert.equal(member(await ask('GET', '/Lab%20B')).keys.length, 3)
  })

  it('trust, role and removal act at once, and say on how many claims', async () => {
    const b = await openLab('B')
    await add({ card: cardOf('B', [], 'Lab B') })
    await b.voice.report([
      { type: 'ip', value: '198.51.100.7' },
      { type: 'ip', value: '198.51.100.8' },
    ])
    await hand(b, api.lab)
    const action = () => api.lab.check('ip', '198.51.100.7').action
    assert.equal(action(), 'throttle')
    const trusted = await ask('PUT', '/Lab%20B', { trust: 'observe' })
    assert.equal((trusted.body['effect'] as { liveClaims: number }).liveClaims, 2)
    assert.equal(action(), 'observe')
    await ask('PUT', '/Lab%20B', { trust: 'corroborate', role: 'observer' })
    assert.equal(action(), 'allow')
    await ask('PUT', '/Lab%20B', { role: 'member' })
    await add({ card: cardOf('B2', [], 'Lab B'), name: 'Lab B' })
    assert.deepEqual(codeOf(await ask('DELETE', '/Lab%20B?key=nonsense')), [404, 'key-unknown'])
    assert.deepEqual(codeOf(await ask('DELETE', `/Lab%20B?key=${peerNameOf(ownOf('Z'))}`)), [
      404,
      'key-unknown',
    ])
    const key = await ask('DELETE', `/Lab%20B?key=${peerNameOf(ownOf('B2'))}`)
    assert.equal((key.body['effect'] as { liveClaims: number }).liveClaims, 0)
    assert.equal(action(), 'throttle')
    const gone = await ask('DELETE', '/Lab%20B')
    assert.match(
      (gone.body['effect'] as { text: string }).text,
      /^2 live claims of Lab B act no longer/,
    )
    assert.equal(action(), 'allow')
    assert.deepEqual(codeOf(await ask('DELETE', '/Lab%20B')), [404, 'member-unknown'])
    assert.deepEqual(codeOf(await ask('PUT', '/Lab%20B', { trust: 'observe' })), [
      404,
      'member-unknown',
    ])
  })
})

describe('http: tokens', () => {
  it('are shown once and kept as their hash', async () => {
    const api = await openApi()
    const as = 'operator'
    const made = await api.ask('POST', '/v1/tokens', {
      as,
      body: { name: 'abuse-1', role: 'detector' },
    })
    const token = made.body['token'] as string
    assert.match(token, /^tocsin_[\w-]{43}$/)
    const stored = api.lab.state.lists.of('tokens').get('abuse-1')!
    assert.deepEqual([stored.hash, stored.role], [hashToken(token), 'detector'])
    const list = await api.ask('GET', '/v1/tokens', { as })
    assert.ok(!list.text.includes(token) && !list.text.includes(stored.hash))
    assert.deepEqual((list.body['tokens'] as { name: string }[]).map(({ name }) => name).sort(), [
      'abuse-1',
      'detector',
      'gateway',
    ])
    const twice = await Promise.all(
      [1, 2].map(() =>
        api.ask('POST', '/v1/tokens', { as, body: { name: 'two', role: 'gateway' } }),
      ),
    )
    assert.deepEqual(twice.map(({ status }) => status).sort(), [201, 409])
    await api.stop()
  })
})
