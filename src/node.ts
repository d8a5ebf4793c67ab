/**
 * The composition root of a node: builds every part, starts them in order, stops them in reverse.
 * The only file (with `edge.ts`) that knows everybody; it holds no rule of its own.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readFederation, type Config } from './config.js'
import {
  authorOf,
  formatCard,
  OPEN_FEDERATION,
  type AuthorId,
  type Federation,
} from './core/identity.js'
import type { Clock, Log, Maintenance } from './core/ports.js'
import { SteadyClock } from './core/steady-clock.js'
import { publicKeyOf } from './core/signature.js'
import { startHttp, type HttpServer } from './http/server.js'
import { Author } from './intake/author.js'
import { Expiry } from './intake/expiry.js'
import { Intake } from './intake/intake.js'
import { OwnLists } from './intake/own-lists.js'
import { restore } from './intake/restore.js'
import { Upkeep } from './intake/upkeep.js'
import { Writer } from './intake/writer.js'
import { FreshnessGauge } from './lookup/freshness.js'
import type { LiveState } from './lookup/live-state.js'
import { Mesh } from './mesh/mesh.js'
import { protectedHosts } from './policy/publish-guards.js'
import { DEFAULT_POLICY } from './policy/rules.js'
import { restoreFolder } from './storage/backup.js'
import { openDatabase } from './storage/database.js'
import { LevelStore } from './storage/level-store.js'
import {
  HighWater,
  makeDataFolder,
  nodeSeed,
  operatorToken,
  readMarker,
  writeSmallFile,
} from './storage/small-file.js'
import { StartError, toStartError, Undo } from './lifecycle.js'
import { createLog } from './telemetry/log.js'

export interface RunningNode {
  readonly card: string
  readonly apiAddress: string
  readonly federation: string
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

interface Core {
  readonly steady: SteadyClock
  readonly clock: Clock
  readonly federation: Federation
  readonly seed: Uint8Array
  readonly own: AuthorId
  readonly store: LevelStore
  readonly state: LiveState
  readonly writer: Writer
  readonly upkeep: Upkeep
  readonly log: Log
}

/** Key, database and the state in memory: what a node and the offline commands share. */
async function openCore(
  config: Pick<Config, 'data' | 'name' | 'federation' | 'logLevel'>,
  stack: Undo,
): Promise<Core> {
  const log = createLog(config.logLevel)
  const steady = new SteadyClock({ wall: Date.now, monotonic: () => performance.now() })
  const clock = steady.now
  const federation =
    config.federation === undefined ? OPEN_FEDERATION : await readFederation(config.federation)
  await makeDataFolder(config.data)
  const seed = await nodeSeed(config.data)
  const own = authorOf(publicKeyOf(seed))
  const open = () => openDatabase(config.data, federation.networkId)
  const store = new LevelStore(await open(), clock, open)
  stack.push(() => store.close())
  const { state, broken, doubt } = await restore(store, own, clock(), config.name)
  for (const author of broken) log.error('log-broken', { author })
  const writer = new Writer({ state, store, log })
  stack.push(() => writer.stop())
  const upkeep = new Upkeep({ state, store, writer, clock, log })
  if (doubt !== undefined) {
    log.warn('claims-doubtful', { doubt })
    await upkeep.rebuild()
  }
  return { steady, clock, federation, seed, own, store, state, writer, upkeep, log }
}

async function start(
  config: Config,
  options: { readonly abandonTail?: boolean; readonly version: string },
  stack: Undo,
): Promise<RunningNode> {
  const core = await openCore(config, stack)
  const { federation, own, store, state, writer, log } = core
  const highWater = await HighWater.read(config.data)
  const ownSeq = state.heads.get(own)?.seq ?? 0
  // A crash between commit and mark leaves the mark behind what peers may have fetched since.
  await highWater.raise(ownSeq)
  if (options.abandonTail === true) await highWater.write(ownSeq)

  const intake = new Intake(federation, { state, store, writer, clock: core.clock })
  const expiry = new Expiry({ state, store, writer, clock: core.clock, log })
  expiry.start()
  stack.push(() => expiry.stop())

  const mesh = buildMesh(config, core, intake)
  await mesh.start()
  stack.push(() => mesh.stop())

  const author = buildAuthor(core, intake, mesh, highWater)
  stack.push(() => author.stop())
  const silence = author.silence()
  if (silence !== undefined) log.error(silence, { mark: highWater.seq })

  const card = () => formatCard(own, mesh.addresses(), federation, config.name)
  // A socket that a crash left behind would be tried, and found dead, before the address.
  await rm(join(config.data, 'api.sock'), { force: true })
  const http = await startApi(config, core, { mesh, author, card, version: options.version })
  stack.push(() => http.stop())
  const addressFile = join(config.data, 'api.addr')
  await writeSmallFile(addressFile, `${http.address}\n`)
  stack.push(() => rm(addressFile, { force: true }))
  return {
    card: card(),
    apiAddress: http.address,
    federation: federation.name,
    stop: () => stack.unwind(),
  }
}

function buildMesh(config: Config, core: Core, intake: Intake): Mesh {
  const { seed, own, federation, store, state, steady, clock, log } = core
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
      readLog: (author, from, to, bytesMax) => store.logRows(author, from, to, bytesMax),
      own,
      clock,
      log,
    },
  )
}

function buildAuthor(core: Core, intake: Intake, mesh: Mesh, highWater: HighWater): Author {
  const { seed, federation, state, store, clock, steady, log } = core
  return new Author(
    { seed, networkId: federation.networkId, mustAsk: highWater.mustAsk },
    {
      state,
      intake,
      store,
      highWater,
      publish: mesh.publish,
      hosts: () =>
        protectedHosts([
          ...mesh.addresses(),
          ...state.roster.members.flatMap((member) => member.keys.flatMap((key) => key.addresses)),
        ]),
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
  readonly card: () => string
  readonly version: string
}

async function startApi(config: Config, core: Core, parts: ApiParts): Promise<HttpServer> {
  const { federation, own, store, state, writer, upkeep, clock, log } = core
  const { mesh, author, card, version } = parts
  const freshness = new FreshnessGauge(
    state,
    () => mesh.links(),
    () => writer.fault !== undefined,
  )
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
      lookup: () => ({
        state,
        policy: DEFAULT_POLICY,
        name: config.name,
        freshness: freshness.now(),
      }),
      voice: author,
      registrar: new OwnLists({ writer, clock }),
      maintenance: upkeep,
      backUp: (folder, withKey) => store.backUp(config.data, folder, withKey),
      diskUse: () => store.diskUse(state.heads.keys()),
      links: () => mesh.links(),
      catchUp: () => mesh.catchUp(),
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

/** `verify` and `rebuild` on the folder of a node that is not running. */
export async function openOffline(
  config: Pick<Config, 'data' | 'name' | 'federation' | 'logLevel'>,
): Promise<Maintenance & { close(): Promise<void> }> {
  const stack = new Undo()
  try {
    if ((await readMarker(config.data)) === undefined) {
      throw new StartError('data-missing', `${config.data} holds no node`)
    }
    const { upkeep } = await openCore(config, stack)
    return {
      verify: () => upkeep.verify(),
      rebuild: () => upkeep.rebuild(),
      close: () => stack.unwind(),
    }
  } catch (error) {
    await stack.unwind()
    throw toStartError(error)
  }
}

/** Makes the folder of a node from a backup. */
export async function restoreBackup(folder: string, config: Pick<Config, 'data'>): Promise<void> {
  try {
    await restoreFolder(folder, config.data)
  } catch (error) {
    throw toStartError(error)
  }
}

/** The member card of a folder whose node is not running: the addresses are those configured. */
export async function cardOf(config: Config): Promise<string> {
  try {
    if (!existsSync(join(config.data, 'node.key'))) {
      throw new StartError('data-missing', `${config.data} holds no node`)
    }
    const federation =
      config.federation === undefined ? OPEN_FEDERATION : await readFederation(config.federation)
    const own = authorOf(publicKeyOf(await nodeSeed(config.data)))
    const addresses = config.announce.length > 0 ? config.announce : config.listen
    return formatCard(own, addresses, federation, config.name)
  } catch (error) {
    throw toStartError(error)
  }
}
