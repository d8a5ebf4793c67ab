/** `/metrics` as a Prometheus server reads it: over HTTP, with a gateway's token, line by line. */
import assert from 'node:assert/strict'
import { toBytes } from '../../src/core/envelope.js'
import { forkOf } from '../../src/core/fork.js'
import { OPEN_FEDERATION, peerNameOf } from '../../src/core/identity.js'
import type { CatchUpStatus, Link } from '../../src/core/mesh-port.js'
import type { Freshness } from '../../src/lookup/verdict.js'
import { LookUpCounts } from '../../src/lookup/look-up-counts.js'
import { AnswerCounts } from '../../src/http/answer-counts.js'
import { Bouncers } from '../../src/http/dialects/bouncers.js'
import { Metrics, type MetricsDependencies } from '../../src/telemetry/metrics.js'
import { hashToken } from '../../src/http/access.js'
import { openApi, type Api } from '../http/api.js'
import { readExposition, type Exposition } from '../support/exposition.js'
import { hand, NOW, openLab, ownOf, seedOf } from '../support/lab.js'
import { Pen, report } from '../support/memory-log.js'

/** A name that has to be escaped. */
const ODD = 'Lab "B" \\ Co'
const IP = '198.51.100.7'

const consumers = () => ({
  lastPullMs: new Map([
    ['fw', 5_000],
    ['gone', 4_000],
  ]),
  dropped: new Map([['fw', 7]]),
})

describe('telemetry: /metrics', () => {
  let api: Api
  let metrics: Metrics
  let catchUp: CatchUpStatus = { running: 2, lastMs: NOW }
  let freshness: Freshness = 'stale'
  let diskOk = true
  const links: Link[] = []
  const lookUpCounts = new LookUpCounts()
  const answers = new AnswerCounts()
  const bouncers = new Bouncers()
  const trouble: { -readonly [Part in keyof MetricsDependencies]?: MetricsDependencies[Part] } = {}

  before(async () => {
    api = await openApi({
      metrics: {
        get contentType() {
          return metrics.contentType
        },
        text: () => metrics.text(),
      },
      noted: (looked, now) => {
        lookUpCounts.note(looked)
        api.lab.lookUps.note(looked, now)
      },
      ...{ answers, bouncers },
    })
    metrics = fresh()
    const hash = hashToken('tocsin_fw')
    await api.lab.addToken({ name: 'fw', role: 'gateway', hash, createdMs: NOW })
  })
  after(() => api.stop())

  /** Live keys are counted anew every ten seconds. */
  function fresh(): Metrics {
    const { state, time, lookUps, activity, desk, writer, scrub, voice, policies } = api.lab
    const parts: MetricsDependencies = {
      ...{ state, activity, lookUps, lookUpCounts, legal: undefined, consumers },
      ...{ mirror: undefined, startedMs: NOW },
      freshness: () => freshness,
      links: () => links,
      catchUp: () => catchUp,
      copies: () => 12,
      diskOk: () => diskOk,
      commits: () => writer,
      scrub: () => scrub.status(),
      beyondShare: () => desk.beyondShare(),
      policyErrors: () => policies.errors(),
      clockFault: () => time.fault,
      silence: () => voice.silence(),
      answers: () => answers.rows(),
      took: () => answers.took(),
      clock: () => time.now,
      ...trouble,
    }
    return new Metrics({ version: '1.2.3' }, parts)
  }

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
    const gone = { consumer: 'gone' }
    assert.throws(() => read.value('tocsin_consumer_last_pull_timestamp_seconds', gone))
    assert.equal(bouncers.counts().lastPullMs.get('gateway'), undefined)
    await api.ask('GET', '/export/plain.txt', { as: 'gateway' })
    assert.equal(bouncers.counts().lastPullMs.get('gateway'), NOW)
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
    assert.equal(shown.value('tocsin_gossip_copies_total'), 12)
    assert.equal(shown.value('tocsin_catch_up_level_timestamp_seconds'), NOW / 1_000)
    const envelopes = (outcome: string, code = '') =>
      shown.value('tocsin_envelopes_total', { ...who, outcome, code })
    assert.deepEqual([envelopes('accepted'), envelopes('duplicate')], [2, 5])
    assert.deepEqual([envelopes('ignored', 'gap'), envelopes('refused', 'hash-mismatch')], [3, 1])
    const { text } = await api.ask('GET', '/metrics', { as: 'gateway' })
    assert.ok(!text.includes(IP) && !text.includes('bad.example'))
  })

  function scrapeLive(): Promise<Exposition> {
    metrics = fresh()
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

  it('what keeps this node from its work, and what will', async () => {
    const { lab } = api
    const quiet = await scrape()
    assert.equal(quiet.value('tocsin_paused', { what: 'enforce' }), 0)
    assert.equal(quiet.value('tocsin_voice_silent', { code: 'clock-wrong' }), 0)
    assert.equal(quiet.value('tocsin_clock_fault', { code: 'clock-off' }), 0)
    assert.equal(quiet.value('tocsin_policy_mistakes'), 0)
    assert.equal(quiet.value('tocsin_damaged_rows'), 0)
    assert.throws(() => quiet.value('tocsin_legal_basis_end_timestamp_seconds'))
    const body = { what: 'enforce', for: '1h', reason: 'drill' }
    await api.ask('POST', '/v1/admin/pause', { as: 'operator', body })
    lab.time.fault = 'clock-off'
    trouble.legal = { untilMs: NOW }
    trouble.beyondShare = () => [ownOf('B')]
    const shown = await scrapeLive()
    assert.equal(shown.value('tocsin_paused', { what: 'enforce' }), 1)
    assert.equal(shown.value('tocsin_paused', { what: 'publish' }), 0)
    assert.equal(shown.value('tocsin_voice_silent', { code: 'clock-wrong' }), 1)
    assert.equal(shown.value('tocsin_clock_fault', { code: 'clock-off' }), 1)
    assert.equal(shown.value('tocsin_legal_basis_end_timestamp_seconds'), NOW / 1_000)
    assert.equal(shown.value('tocsin_share_exceeded', { member: ODD }), 1)
    lab.time.now += 2 * 3_600_000
    assert.equal((await scrape()).value('tocsin_paused', { what: 'enforce' }), 0)
  })

  it('counts void statements by member and reason', async () => {
    const { lab } = api
    await lab.admit('Lab D')
    const pen = new Pen(seedOf('Lab D'), OPEN_FEDERATION.networkId)
    const wire = toBytes(pen.write([report('not an address', NOW + 1e6)], NOW))
    await lab.intake.accept(wire, { via: 'gossip', from: ownOf('Lab D') }).committed
    const of = { member: 'Lab D', code: 'value-form' }
    assert.equal((await scrape()).value('tocsin_void_statements', of), 1)
  })

  it('counts what passes: statements, look-ups by type and action, answers, commits', async () => {
    const answersOf = (read: Exposition, route: string, status: string) =>
      read.value('tocsin_answers_total', { route, status })
    await api.ask('GET', '/v1/check?type=ip&value=45.7.1.1', { as: 'gateway' })
    await api.ask('GET', '/v1/check?type=ip&value=nonsense', { as: 'gateway' })
    const before = await scrape()
    // Answered before the framework, by it, refused, and of no route.
    await api.ask('GET', '/v1/check?view=action&type=ip&value=45.7.1.1', { as: 'gateway' })
    await api.ask('GET', '/v1/check?type=ip&value=45.7.1.1', { as: 'gateway' })
    await api.ask('GET', '/v1/check?type=ip&value=nonsense', { as: 'gateway' })
    await api.ask('GET', '/v1/nowhere', { as: 'gateway' })
    const after = await scrape()
    const allowed = { type: 'net.ipv4', action: 'allow' }
    const asked = (read: Exposition) => read.value('tocsin_look_ups_total', allowed)
    assert.equal(asked(after), asked(before) + 2)
    assert.equal(after.value('tocsin_look_ups_total', { ...allowed, action: 'block' }), 0)
    assert.equal(answersOf(after, 'look-up', '2xx'), answersOf(before, 'look-up', '2xx') + 2)
    assert.equal(answersOf(after, 'look-up', '4xx'), answersOf(before, 'look-up', '4xx') + 1)
    assert.equal(answersOf(after, 'unknown', '4xx'), 1)
    const timed = (bound: string) => {
      const [then, now] = [before, after].map((read) =>
        read.value('tocsin_look_up_seconds_bucket', { le: bound }),
      )
      return now! - then!
    }
    assert.deepEqual([timed('+Inf'), timed('1')], [3, 3])
    const sum = after.value('tocsin_look_up_seconds_sum')
    assert.ok(sum > before.value('tocsin_look_up_seconds_sum') && sum < 60)
    assert.equal(after.types.get('tocsin_enforcement_lag_seconds'), 'histogram')
    const { said, lag } = api.lab.activity.totals
    const heard = { direction: 'in', kind: 'report' }
    assert.equal(after.value('tocsin_statements_total', heard), said.in.report)
    assert.ok(said.in.report > 0 && lag.count > 0)
    assert.equal(after.value('tocsin_enforcement_lag_seconds_count'), lag.count)
    assert.equal(after.value('tocsin_enforcement_lag_seconds_bucket', { le: '+Inf' }), lag.count)
    assert.equal(after.value('tocsin_enforcement_lag_seconds_sum'), lag.sumSeconds)
    assert.ok(after.value('tocsin_commit_seconds_count') > 0)
    assert.equal(after.value('tocsin_commit_waiting_jobs'), 0)
  })
})
