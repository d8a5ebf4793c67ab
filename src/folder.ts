/**
 * A node's folder, opened: key, database and the state in memory. What a running node and the
 * commands on a stopped one share.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Config } from './config.js'
import { authorOf, type AuthorId, type Federation } from './core/identity.js'
import { LIMITS } from './core/limits.js'
import type { Clock, Log } from './core/ports.js'
import { SteadyClock } from './core/steady-clock.js'
import { publicKeyOf } from './core/signature.js'
import { Checkpoints } from './intake/checkpoints.js'
import { Damage } from './intake/damage.js'
import { restore } from './intake/restore.js'
import { Scrub } from './intake/scrub.js'
import { Upkeep } from './intake/upkeep.js'
import { Writer } from './intake/writer.js'
import { Activity } from './lookup/activity.js'
import type { HashKey } from './lookup/half-siphash.js'
import type { LiveState } from './lookup/live-state.js'
import { CheckpointFile, writeCheckpoint } from './storage/checkpoint.js'
import { openDatabase } from './storage/database.js'
import { LevelStore } from './storage/level-store.js'
import { localSecret, makeDataFolder, nodeSeed } from './storage/small-file.js'
import { checkTables } from './storage/table-check.js'
import { federationOf } from './federation/federation-file.js'
import type { Undo } from './lifecycle.js'
import { createLog } from './telemetry/log.js'

/** Secret, so that nobody can choose values whose hashes collide. */
export function hashKey(): HashKey {
  const bytes = randomBytes(8)
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)]
}

export interface Folder {
  readonly steady: SteadyClock
  readonly clock: Clock
  readonly federation: Federation
  readonly seed: Uint8Array
  /** This node's own, in hex; it outlives its key. */
  readonly secret: string
  readonly own: AuthorId
  readonly store: LevelStore
  readonly state: LiveState
  readonly writer: Writer
  /** What has become visible since the start; only intake tells it. */
  readonly activity: Activity
  readonly upkeep: Upkeep
  readonly damage: Damage
  /** Not started: a command on a stopped folder checks it all at once. */
  readonly scrub: Scrub
  readonly log: Log
  /** The latest day whose claims were dropped at the start. */
  readonly sweptDay: number | undefined
}

/** Key, database and the state in memory: what a node and the offline commands share. */
export async function openFolder(
  config: Pick<Config, 'data' | 'name' | 'federation' | 'logLevel'>,
  stack: Undo,
): Promise<Folder> {
  const log = createLog(config.logLevel)
  const steady = new SteadyClock({ wall: Date.now, monotonic: () => performance.now() })
  const clock = steady.now
  const federation = await federationOf(config)
  await makeDataFolder(config.data)
  const seed = await nodeSeed(config.data)
  const secret = await localSecret(config.data)
  const own = authorOf(publicKeyOf(seed))
  const open = () => openDatabase(config.data, federation.networkId, log)
  const store = new LevelStore(await open(), clock, open)
  stack.push(() => store.close())
  const { state, broken, doubt, checkpoint } = await restore(store, own, clock(), {
    name: config.name,
    hashKey: hashKey(),
    checkpoint: () => CheckpointFile.open(config.data),
  })
  for (const author of broken) log.error('log-broken', { author })
  const writer = new Writer({ state, store, clock, log })
  stack.push(() => writer.stop())
  const checkpoints = new Checkpoints(checkpoint?.number, {
    ...{ state, writer, log },
    write: (chunks) => writeCheckpoint(config.data, chunks),
  })
  checkpoints.start()
  stack.push(() => checkpoints.stop())
  const shared = { state, store, writer, clock, log }
  const upkeep = new Upkeep(shared)
  const damage = new Damage(shared)
  const scrub = new Scrub(
    { everyMs: LIMITS.scrubEveryMs, bytesPerSecond: LIMITS.scrubBytesPerSecond },
    { ...shared, upkeep, damage, tables: () => checkTables(join(config.data, 'db')) },
  )
  if (doubt !== undefined) {
    log.warn('claims-doubtful', { doubt })
    await upkeep.rebuild()
  }
  const activity = new Activity()
  const rest = { upkeep, damage, scrub, activity, sweptDay: checkpoint?.sweptDay }
  return { ...shared, steady, federation, seed, secret, own, ...rest }
}
