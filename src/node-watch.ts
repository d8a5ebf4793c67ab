/** How a node is watched: what is counted as it answers, its metrics, and what its doctor sees. */
import type { Config } from './config.js'
import type { Folder } from './folder.js'
import { AnswerCounts } from './http/answer-counts.js'
import { Bouncers } from './http/dialects/bouncers.js'
import type { Noted } from './http/dependencies.js'
import type { MirrorStatus } from './core/mirror-port.js'
import type { DoctorPort } from './http/doctor/seen.js'
import type { Author } from './intake/author.js'
import type { Desk } from './lookup/desk.js'
import { LookUpCounts } from './lookup/look-up-counts.js'
import type { LookUps } from './lookup/look-ups.js'
import type { Mesh } from './mesh/mesh.js'
import type { PolicySource } from './policy-source.js'
import { isLoopback } from './setting.js'
import { secretsOf, spaceFor } from './surroundings.js'
import { Metrics } from './telemetry/metrics.js'

interface WatchedParts {
  readonly mesh: Mesh
  readonly author: Author
  readonly policies: PolicySource
  readonly lookUps: LookUps
  readonly version: string
}

/** What is counted as it is answered. */
export function countsOf({ lookUps }: Pick<WatchedParts, 'lookUps'>) {
  const lookUpCounts = new LookUpCounts()
  const noted: Noted = (looked, now) => {
    lookUpCounts.note(looked)
    lookUps.note(looked, now)
  }
  return { bouncers: new Bouncers(), answers: new AnswerCounts(), lookUpCounts, noted }
}

interface Shown {
  readonly desk: Desk
  /** Of a Redis that is kept equal, if there is one. */
  readonly mirror: (() => MirrorStatus) | undefined
}

export function buildMetrics(
  { legal }: Config,
  core: Folder,
  { mesh, author, policies, version, lookUps }: WatchedParts,
  { desk, bouncers, answers, lookUpCounts, mirror }: ReturnType<typeof countsOf> & Shown,
): Metrics {
  const { state, writer, scrub, steady, activity, clock } = core
  return new Metrics(
    { version },
    {
      ...{ state, activity, lookUps, lookUpCounts, legal, clock, mirror, startedMs: clock() },
      freshness: () => desk.lookup().freshness,
      beyondShare: () => desk.beyondShare(),
      links: () => mesh.links(),
      catchUp: () => mesh.catchUp(),
      copies: () => mesh.copies(),
      diskOk: () => writer.fault === undefined,
      commits: () => writer,
      scrub: () => scrub.status(),
      policyErrors: () => policies.errors(),
      clockFault: () => steady.fault(),
      silence: () => author.silence(),
      consumers: () => bouncers.counts(),
      answers: () => answers.rows(),
      took: () => answers.took(),
    },
  )
}

export function doctorOf(
  { data, api }: Config,
  { steady }: Folder,
  { mesh, author }: Pick<WatchedParts, 'mesh' | 'author'>,
  mirror: Shown['mirror'],
): DoctorPort {
  const { listen, tls, hosts, trustedProxies } = api
  return {
    surroundings: async () => ({
      secrets: await secretsOf(data),
      space: await spaceFor(data),
      addresses: mesh.addresses(),
    }),
    clock: () => {
      const offMs = steady.offMs()
      return { fault: steady.fault(), ...(offMs === undefined ? {} : { offMs }) }
    },
    silence: () => author.silence(),
    mirror: () => mirror?.(),
    api: {
      ...{ listen, hosts, trustedProxies },
      isLoopback: isLoopback(listen),
      hasTls: tls !== undefined,
    },
  }
}
