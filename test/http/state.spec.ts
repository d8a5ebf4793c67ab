/** Two labs that should agree find the envelope by which they do not. */
import assert from 'node:assert/strict'
import { claimRegister } from '../../src/core/claims.js'
import { dayOf } from '../../src/core/heads.js'
import { peerNameOf } from '../../src/core/identity.js'
import { keyOf } from '../../src/core/indicator.js'
import { hand, openLab } from '../support/lab.js'
import { openApi, type Api } from './api.js'

interface State {
  readonly stateHash: string
  readonly authors: readonly {
    readonly peerId: string
    readonly member: string | null
    readonly days: readonly { readonly day: number; readonly sum: string }[]
  }[]
}
type Envelopes = readonly { readonly seq: number; readonly sum: string }[]

describe('http: state', () => {
  const apis: Api[] = []
  after(() => Promise.all(apis.map((api) => api.stop())))

  async function labs(): Promise<readonly [Api, Api]> {
    const b = await openLab('Lab B')
    for (let i = 0; i < 8; i++) {
      const ttl = `${1 + (i % 3)}d`
      await b.voice.report([{ type: 'ip', value: `198.51.100.${i}`, ttl }])
    }
    await b.voice.sight([{ type: 'ip', value: '203.0.113.7' }])
    for (const name of ['Lab A', 'Lab C']) {
      const lab = await openLab(name)
      await lab.admit('Lab B')
      await hand(b, lab)
      apis.push(await openApi({}, {}, lab))
    }
    return apis.slice(-2) as [Api, Api]
  }

  const ask = async <T>(api: Api, query = ''): Promise<T> => {
    const { status, body } = await api.ask('GET', `/v1/state${query}`, { as: 'operator' })
    assert.equal(status, 200)
    return body as T
  }

  it('is the same for two who heard the same, and bisects a planted difference', async () => {
    const [a, c] = await labs()
    assert.deepEqual(await ask(a), await ask(c))
    const key = keyOf({ type: 1, value: '198.51.100.4' })
    const author = [...c.lab.state.heads.keys()][0]!
    const register = claimRegister(key, author)
    const [entry] = c.lab.state.claims.of(register)
    c.lab.state.claims.set(key, { ...register, staircase: [] })
    c.lab.state.sums.change(entry!, -1)

    const [one, other] = [await ask<State>(a), await ask<State>(c)]
    assert.notEqual(one.stateHash, other.stateHash)
    const [{ peerId, days }] = one.authors as [State['authors'][number]]
    assert.equal(peerId, peerNameOf(author))
    const theirs = new Map(other.authors[0]!.days.map(({ day, sum }) => [day, sum]))
    const differing = days.filter(({ day, sum }) => theirs.get(day) !== sum)
    assert.deepEqual(
      differing.map(({ day }) => day),
      [dayOf(entry!.statement.until)],
    )
    const query = `?author=${peerId}&day=${differing[0]!.day}`
    const [ours, missing] = await Promise.all(
      [a, c].map((api) => ask<{ envelopes: Envelopes }>(api, query)),
    )
    const held = new Map(missing!.envelopes.map(({ seq, sum }) => [seq, sum]))
    const found = ours!.envelopes.filter(({ seq, sum }) => held.get(seq) !== sum)
    assert.deepEqual(
      found.map(({ seq }) => seq),
      [entry!.envelope.seq],
    )
  })

  it('asks for author and day together, and for a key there may be', async () => {
    const [a] = await labs()
    const half = await a.ask('GET', '/v1/state?day=20000', { as: 'operator' })
    assert.deepEqual([half.status, half.body['code']], [400, 'request-malformed'])
    const wrong = await a.ask('GET', '/v1/state?author=x&day=20000', { as: 'operator' })
    assert.deepEqual([wrong.status, wrong.body['code']], [404, 'key-unknown'])
  })
})
