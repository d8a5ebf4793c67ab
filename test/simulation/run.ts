/**
 * One run of a node's program, from its start to its end by a crash: the real store, writer,
 * intake, voice, expiry and clock, put together as `node.ts` does. What the outside sees of it
 * goes through `Ear`; a run that has died is heard no more.
 */
import { KeyRing } from '../../src/core/key-ring.js'
import { OPEN_FEDERATION, type AuthorId } from '../../src/core/identity.js'
import type { Judgement, Origin } from '../../src/core/ports.js'
import type { Changes } from '../../src/core/store-port.js'
import { SteadyClock } from '../../src/core/steady-clock.js'
import { Author } from '../../src/intake/author.js'
import { Damage } from '../../src/intake/damage.js'
import { Expiry } from '../../src/intake/expiry.js'
import { Intake } from '../../src/intake/intake.js'
import { OwnLists } from '../../src/intake/own-lists.js'
import { restore } from '../../src/intake/restore.js'
import { Upkeep } from '../../src/intake/upkeep.js'
import { Writer } from '../../src/intake/writer.js'
import type { Desk } from '../../src/lookup/desk.js'
import type { LiveState } from '../../src/lookup/live-state.js'
import { Fetching } from '../../src/mesh/fetching.js'
import { Ledger } from '../../src/mesh/ledger.js'
import { Pace } from '../../src/mesh/pace.js'
import type { SessionDependencies } from '../../src/mesh/catch-up-session.js'
import { LevelStore } from '../../src/storage/level-store.js'
import { SILENT } from '../support/lab.js'
import { deskOf, noGuards } from '../support/desk.js'
import { never, type CrashPoint, type Disk, type Life } from './disk.js'

const { networkId } = OPEN_FEDERATION
/** Nobody asks for one. */
const NO_BEACONS: SessionDependencies['beacons'] = {
  sealed: () => new Uint8Array(),
  take: () => ({ ok: true, value: 'stale' }),
  takeHeads: () => undefined,
  isWanted: () => false,
}

export interface RunOptions {
  readonly name: string
  readonly seed: Uint8Array
  readonly own: AuthorId
  readonly disk: Disk
  readonly wall: () => number
  readonly monotonic: () => number
  readonly peers: () => readonly number[]
}

/** Who listens to a run. */
export interface Ear {
  published(run: Run, bytes: Uint8Array): void
  committed(run: Run, changes: Changes): void
  judged(run: Run, origin: Origin, judgement: Judgement): void
  /** Readers see what is not durable. */
  sawEarly(run: Run): void
  died(run: Run, point: CrashPoint | 'idle'): void
}

/** Kills a run the `count`th time it passes a point. */
export interface Fuse {
  readonly point: CrashPoint
  count: number
}

export class Run implements Life {
  alive = true
  fuse: Fuse | undefined
  readonly fetching = new Fetching(2_000, () => this.clock.now())

  private constructor(
    readonly store: LevelStore,
    readonly state: LiveState,
    readonly intake: Intake,
    readonly voice: Author,
    readonly lists: OwnLists,
    readonly expiry: Expiry,
    readonly upkeep: Upkeep,
    readonly clock: SteadyClock,
    readonly ledger: Ledger,
    readonly desk: Desk,
    readonly ear: Ear,
    /** Why the claims were made anew at the start, if so. */
    readonly doubt: string | undefined,
    readonly broken: readonly AuthorId[],
  ) {}

  static async start(options: RunOptions, ear: Ear): Promise<Run> {
    // Parts need a life before the run that is theirs exists.
    const born: { run?: Run } = {}
    const life: Life = {
      get alive() {
        return born.run?.alive ?? true
      },
      passes: (point) => born.run?.passes(point) ?? true,
    }
    const steady = new SteadyClock(options)
    const { database, reopen } = await options.disk.open(life)
    const store = new LevelStore(database, steady.now, reopen)
    const { state, doubt, broken } = await restore(store, options.own, steady.now())
    const writer = new Writer({ state, store, clock: () => steady.now(), log: SILENT })
    const parts = { state, store, writer, clock: steady.now, log: SILENT }
    const damage = new Damage(parts)
    const upkeep = new Upkeep(parts)
    if (doubt !== undefined) await upkeep.rebuild()
    const commit = store.commit.bind(store)
    const apply = state.apply.bind(state)
    const durable = new WeakSet<Changes>()
    store.commit = async (changes) => {
      await commit(changes)
      durable.add(changes)
      if (born.run?.alive) ear.committed(born.run, changes)
    }
    state.apply = (changes) => {
      if (!durable.has(changes)) ear.sawEarly(born.run!)
      apply(changes)
    }
    const highWater = options.disk.mark(life)
    const ownSeq = state.heads.get(options.own)?.seq ?? 0
    if (ownSeq > highWater.seq) await highWater.write(ownSeq)
    const intake = new Intake({ networkId }, { ...parts, damage })
    const voice = new Author(
      { seed: options.seed, secret: '', networkId },
      {
        ...parts,
        intake,
        highWater,
        publish: (bytes) => born.run!.publish(bytes),
        guards: noGuards,
        keyRing: () => KeyRing.NONE,
        heard: () => true,
        clockFault: () => steady.fault(),
      },
    )
    born.run = new Run(
      store,
      state,
      intake,
      voice,
      new OwnLists(parts),
      new Expiry({ ...parts, upkeep }),
      upkeep,
      steady,
      new Ledger(steady.now),
      deskOf(state, { clock: steady.now, name: options.name }),
      ear,
      doubt,
      broken,
    )
    return born.run
  }

  passes(point: CrashPoint): boolean {
    if (this.alive && this.fuse?.point === point && --this.fuse.count === 0) this.die(point)
    return this.alive
  }

  die(point: CrashPoint | 'idle'): void {
    if (!this.alive) return
    this.alive = false
    this.ear.died(this, point)
  }

  readonly accept = (bytes: Uint8Array, origin: Origin): Judgement => {
    if (!this.alive) return { judged: { status: 'ignored', code: 'stopping' }, committed: never() }
    const judgement = this.intake.accept(bytes, origin)
    this.ear.judged(this, origin, judgement)
    return judgement
  }

  publish(bytes: Uint8Array): Promise<number> {
    if (!this.passes('before-publish')) return never()
    this.ear.published(this, bytes)
    return this.passes('before-answer') ? Promise.resolve(1) : never()
  }

  sessionDependencies(): SessionDependencies {
    return {
      accept: this.accept,
      roster: () => this.state.roster,
      heads: () => this.state.heads,
      floorOf: (author) => this.state.floorOf(author),
      forks: () => this.state.forks,
      hearTime: (author, theirsMs) => this.clock.hear(author, theirsMs),
      brought: () => undefined,
      beacons: NO_BEACONS,
      damaged: () => new Map(),
      readLog: (...range) => (this.alive ? this.store.logRows(...range) : never()),
      own: this.state.own,
      clock: this.clock.now,
      log: SILENT,
      ledger: this.ledger,
      pace: new Pace(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
      fetching: this.fetching,
    }
  }
}
