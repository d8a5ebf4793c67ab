/** A replica follows its node: what changes a verdict there changes it here, in one step. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { peerNameOf } from '../../src/core/identity.js'
import { hand, openLab, ownOf, type Lab } from '../support/lab.js'
import { TOKENS } from '../http/api.js'
import { followed, until, type Followed } from './followed.js'
import { unrulyLine } from './unruly-line.js'

const IP = '198.51.100.7'
const ask = { type: 'ip', value: IP }

describe('replica: following', () => {
  let here: Followed
  let b: Lab
  beforeEach(async () => {
    here = await followed()
    b = await openLab('Lab B')
    await here.api.lab.admit('Lab B')
  })
  afterEach(() => here.stop())

  const others = async (value: string, ttl = '2h') => {
    await b.voice.report([{ type: 'ip', value, ttl }])
    await hand(b, here.api.lab)
  }

  it('reports, revocations, the roster, allow entries, pauses and the policy', async () => {
    const { api } = here
    const replica = await here.follow()
    await replica.waitForInitialization({ timeout: 5 })
    /** At the node, and so here. */
    const becomes = (action: string) => {
      assert.equal(api.lab.check('ip', IP).action, action)
      return until(`${IP} becomes ${action}`, () => replica.check(ask).action === action)
    }
    assert.equal(replica.check(ask).reason, 'NO_MATCH')
    await others(IP)
    await becomes('throttle')
    await api.lab.voice.report([{ ...ask, ttl: '1h' }])
    await becomes('block')
    const verdict = replica.check(ask)
    assert.deepEqual([verdict.reason, verdict.freshness, verdict.ageMs], ['MATCH', 'fresh', 0])
    const opened = await api.ask('GET', `/v1/decisions/by-id/${verdict.decisionId}`, {
      as: 'operator',
    })
    assert.equal((opened.body['decision'] as { action: string }).action, 'block')
    await api.lab.voice.revoke([{ ...ask, reason: 'false-positive' }])
    await becomes('throttle')
    const pause = { kind: 'enforce', reason: 'r', sinceMs: api.lab.time.now, by: 't' } as const
    await api.lab.lists.change({ table: 'pauses', name: 'enforce', row: pause })
    await becomes('observe')
    await api.lab.lists.change({ table: 'pauses', name: 'enforce', row: null })
    await becomes('throttle')
    await api.lab.policies.apply('{ shadow: { all: true } }')
    await becomes('observe')
    await api.lab.policies.apply('{}')
    await becomes('throttle')
    const allow = { ...ask, reason: 'partner' }
    await api.ask('POST', '/v1/allowlist', { as: 'operator', body: allow })
    await becomes('allow')
    assert.equal(replica.check(ask).reason, 'ALLOWLISTED')
    assert.equal(replica.status().snapshots, 1)
  })

  it('a member’s removal is one delta, whatever it reported', async () => {
    const { lab } = here.api
    for (let i = 0; i < 300; i++)
      await b.voice.report([{ type: 'ip', value: `45.9.${i >> 8}.${i & 255}` }])
    await hand(b, lab)
    const line = await unrulyLine(here.api.address)
    const replica = await here.follow({ url: line.url })
    await here.level(replica)
    assert.equal(replica.check({ type: 'ip', value: '45.9.1.1' }).action, 'throttle')
    const before = lab.feed.cursor
    line.bytes.total = 0
    await lab.lists.change({ table: 'roster', name: 'Lab B', row: null })
    await until(
      'its reports do not act',
      () => replica.check({ type: 'ip', value: '45.9.1.1' }).action === 'allow',
    )
    const page = await lab.feed.page(before)
    assert.equal(page?.rows.length, 1)
    assert.ok(line.bytes.total < 2_048, `${line.bytes.total} bytes`)
    await line.stop()
  })

  it('what ends stops acting at its millisecond, also without a line', async () => {
    const { api } = here
    await api.lab.voice.report([{ ...ask, ttl: '60s' }])
    const replica = await here.follow()
    await here.level(replica)
    await api.stop()
    api.lab.time.now += 60_000 - 1
    assert.equal(replica.check(ask).action, 'block')
    api.lab.time.now += 1
    assert.equal(replica.check(ask).action, 'allow')
  })

  it('a token is no part of what a replica is told', async () => {
    const line = await unrulyLine(here.api.address)
    const marker = 'planted-token-name'
    await here.api.lab.addToken({
      name: marker,
      role: 'gateway',
      hash: 'ab'.repeat(32),
      createdMs: 1,
    })
    const replica = await here.follow({ url: line.url, store: { dir: join(here.folder, 'a') } })
    await here.level(replica)
    await here.api.lab.addToken({
      name: `${marker}2`,
      role: 'gateway',
      hash: 'cd'.repeat(32),
      createdMs: 1,
    })
    await here.level(replica)
    await replica.flush()
    const kept = await readFile(join(here.folder, 'a', 'snapshot'))
    assert.ok(!kept.includes(marker) && !kept.includes('ab'.repeat(32)))
    await line.stop()
  })

  it('goes on after the node was away, from where it was', async () => {
    await others(IP)
    const line = await unrulyLine(here.api.address)
    const replica = await here.follow({ url: line.url })
    await here.level(replica)
    line.cutAll()
    await others('198.51.100.8')
    await here.level(replica)
    assert.equal(replica.check({ type: 'ip', value: '198.51.100.8' }).action, 'throttle')
    assert.equal(replica.status().snapshots, 1)
    await line.stop()
  })

  it('by long poll where the line cannot stream, with the same answers', async () => {
    const line = await unrulyLine(here.api.address)
    line.misrule.refuse = (path) =>
      path.startsWith('/v1/changes') && !path.includes('wait=') ? [501, {}] : undefined
    const replica = await here.follow({ url: line.url })
    await others(IP)
    await here.level(replica)
    assert.equal(replica.check(ask).action, 'throttle')
    await others('198.51.100.8')
    await here.level(replica)
    await line.stop()
  })

  it('a refused token is FATAL until there is a copy, and tried again', async () => {
    let token = 'wrong'
    const replica = await here.follow({ credential: () => token })
    await until('it is refused', () => replica.state() === 'FATAL')
    const verdict = replica.check(ask)
    assert.deepEqual(
      [verdict.action, verdict.reason, verdict.errorCode, verdict.freshness],
      ['allow', 'DEGRADED_RULE', 'NOT_READY', 'never'],
    )
    token = TOKENS.gateway
    await here.level(replica)
    assert.equal(replica.state(), 'FRESH')
  })

  it('believes the node it was told and no other', async () => {
    const errors: string[] = []
    const replica = await here.follow({ node: peerNameOf(ownOf('Lab B')) })
    replica.on('error', ({ code }) => errors.push(code))
    await until('it is told', () => errors.includes('node-unknown'))
    assert.equal(replica.state(), 'INITIALIZING')
    await here.level(await here.follow({ node: peerNameOf(here.api.lab.own) }))
  })
})
