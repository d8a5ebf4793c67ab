/**
 * The composition root of an edge: a replica behind the look-up endpoints of a node, for hosts and
 * languages that cannot embed one. Any number of them; each keeps its own copy.
 */
import type { Config } from './config.js'
import { commonShingles } from './background.js'
import { dialectsOf } from './dialects.js'
import { hashToken } from './http/access.js'
import { Bouncers } from './http/dialects/bouncers.js'
import type { Forward } from './http/check-request.js'
import { edgeApp } from './http/edge-app.js'
import { EnforcedView } from './http/enforced-view.js'
import { startHttp } from './http/server.js'
import { toStartError, Undo } from './lifecycle.js'
import { Prompts } from './lookup/prompts.js'
import { NodeClient } from './replica/node-client.js'
import { Replica } from './replica/replica.js'
import { createLog } from './telemetry/log.js'

/** Of an edge: where its node is, and the API settings of a node. */
export interface EdgeConfig extends Pick<Config, 'api' | 'logLevel'> {
  readonly node: string
  readonly token: string
  /** PeerId of the node. */
  readonly nodeKey: string | undefined
  /** Folder for the last good copy. */
  readonly store: string | undefined
  readonly staleAfter: string
  readonly expireAfter: string
}

export interface RunningEdge {
  readonly apiAddress: string
  stop(): Promise<void>
}

/** What a gateway is told of a copy that is old is the verdict's freshness, and the gate's rule. */
const AS_KNOWN = { stale: 'last-known', expired: 'last-known', neverSynced: 'block' } as const
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'

/** A node that does not answer in time leaves the count to this edge. */
const FORWARD_MS = 2_000

function forwardTo({ node, token }: EdgeConfig): Forward {
  const client = new NodeClient({ url: node, credential: () => token })
  return async (body) => {
    try {
      const signal = AbortSignal.timeout(FORWARD_MS)
      return (await client.ask('/v1/check/request', body, signal)) as object
    } catch {
      return undefined
    }
  }
}

export async function startEdge(
  config: EdgeConfig,
  { version }: { readonly version: string },
): Promise<RunningEdge> {
  const stack = new Undo()
  try {
    return await start(config, version, stack)
  } catch (error) {
    await stack.unwind()
    throw toStartError(error)
  }
}

async function start(config: EdgeConfig, version: string, stack: Undo): Promise<RunningEdge> {
  const { node, token, store, staleAfter, expireAfter, api } = config
  const log = createLog(config.logLevel)
  const replica = new Replica({
    url: node,
    credential: token,
    onDegraded: AS_KNOWN,
    freshness: { staleAfter, expireAfter },
    ...(store === undefined ? {} : { store: { dir: store } }),
    ...(config.nodeKey === undefined ? {} : { node: config.nodeKey }),
  })
  replica.on('error', ({ code, message }) => log.warn('edge-behind', { code, message }))
  replica.on('ready', () => log.info('edge-ready', { ...replica.status() }))
  replica.on('stale', () => log.warn('edge-stale', { ageMs: replica.status().ageMs }))
  replica.on('recovered', () => log.info('edge-recovered'))
  await replica.start()
  stack.push(() => replica.close())

  const hash = hashToken(token)
  const callers = [{ name: 'gateway', role: 'gateway', hash, createdMs: 0 }] as const
  const lookup = () => replica.lookup()
  const http = await startHttp(
    { listen: api.listen, hosts: api.hosts, tls: api.tls },
    edgeApp({
      tokens: () => callers,
      lookup,
      quick: () => replica.quick(),
      read: replica.read,
      prompts: new Prompts(replica.keyRing, commonShingles()),
      forward: forwardTo(config),
      dialects: dialectsOf(config),
      view: new EnforcedView({ lookup: () => lookup()!, clock: Date.now }),
      bouncers: new Bouncers(),
      metrics: { contentType: PROMETHEUS, text: () => Promise.resolve(replica.metrics()) },
      version,
      clock: Date.now,
      log,
    }),
  )
  stack.push(() => http.stop())
  return { apiAddress: http.address, stop: () => stack.unwind() }
}
