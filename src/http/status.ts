/** How this node stands, for its operator: identity, what it holds, whom it hears. */
import type { AuthorId } from '../core/identity.js'
import { fingerprintOf } from '../core/fingerprint.js'
import { peerNameOf } from '../core/identity.js'
import type { Link } from '../core/mesh-port.js'
import type { ScrubStatus } from '../core/ports.js'
import type { Member } from '../core/roster.js'
import type { LiveCounts } from '../lookup/live-count.js'
import type { LiveState } from '../lookup/live-state.js'
import { pausesShown } from '../lookup/pauses.js'
import { policyHash } from '../policy/rules.js'
import type { HttpDependencies } from './dependencies.js'
import { sampleShown } from './explain.js'
import { federationShown } from './federation.js'
import { LiveCounter } from './live-counter.js'
import type { App } from './shape.js'

export function statusRoutes(app: App, dependencies: HttpDependencies): void {
  const config = { role: 'operator' } as const
  const { state, own, card, name, federation, clock } = dependencies
  const counter = new LiveCounter(state, clock)

  app.get('/v1/status', { config }, async () => ({
    ...statusOf(dependencies, await counter.now()),
    storage: await storageOf(dependencies),
  }))

  app.get('/v1/forks', { config }, () => ({
    forks: [...state.forks.values()].map(({ author, seq, bytes }) => ({
      member: state.roster.memberOf(author)?.name ?? null,
      peerId: peerNameOf(author),
      seq,
      proof: Buffer.from(bytes).toString('base64'),
    })),
  }))

  app.get('/v1/id', { config }, () => ({
    card: card(),
    peerId: peerNameOf(own),
    words: fingerprintOf(own),
    name,
    federation: federation.name,
    networkId: federation.networkId,
  }))
}

function statusOf(dependencies: HttpDependencies, counts: LiveCounts) {
  const { state, own, name, version, links, lookup, clock } = dependencies
  const now = clock()
  const { policy, freshness } = lookup()
  const byAuthor = new Map(links().map((link) => [link.author, link]))
  const heads = [...state.heads.values()].map(({ author, seq }) => [peerNameOf(author), seq])
  return {
    name,
    peerId: peerNameOf(own),
    version,
    ...federationShown(dependencies),
    ...counts,
    heads: Object.fromEntries(heads) as Record<string, number>,
    logHash: state.logHash,
    stateHash: state.stateHash(now),
    asOf: new Date(now).toISOString().slice(0, 10),
    policyHash: policyHash(policy),
    freshness,
    policyErrors: dependencies.policies.errors(),
    paused: pausesShown(state, now),
    legal: legalOf(dependencies, now),
    sample: { ...sampleShown(dependencies.lookUps), holds: state.lists.of('holds').size },
    members: state.roster.members.map((member) => memberOf(member, byAuthor, state)),
    disk: dependencies.disk(),
    catchUp: dependencies.catchUp(),
    scrub: scrubOf(dependencies.scrub()),
  }
}

function legalOf({ legal }: HttpDependencies, now: number) {
  if (legal === undefined) return null
  const { basis, untilMs } = legal
  return { basis, until: isoOf(untilMs), lapsed: now >= untilMs }
}

function scrubOf({ damaged, lastMs, finding, ...rest }: ScrubStatus) {
  return {
    ...rest,
    lastAt: lastMs === undefined ? null : isoOf(lastMs),
    finding: finding === undefined ? null : { what: finding.what, at: isoOf(finding.atMs) },
    damaged: damaged.map(({ author, seq }) => ({ peerId: peerNameOf(author), seq })),
  }
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

async function storageOf({ diskUse }: HttpDependencies) {
  const { byTable, byAuthor } = await diskUse()
  return {
    bytesByTable: byTable,
    bytesByAuthor: Object.fromEntries(
      byAuthor.map(({ author, bytes }) => [peerNameOf(author), bytes]),
    ) as Record<string, number>,
  }
}

function memberOf(
  { name, role, trust, keys }: Member,
  links: ReadonlyMap<AuthorId, Link>,
  { heads, voids }: LiveState,
) {
  return {
    name,
    role,
    trust,
    keys: keys.map(({ author }) => ({
      peerId: peerNameOf(author),
      link: links.get(author)?.link ?? 'down',
      head: heads.get(author)?.seq ?? 0,
      lagMs: links.get(author)?.lagMs ?? null,
      appliedLagMs: links.get(author)?.appliedLagMs ?? null,
      current: links.get(author)?.current ?? false,
      quiet: links.get(author)?.quiet ?? false,
      voids: voids.of(author),
    })),
  }
}
