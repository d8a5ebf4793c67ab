/** `/metrics` as a Prometheus server reads it: over HTTP, with a gateway's token, line by line. */
import assert from 'node:assert/strict'
import { toBytes } from '../../src/core/envelope.js'
import { forkOf } from '../../src/core/fork.js'
import { OPEN_FEDERATION, peerNameOf } from '../../src/core/identity.js'
import type { CatchUpStatus, Link } from '../../src/core/mesh-port.js'
import type { Freshness } from '../../src/lookup/verdict.js'
import { Metrics } from '../../src/telemetry/metrics.js'
import { openApi, type Api } from '../http/api.js'
import { readExposition, type Exposition } from '../support/exposition.js'
import { hand, NOW, openLab, ownOf, seedOf } from '../support/lab.js'
import { Pen, report } from '../support/memory-log.js'

/** A name that has to be escaped. */
const ODD = 'Lab "B" \\ Co'
const IP = '198.51.100.7'

const consumers = () => ({
  lastPullMs: new Map([['fw', 5_000]]),
  dropped: new Map([['fw', 7]]),
})

describe('telemetry: /metrics', () => {
  let api: Api
  let metrics: Metrics
  let catchUp: CatchUpStatus = { running: 2, lastMs: NOW }
  let freshness: Freshness = 'stale'
  let diskOk = true
  const links: Link[] = []

  before(async () => {
    api = await openApi({
      metrics: {
        get contentType() {
          return metrics.contentType
        },
        text: () => metrics.text(),
      },
    })
    const { state, time } = api.lab
    metrics = new Metrics(
      { version: '1.2.3' },
      {
        state,
        freshness: () => freshness,
        links: () => links,
        catchUp: () => catchUp,
        consumers,
        lookUps: api.lab.lookUps,
        diskOk: () => diskOk,
        clock: () => time.now,
      },
    )
  })
  after(() => api.stop())

  async function scrape(): Promise<Exposition> {
    const { status, headers, text } = await api.ask('GET', '/metrics', { as: 'gateway' })
    assert.equal(status, 200)
    assert.match(headers['content-type']!, /^text\/plain; version=0\.0\.4; charset=utf-8$/)
    return readExposition(text)
  }

  it('says when programs last pulled, and what they dropped', async () => {
    const read = await scrape()
    const fw = { consumer: 'fw' }
    assert.equal(read.value('tocsin_consumer_last_pull_timestamp_seconds', fw), 5)
    assert.equal(read.value('tocsin_consumer_dropped_total', fw), 7)
  })

  it('says how many look-ups are sampled and lost, and what is held for it', async () => {
    const before = (await scrape()).value('tocsin_sampled_look_ups', { held: 'yes' })
    await api.ask('GET', '/v1/check?type=ip&value=45.7.1.1', { as: 'gateway' })
    const read = await scrape()
    assert.equal(read.value('tocsin_sampled_look_ups', { held: 'yes' }), before + 1)
    assert.equal(read.value('tocsin_sampled_look_ups', { held: 'no' }), 0)
    assert.equal(read.value('tocsin_blast_radius_holds'), 0)
  })

  it('needs a token, any', async () => {
    assert.equal((await api.ask('GET', '/metrics')).status, 401)
    for (const as of ['gateway', 'detector', 'operator'] as const) {
      assert.equal((await api.ask('GET', '/metrics', { as })).status, 200)
    }
  })

  it('a node alone: nothing is unknown, nothing made up', async () => {
    const shown = await scrape()
    assert.equal(shown.value('tocsin_build_info', { version: '1.2.3' }), 1)
    for (const state of ['up', 'down', 'refused', 'wrong-network']) {
      assert.equal(shown.value('tocsin_links', { state }), 0)
    }
    assert.equal(shown.value('tocsin_members', { current: 'yes' }), 0)
    assert.equal(shown.value('tocsin_forks'), 0)
    assert.ok(shown.value('process_cpu_seconds_total') > 0)
    assert.ok(shown.value('process_resident_memory_bytes') > 10 << 20)
    assert.ok(shown.value('nodejs_heap_size_used_bytes') > 0)
    const named = shown.samples.filter(({ name }) => name.startsWith('tocsin_fork_seq'))
    assert.deepEqual(named, [])
  })

  it('names members, never what is reported', async () => {
    await api.lab.admit(ODD, 'corroborate', 'member', 'B')
    await api.lab.admit('Lab C')
    const b = await openLab('B')
    await b.voice.report([{ type: 'ip', value: IP }])
    await b.voice.report([{ type: 'domain', value: 'bad.example' }])
    await hand(b, api.lab)
    const counts = { accepted: 2, duplicate: 5, 'ignored:gap': 3, 'refused:hash-mismatch': 1 }
    const b0 = { author: ownOf('B'), link: 'up', lagMs: 20, appliedLagMs: 400, counts } as const
    links.push(
      { ...b0, current: true, beaconAgeMs: 1_500, quiet: false, hears: [] },
      { author: ownOf('Lab C'), link: 'down', counts: {}, current: false, quiet: true, hears: [] },
    )
    catchUp = { running: 1, lastMs: NOW, missing: [{ author: ownOf('Lab C'), envelopes: 7 }] }
    const shown = await scrapeLive()
    const who = { member: ODD, peer: peerNameOf(ownOf('B')) }
    assert.equal(shown.value('tocsin_live_keys', { type: 'net.ipv4' }), 1)
    assert.equal(shown.value('tocsin_live_keys', { type: 'net.domain' }), 1)
    assert.equal(shown.value('tocsin_log_head_seq', who), 2)
    assert.equal(shown.value('tocsin_links', { state: 'up' }), 1)
    assert.equal(shown.value('tocsin_members', { current: 'no' }), 1)
    assert.equal(shown.value('tocsin_member_current', who), 1)
    assert.equal(shown.value('tocsin_member_quiet', { member: 'Lab C' }), 1)
    assert.equal(shown.value('tocsin_beacon_age_seconds', who), 1.5)
    assert.equal(shown.value('tocsin_link_lag_seconds', who), 0.02)
    assert.equal(shown.value('tocsin_applied_lag_seconds', who), 0.4)
    assert.equal(shown.value('tocsin_missing_envelopes', { member: 'Lab C' }), 7)
    assert.equal(shown.value('tocsin_missing_envelopes', who), 0)
    assert.equal(shown.value('tocsin_catch_up_sessions'), 1)
    assert.equal(shown.value('tocsin_catch_up_level_timestamp_seconds'), NOW / 1_000)
    const envelopes = (outcome: string, code = '') =>
      shown.value('tocsin_envelopes_total', { ...who, outcome, code })
    assert.deepEqual([envelopes('accepted'), envelopes('duplicate')], [2, 5])
    assert.deepEqual([envelopes('ignored', 'gap'), envelopes('refused', 'hash-mismatch')], [3, 1])
    const { text } = await api.ask('GET', '/metrics', { as: 'gateway' })
    assert.ok(!text.includes(IP) && !text.includes('bad.example'))
  })

  /** Live keys are counted anew every ten seconds. */
  async function scrapeLive(): Promise<Exposition> {
    const { state, time } = api.lab
    const parts = {
      state,
      freshness: () => freshness,
      links: () => links,
      diskOk: () => diskOk,
      consumers,
      lookUps: api.lab.lookUps,
    }
    const rest = { catchUp: () => catchUp, clock: () => time.now }
    metrics = new Metrics({ version: '1.2.3' }, { ...parts, ...rest })
    return scrape()
  }

  it('counters go on, and whoever leaves the roster leaves', async () => {
    links[0] = { ...links[0]!, counts: { accepted: 9 } }
    links.pop()
    const shown = await scrape()
    assert.equal(shown.value('tocsin_envelopes_total', { outcome: 'accepted' }), 9)
    assert.equal(shown.types.get('tocsin_envelopes_total'), 'counter')
    assert.throws(() => shown.value('tocsin_member_quiet', { member: 'Lab C' }))
  })

  it('forks, freshness and a full disk', async () => {
    const pen = () => new Pen(seedOf('Lab C'), OPEN_FEDERATION.networkId)
    const one = pen().write([report('192.0.2.1', NOW + 1e6)], NOW)
    const other = pen().write([report('192.0.2.2', NOW + 1e6)], NOW)
    const proof = forkOf(one, other)!
    const origin = { via: 'gossip', from: ownOf('B') } as const
    await api.lab.intake.accept(toBytes(one), origin).committed
    await api.lab.intake.accept(proof.bytes, origin).committed
    freshness = 'degraded'
    diskOk = false
    const shown = await scrape()
    assert.equal(shown.value('tocsin_forks'), 1)
    assert.equal(shown.value('tocsin_fork_seq', { member: 'Lab C' }), 1)
    assert.equal(shown.value('tocsin_freshness', { state: 'degraded' }), 1)
    assert.equal(shown.value('tocsin_freshness', { state: 'fresh' }), 0)
    assert.equal(shown.value('tocsin_disk_fault'), 1)
  })
})
