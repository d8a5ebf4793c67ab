/**
 * What `/metrics` shows, in Prometheus' text form: read from the node's parts when it is asked for,
 * so nothing is counted twice and a number cannot drift from what `status` says.
 *
 * Labels come from closed sets (states, outcomes, codes, types) and from the roster (member names
 * and PeerIds); an indicator's value is never one. A registry of its own, none of the library's
 * global one.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { peerNameOf, type AuthorId } from '../core/identity.js'
import { SECOND_MS } from '../core/limits.js'
import type { CatchUpStatus, Link, LinkState } from '../core/mesh-port.js'
import type { Clock, ConsumerCounts, Scrape } from '../core/ports.js'
import { LiveCount } from '../lookup/live-count.js'
import type { LookUps } from '../lookup/look-ups.js'
import type { LiveState } from '../lookup/live-state.js'
import type { Freshness } from '../lookup/verdict.js'

export interface MetricsDependencies {
  readonly state: LiveState
  readonly freshness: () => Freshness
  readonly links: () => readonly Link[]
  readonly catchUp: () => CatchUpStatus
  readonly diskOk: () => boolean
  readonly consumers: () => ConsumerCounts
  readonly lookUps: Pick<LookUps, 'size'>
  readonly clock: Clock
}

const LINK_STATES: readonly LinkState[] = ['up', 'down', 'refused', 'wrong-network']
const FRESHNESS: readonly Freshness[] = ['fresh', 'stale', 'degraded']
/** Steps before others get a turn; a million keys must not hold up look-ups. */
const BREATH = 8
/** A walk over all keys is worth no more than this often. */
const LIVE_KEPT_MS = 10 * SECOND_MS

/** Gauges of the library that are named as counters are: a lint of the text refuses them. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`)

export class Metrics implements Scrape {
  readonly contentType: string
  readonly #deps: MetricsDependencies
  readonly #registry = new Registry()
  #live:
    | { readonly byType: Promise<Readonly<Record<string, number>>>; readonly atMs: number }
    | undefined

  constructor(options: { readonly version: string }, dependencies: MetricsDependencies) {
    this.contentType = this.#registry.contentType
    this.#deps = dependencies
    collectDefaultMetrics({ register: this.#registry })
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name)
    this.#gauge('tocsin_build_info', 'Version of the program.', ['version'], (set) =>
      set(1, options.version),
    )
    this.#showState()
    this.#showMembers()
    this.#showMesh()
    this.#showConsumers()
    this.#showLookUps()
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  #showState(): void {
    const { state, freshness, diskOk } = this.#deps
    this.#gauge('tocsin_live_keys', 'Keys with a live claim, by type.', ['type'], async (set) => {
      for (const [type, count] of Object.entries(await this.#liveByType())) set(count, type)
    })
    this.#gauge('tocsin_freshness', '1 for what answers are now.', ['state'], (set) => {
      const now = freshness()
      for (const one of FRESHNESS) set(Number(one === now), one)
    })
    this.#gauge('tocsin_disk_fault', '1 while nothing can be written.', [], (set) =>
      set(Number(!diskOk())),
    )
    const head = 'Newest envelope of a log that is held.'
    this.#gauge('tocsin_log_head_seq', head, ['member', 'peer'], (set) => {
      for (const { author, seq } of state.heads.values()) set(seq, ...this.#who(author))
    })
    const fork = 'Number that the author of a log used twice; its log ends below.'
    this.#gauge('tocsin_fork_seq', fork, ['member', 'peer'], (set) => {
      for (const { author, seq } of state.forks.values()) set(seq, ...this.#who(author))
    })
    this.#gauge('tocsin_forks', 'Authors known to have signed two histories.', [], (set) =>
      set(state.forks.size),
    )
  }

  #showLookUps(): void {
    const { state, lookUps } = this.#deps
    const help = 'Look-ups of the last day, held in the sample or lost to it.'
    this.#gauge('tocsin_sampled_look_ups', help, ['held'], (set) => {
      const { held, lost } = lookUps.size
      set(held, 'yes')
      set(lost, 'no')
    })
    const holds = 'Keys that would have met too many look-ups when they were new.'
    this.#gauge('tocsin_blast_radius_holds', holds, [], (set) => set(state.lists.of('holds').size))
  }

  #showMembers(): void {
    const { state, links } = this.#deps
    const help = 'Members one of whose keys is current, or none of whose is.'
    this.#gauge('tocsin_members', help, ['current'], (set) => {
      const keys = new Set(links().flatMap((link) => (link.current ? [link.author] : [])))
      const members = state.roster.members.filter(({ role }) => role === 'member')
      const current = members.filter((one) => one.keys.some(({ author }) => keys.has(author)))
      set(current.length, 'yes')
      set(members.length - current.length, 'no')
    })
    const current = '1 where a beacon is recent and we hold what it names of its own log.'
    this.#perLink('tocsin_member_current', current, (link) => Number(link.current))
    const quiet = '1 where a link is up and brings nothing while others are heard.'
    this.#perLink('tocsin_member_quiet', quiet, (link) => Number(link.quiet))
    const age = 'Since the newest beacon of a key was heard.'
    this.#perLink('tocsin_beacon_age_seconds', age, ({ beaconAgeMs }) => seconds(beaconAgeMs))
    const lag = 'Round trip of the last ping.'
    this.#perLink('tocsin_link_lag_seconds', lag, ({ lagMs }) => seconds(lagMs))
    const applied = 'From our own log growing to the word that a key has applied it; at most.'
    this.#perLink('tocsin_applied_lag_seconds', applied, (link) => seconds(link.appliedLagMs))
  }

  #showMesh(): void {
    const { links, catchUp } = this.#deps
    this.#gauge('tocsin_links', 'Admitted keys by the state of their link.', ['state'], (set) => {
      const states = links().map(({ link }) => link)
      for (const one of LINK_STATES) set(states.filter((state) => state === one).length, one)
    })
    const missing = 'Envelopes of a log that others have shown and we lack.'
    this.#gauge('tocsin_missing_envelopes', missing, ['member', 'peer'], (set) => {
      for (const { author } of links()) set(0, ...this.#who(author))
      for (const { author, envelopes } of catchUp().missing ?? []) {
        set(envelopes, ...this.#who(author))
      }
    })
    this.#gauge('tocsin_catch_up_sessions', 'Catch-up sessions now.', [], (set) =>
      set(catchUp().running),
    )
    const level = 'When a catch-up session last ended with both sides level.'
    this.#gauge('tocsin_catch_up_level_timestamp_seconds', level, [], (set) => {
      const { lastMs } = catchUp()
      if (lastMs !== undefined) set(lastMs / SECOND_MS)
    })
    this.#countEnvelopes()
  }

  #showConsumers(): void {
    const { consumers } = this.#deps
    const pull = 'When a program last pulled a list, by the name of its token.'
    this.#gauge('tocsin_consumer_last_pull_timestamp_seconds', pull, ['consumer'], (set) => {
      for (const [name, ms] of consumers().lastPullMs) set(ms / SECOND_MS, name)
    })
    new Counter({
      name: 'tocsin_consumer_dropped_total',
      help: 'Requests or packets that a program says it dropped, by the name of its token.',
      labelNames: ['consumer'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const [name, count] of consumers().dropped) this.inc({ consumer: name }, count)
      },
    })
  }

  #countEnvelopes(): void {
    const { links } = this.#deps
    const labels = ['member', 'peer', 'outcome', 'code'] as const
    const whoOf = (author: AuthorId) => this.#who(author)
    new Counter({
      name: 'tocsin_envelopes_total',
      help: 'Envelopes that a neighbour brought, by outcome.',
      labelNames: labels,
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { author, counts } of links()) {
          const [member, peer] = whoOf(author)
          for (const [key, count] of Object.entries(counts)) {
            const [outcome, code = ''] = key.split(':')
            this.inc({ member, peer, outcome: outcome!, code }, count)
          }
        }
      },
    })
  }

  #perLink(name: string, help: string, read: (link: Link) => number | undefined): void {
    this.#gauge(name, help, ['member', 'peer'], (set) => {
      for (const link of this.#deps.links()) {
        const value = read(link)
        if (value !== undefined) set(value, ...this.#who(link.author))
      }
    })
  }

  /** A gauge that is empty until it is asked for: what has gone from the roster is not shown on. */
  #gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (set: (value: number, ...labels: readonly string[]) => void) => void | Promise<void>,
  ): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: async () => {
        gauge.reset()
        // Without labels `reset` leaves a zero; a number that is not known is not one.
        if (labelNames.length === 0) gauge.remove()
        await read((value, ...labels) => gauge.labels(...labels).set(value))
      },
    })
  }

  #who(author: AuthorId): [member: string, peer: string] {
    return [this.#deps.state.organisationOf(author) ?? '', peerNameOf(author)]
  }

  #liveByType(): Promise<Readonly<Record<string, number>>> {
    const now = performance.now()
    if (this.#live === undefined || now - this.#live.atMs > LIVE_KEPT_MS) {
      this.#live = { byType: this.#countLive(), atMs: now }
    }
    return this.#live.byType
  }

  async #countLive(): Promise<Readonly<Record<string, number>>> {
    const count = new LiveCount(this.#deps.state, this.#deps.clock())
    let steps = 0
    for (const done = count.steps(); done.next().done !== true;) {
      if (++steps % BREATH === 0) await breathe()
    }
    return count.counts.byType
  }
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / SECOND_MS
}
