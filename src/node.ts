/**
 * The composition root of a node: builds every part, starts them in order, stops them in reverse.
 * The only file (with `edge.ts`) that knows everybody; it holds no rule of its own.
 */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.js'
import { formatCard } from './core/identity.js'
import type { WarningList } from './core/own-rows.js'
import { startHttp, type HttpServer } from './http/server.js'
import { Author } from './intake/author.js'
import { BulkRevocation } from './intake/bulk-revocation.js'
import { Expiry } from './intake/expiry.js'
import { Intake } from './intake/intake.js'
import { OwnLists } from './intake/own-lists.js'
import { PauseWatch } from './intake/pause-watch.js'
import { voidReader } from './intake/voids.js'
import { Decisions } from './lookup/decision.js'
import { Desk } from './lookup/desk.js'
import { FreshnessGauge } from './lookup/freshness.js'
import { Mesh } from './mesh/mesh.js'
import { GuardBook, type Guards } from './policy/guards.js'
import { OwnHosts } from './policy/own-hosts.js'
import { HighWater, operatorToken, writeSmallFile } from './storage/small-file.js'
import { Metrics } from './telemetry/metrics.js'
import { openFolder, type Folder } from './folder.js'
import { toStartError, Undo } from './lifecycle.js'
import { PolicySource } from './policy-source.js'
import { shippedLists } from './shipped-lists.js'

export interface RunningNode {
  readonly card: string
  readonly apiAddress: string
  readonly federation: string
  /** Reads the policy file again, now. */
  reload(): Promise<void>
  stop(): Promise<void>
}

/** Longer socket paths do not fit the kernel's address structure. */
const SOCKET_PATH_MAX = 100

export async function startNode(
  config: Config,
  options: { readonly abandonTail?: boolean; readonly version: string },
): Promise<RunningNode> {
  const stack = new Undo()
  try {
    return await start(config, options, stack)
  } catch (error) {
    await stack.unwind()
    throw toStartError(error)
  }
}

async function start(
  config: Config,
  options: { readonly abandonTail?: boolean; readonly version: string },
  stack: Undo,
): Promise<RunningNode> {
  const core = await openFolder(config, stack)
  const { federation, own, state, log } = core
  const highWater = await HighWater.read(config.data)
  const ownSeq = state.heads.get(own)?.seq ?? 0
  // A crash between commit and mark leaves the mark behind what peers may have fetched since.
  await highWater.raise(ownSeq)
  if (options.abandonTail === true) await highWater.write(ownSeq)

  const intake = new Intake(federation, core)
  for (const task of [new Expiry(core), core.scrub]) {
    task.start()
    stack.push(() => task.stop())
  }

  const registrar = new OwnLists(core)
  const policies = await startPolicy(config, core, registrar, stack)

  const mesh = buildMesh(config, core, intake)
  await mesh.start()
  stack.push(() => mesh.stop())

  const shipped = shippedLists()
  const guards = buildGuards(core, { mesh, shipped, policies })
  const author = buildAuthor(core, { intake, mesh, guards }, highWater)
  stack.push(() => author.stop())
  const silence = author.silence()
  if (silence !== undefined) log.error(silence, { mark: highWater.seq })

  const card = () => formatCard(own, mesh.addresses(), federation, config.name)
  const parts = { mesh, author, guards, shipped, policies, registrar, card }
  const apiAddress = await openApi(config, core, { ...parts, version: options.version }, stack)
  return {
    card: card(),
    apiAddress,
    federation: federation.name,
    reload: () => policies.reload(),
    stop: () => stack.unwind(),
  }
}

/** Answers where; the command line finds it in the folder. */
async function openApi(
  config: Config,
  core: Folder,
  parts: ApiParts,
  stack: Undo,
): Promise<string> {
  // A socket that a crash left behind would be tried, and found dead, before the address.
  await rm(join(config.data, 'api.sock'), { force: true })
  const http = await startApi(config, core, parts)
  stack.push(() => http.stop())
  const addressFile = join(config.data, 'api.addr')
  await writeSmallFile(addressFile, `${http.address}\n`)
  stack.push(() => rm(addressFile, { force: true }))
  return http.address
}

/** What the operator decides by file and by hand, and may change at any time. */
async function startPolicy(
  config: Config,
  { state, clock, log }: Folder,
  registrar: OwnLists,
  stack: Undo,
): Promise<PolicySource> {
  const policies = await PolicySource.open(
    { data: config.data, path: config.policy },
    { lists: state.lists, registrar, clock, log },
  )
  policies.start()
  stack.push(() => policies.stop())
  const pauses = new PauseWatch({ state, registrar, clock, log })
  pauses.start()
  stack.push(() => pauses.stop())
  return policies
}

function buildMesh(config: Config, core: Folder, intake: Intake): Mesh {
  const { seed, own, federation, state, damage, steady, clock, log } = core
  return new Mesh(
    {
      seed,
      networkId: federation.networkId,
      listen: config.listen,
      announce: config.announce,
    },
    {
      accept: intake.accept,
      roster: () => state.roster,
      heads: () => state.heads,
      floorOf: (author) => state.floorOf(author),
      forks: () => state.forks,
      hearTime: (author, theirsMs) => steady.hear(author, theirsMs),
      damaged: () => damage.places,
      readLog: damage.logRows,
      own,
      clock,
      log,
    },
  )
}

/** What this operator never acts on and never publishes. */
function buildGuards(
  { state }: Folder,
  { mesh, shipped, policies }: Pick<ApiParts, 'mesh' | 'shipped' | 'policies'>,
): Guards {
  const hosts = new OwnHosts(
    () => [
      ...mesh.addresses(),
      ...state.roster.members.flatMap((member) => member.keys.flatMap((key) => key.addresses)),
    ],
    () => state.rosterRevision,
  )
  return new GuardBook({
    rows: state.lists,
    shipped,
    hosts: (now) => hosts.at(now),
    policy: () => policies.inForce().policy,
  })
}

function buildAuthor(
  core: Folder,
  parts: { readonly intake: Intake; readonly mesh: Mesh; readonly guards: Guards },
  highWater: HighWater,
): Author {
  const { intake, mesh, guards } = parts
  const { seed, federation, state, store, clock, steady, log } = core
  return new Author(
    { seed, networkId: federation.networkId, mustAsk: highWater.mustAsk },
    {
      state,
      intake,
      store,
      highWater,
      publish: mesh.publish,
      guards,
      heard: () => state.roster.members.length === 0 || mesh.catchUp().lastMs !== undefined,
      clock,
      clockFault: () => steady.fault(),
      log,
    },
  )
}

interface ApiParts {
  readonly mesh: Mesh
  readonly author: Author
  readonly guards: Guards
  readonly shipped: readonly WarningList[]
  readonly policies: PolicySource
  readonly registrar: OwnLists
  readonly card: () => string
  readonly version: string
}

function buildDesk(config: Config, core: Folder, { mesh, guards, policies }: ApiParts): Desk {
  const { seed, state, writer, clock } = core
  const freshness = new FreshnessGauge(
    state,
    () => mesh.links(),
    () => writer.fault !== undefined,
  )
  return new Desk({
    state,
    name: config.name,
    decisions: new Decisions(seed, randomBytes),
    guards,
    policy: () => policies.inForce().policy,
    freshness: () => freshness.now(),
    clock,
  })
}

function buildMetrics(core: Folder, { mesh, version }: ApiParts, desk: Desk): Metrics {
  const { state, writer, clock } = core
  return new Metrics(
    { version },
    {
      state,
      freshness: () => desk.lookup().freshness,
      links: () => mesh.links(),
      catchUp: () => mesh.catchUp(),
      diskOk: () => writer.fault === undefined,
      clock,
    },
  )
}

async function startApi(config: Config, core: Folder, parts: ApiParts): Promise<HttpServer> {
  const { federation, own, store, state, writer, upkeep, clock, log } = core
  const { mesh, author, policies, registrar, card, version } = parts
  const desk = buildDesk(config, core, parts)
  const socketPath = join(config.data, 'api.sock')
  return startHttp(
    {
      listen: config.api.listen,
      hosts: config.api.hosts,
      tls: config.api.tls,
      ...(config.api.socket && socketPath.length <= SOCKET_PATH_MAX ? { socketPath } : {}),
    },
    {
      state,
      lookup: (policy) => desk.lookup(policy),
      policies,
      shippedLists: parts.shipped,
      voice: author,
      bulkRevoker: new BulkRevocation({ state, store, voice: author, clock }),
      voids: voidReader({ state, store }),
      registrar,
      maintenance: upkeep,
      backUp: (folder, withKey) => store.backUp(config.data, folder, withKey),
      readLog: (author, from, to, bytesMax) => store.logRows(author, from, to, bytesMax),
      diskUse: () => store.diskUse(state.heads.keys()),
      links: () => mesh.links(),
      catchUp: () => mesh.catchUp(),
      scrub: () => core.scrub.status(),
      metrics: buildMetrics(core, parts, desk),
      own,
      name: config.name,
      version,
      federation,
      card,
      operatorToken: await operatorToken(config.data),
      disk: () =>
        writer.fault === undefined ? { ok: true } : { ok: false, code: writer.fault.code },
      clock,
      log,
    },
  )
}
