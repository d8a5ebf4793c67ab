/** A node's real API and a replica that follows it, over loopback. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Replica } from '../../src/replica/replica.js'
import type { ReplicaOptions } from '../../src/replica/options.js'
import { openApi, TOKENS, type Api } from '../http/api.js'
import { until as untilTrue } from '../support/until.js'

export const LAST_KNOWN = {
  stale: 'last-known',
  expired: { block: 'challenge' },
  neverSynced: 'allow',
} as const

export interface Followed {
  readonly api: Api
  readonly folder: string
  /** One more; closed with all the others. */
  follow(options?: Partial<ReplicaOptions>): Promise<Replica>
  /** Resolves once a replica is level with the node. */
  level(replica: Replica): Promise<void>
  stop(): Promise<void>
}

export async function followed(): Promise<Followed> {
  return followedAt(await openApi())
}

/** A node of the test's own; stopped with the rest. */
export async function followedAt(api: Api): Promise<Followed> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-replica-'))
  const replicas: Replica[] = []
  return {
    api,
    folder,
    follow: async (options = {}) => {
      const replica = replicaOf(api, options)
      replicas.push(replica)
      await replica.start()
      return replica
    },
    level: (replica) => levelWith(api, replica),
    stop: async () => {
      await Promise.all(replicas.map((replica) => replica.close()))
      await api.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Not started. The clock is the node's. */
export function replicaOf(api: Api, options: Partial<ReplicaOptions> = {}): Replica {
  return new Replica(
    { url: api.address, credential: TOKENS.gateway, onDegraded: LAST_KNOWN, ...options },
    () => api.lab.time.now,
  )
}

export async function levelWith({ lab }: Api, replica: Replica): Promise<void> {
  const isLevel = () => {
    const { revision, stateHash, level } = replica.status()
    const { epoch, number } = lab.feed.cursor
    return (
      level && revision === `${epoch}:${number}` && stateHash === lab.state.stateHash(lab.time.now)
    )
  }
  await until('the replica is level with its node', isLevel)
}

/** Long, for a machine on which much else runs. */
export function until(what: string, condition: () => boolean): Promise<void> {
  return untilTrue(condition, { what, timeoutMs: 20_000 })
}
