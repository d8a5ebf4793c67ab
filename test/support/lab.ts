/**
 * One lab without network and HTTP: the real store, writer, intake and voice on a database of the
 * test's choice, with a clock the test owns.
 */
import { createHash } from 'node:crypto'
import { MemoryLevel } from 'memory-level'
import { authorOf, OPEN_FEDERATION, type AuthorId } from '../../src/core/identity.js'
import { KeyRing } from '../../src/core/key-ring.js'
import type { Log, Publish } from '../../src/core/ports.js'
import { publicKeyOf } from '../../src/core/signature.js'
import { Author } from '../../src/intake/author.js'
import { BulkRevocation } from '../../src/intake/bulk-revocation.js'
import { Damage } from '../../src/intake/damage.js'
import { Expiry } from '../../src/intake/expiry.js'
import { Intake } from '../../src/intake/intake.js'
import { OwnLists } from '../../src/intake/own-lists.js'
import { restore, type RestoreOptions } from '../../src/intake/restore.js'
import { Scrub, type ScrubDependencies } from '../../src/intake/scrub.js'
import { voidReader } from '../../src/intake/voids.js'
import { Upkeep } from '../../src/intake/upkeep.js'
import { Writer } from '../../src/intake/writer.js'
import { Feed } from '../../src/http/feed.js'
import { History } from '../../src/http/history.js'
import { verdictOn, type Lookup, type Verdict } from '../../src/lookup/verdict.js'
import { deskOf, guardsOf } from './desk.js'
import type { LegalBasis } from '../../src/intake/round.js'
import { Activity } from '../../src/lookup/activity.js'
import { LookUps } from '../../src/lookup/look-ups.js'
import { holdOn } from '../../src/policy/brake.js'
import { Random } from './random.js'
import { memoryPolicies } from './policies.js'
import { putMember, type Role, type Trust } from '../../src/core/roster.js'
import type { Database } from '../../src/storage/database.js'
import { LevelStore } from '../../src/storage/level-store.js'
import { type StoredToken } from '../../src/core/own-rows.js'

export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} }
export const NOW = Date.UTC(2026, 10, 23, 12)

const seeds = new Map<string, Uint8Array>()
const authors = new Map<string, AuthorId>()

/** The same object for the same name: keys are kept by it. */
export function seedOf(name: string): Uint8Array {
  const seed = seeds.get(name) ?? createHash('sha256').update(`test seed ${name}`).digest()
  seeds.set(name, seed)
  return seed
}

export function ownOf(name: string): AuthorId {
  const own = authors.get(name) ?? authorOf(publicKeyOf(seedOf(name)))
  authors.set(name, own)
  return own
}

export function memoryDatabase(): Database {
  return new MemoryLevel({ keyEncoding: 'buffer', valueEncoding: 'buffer' }) as unknown as Database
}

/** A store that survives being closed and opened again, as one on disk does. */
export function memoryStore(database = memoryDatabase(), clock = () => NOW): LevelStore {
  const reopen = async () => {
    await database.open()
    return database
  }
  return new LevelStore(database, clock, reopen)
}

/** Waits for what the code under test does on its own time; fails loudly when it does not. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const until = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > until) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export class MemoryMark {
  constructor(public seq = 0) {}
  write(seq: number): Promise<void> {
    this.seq = seq
    return Promise.resolve()
  }
}

const NO_TABLES: AsyncIterable<never> = (async function* () {})()

/** Of every lab in tests, in hex. */
export const LOCAL_SECRET = '5e'.repeat(32)

export interface LabOptions {
  /** The files of a database on disk. */
  readonly tables?: ScrubDependencies['tables']
  readonly database?: Database
  readonly mark?: MemoryMark
  readonly publish?: Publish
  readonly store?: LevelStore
  readonly heard?: () => boolean
  readonly mustAsk?: boolean
  readonly legal?: LegalBasis
  readonly checkpoint?: RestoreOptions['checkpoint']
  /** No keyed type is on without it. */
  readonly keyRing?: () => KeyRing
  /** Our own name, where several labs of a test are one organisation. */
  readonly organisation?: string
  /** Shared by labs that live in one world. */
  readonly time?: { now: number }
}

export async function openLab(name: string, options: LabOptions = {}) {
  const seed = seedOf(name)
  const own = ownOf(name)
  const time: { now: number; fault?: string } = options.time ?? { now: NOW }
  const clock = () => time.now
  const store = options.store ?? memoryStore(options.database, clock)
  const mark = options.mark ?? new MemoryMark()
  const published: Uint8Array[] = []
  const { state, doubt, broken, checkpoint } = await restore(store, own, time.now, {
    name: options.organisation ?? name,
    checkpoint: options.checkpoint,
  })
  const writer = new Writer({ state, store, clock, log: SILENT })
  const lines: [code: string, fields: Readonly<Record<string, unknown>>][] = []
  const note: Log['info'] = (code, fields = {}) => void lines.push([code, fields])
  const log = { debug: () => undefined, info: note, warn: note, error: note }
  const damage = new Damage({ state, store, writer, clock, log })
  const policies = memoryPolicies(clock)
  const random = new Random(7)
  const lookUps = new LookUps({
    random: () => random.word() / 2 ** 32,
    mask: (text) => `m${text}`,
  })
  const activity = new Activity()
  const intake = new Intake(
    { networkId: OPEN_FEDERATION.networkId },
    {
      ...{ state, store, damage, writer, clock, activity },
      brake: (indicator) =>
        holdOn(policies.inForce().policy, indicator, lookUps.measure(indicator), time.now),
    },
  )
  const guards = guardsOf(state.lists)
  const { keyRing = () => KeyRing.NONE } = options
  const isLate: Lookup['isLate'] = (key, atMs) => keyRing().isLate(key, atMs)
  const voice = new Author(
    {
      seed,
      secret: LOCAL_SECRET,
      networkId: OPEN_FEDERATION.networkId,
      mustAsk: options.mustAsk ?? false,
      legal: options.legal,
    },
    {
      state,
      intake,
      store,
      highWater: mark,
      publish:
        options.publish ??
        ((bytes) => {
          published.push(bytes)
          return Promise.resolve(1)
        }),
      guards,
      keyRing,
      clock,
      heard: () => options.heard?.() ?? true,
      clockFault: () => time.fault,
      log: SILENT,
    },
  )
  const desk = deskOf(state, {
    clock,
    name,
    guards,
    isLate,
    policy: () => policies.inForce().policy,
  })
  const context = () => ({
    networkId: OPEN_FEDERATION.networkId,
    own,
    name,
    policy: policies.inForce().policy,
    shipped: [],
    addresses: [],
  })
  const feed = new Feed({
    state,
    readPage: (after, to, bytesMax) => store.feedPage(after, to, bytesMax),
    life: '000000000001-00000000',
    seed,
    context,
    freshness: () => desk.lookup().freshness,
    clock,
  })
  const history = new History({
    state,
    context,
    isLate,
    decisions: desk.lookup().decisions,
    readPolicy: (text) => policies.read(text),
    readPage: (after, to, bytesMax) => store.historyPage(after, to, bytesMax),
    seenAt: (ms) => store.seenAt(ms),
    clock,
  })
  const lists = new OwnLists({ writer, clock })
  const bulkRevoker = new BulkRevocation({ state, store, voice, clock })
  const voids = voidReader({ state, store })
  const upkeep = new Upkeep({ state, store, writer, clock, log: SILENT })
  const { sweptDay } = checkpoint ?? {}
  const expiry = new Expiry({ state, store, writer, upkeep, clock, log: SILENT, sweptDay })
  const scrub = new Scrub(
    { everyMs: 1, bytesPerSecond: Infinity },
    {
      ...{ state, store, writer, damage, upkeep, clock, log },
      tables: options.tables ?? (() => NO_TABLES),
    },
  )
  return {
    name,
    own,
    seed,
    feed,
    time,
    store,
    state,
    writer,
    damage,
    scrub,
    lines,
    intake,
    voice,
    bulkRevoker,
    voids,
    keyRing,
    lists,
    history,
    lookUps,
    activity,
    upkeep,
    expiry,
    mark,
    published,
    policies,
    doubt,
    broken,
    checkpoint,
    desk,
    admit: (member: string, trust: Trust = 'corroborate', role: Role = 'member', key = member) =>
      lists.change(
        putMember({
          name: member,
          role,
          trust,
          keys: [{ author: ownOf(key), addresses: [] }],
          addedMs: NOW,
        }),
      ),
    addToken: (token: StoredToken) =>
      lists.change({ table: 'tokens', name: token.name, row: token }),
    check(type: string, value: string): Verdict {
      const indicator = keyRing().read(type, value)
      if (!indicator.ok) throw new Error(indicator.code)
      return verdictOn(desk.lookup(), indicator.value, time.now)
    },
  }
}

export type Lab = Awaited<ReturnType<typeof openLab>>

/** Hands every envelope of `from`'s own log that `to` lacks through the one door. */
export async function hand(from: Lab, to: Lab) {
  const { toBytes } = await import('../../src/core/envelope.js')
  const have = to.state.heads.get(from.own)?.seq ?? 0
  const rows = await from.store.logRows(from.own, have + 1, Number.MAX_SAFE_INTEGER, Infinity)
  const origin = { via: 'catch-up', from: from.own } as const
  const judgements = rows.map((row) => to.intake.accept(toBytes(row), origin))
  return Promise.all(judgements.map((judgement) => judgement.committed))
}
