/**
 * The one writer. Jobs queue; a batch takes what has gathered while the last one was written,
 * closes at `batchRowsMax` rows or `batchEnvelopesMax` envelopes but never inside a job, and
 * becomes visible only after its durable commit. No timer: a lone job goes at once.
 */
import { Durations, type DurationsRead } from '../core/durations.js'
import { LIMITS, MINUTE_MS } from '../core/limits.js'
import type { Clock, Log } from '../core/ports.js'
import { StoreError, type Changes, type Store } from '../core/store-port.js'
import type { LiveState } from '../lookup/live-state.js'
import { Draft } from '../lookup/draft.js'

export interface WriterDependencies {
  readonly state: LiveState
  readonly store: Pick<Store, 'commit' | 'recover'>
  readonly clock: Clock
  readonly log: Log
}

/** How long after a failed write the disk is tried again. */
const RECOVERY_MS = 1_000
/** A damaged file waits for its operator; each try reads the whole database. */
const REPAIR_MS = MINUTE_MS

/** Of a batch, in seconds. */
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] as const

interface Job {
  readonly fill: (draft: Draft) => void
  readonly settle: (error: StoreError | undefined) => void
}

export class Writer {
  readonly #dependencies: WriterDependencies
  #queue: Job[] = []
  readonly #durations = new Durations(COMMIT_SECONDS)
  #running: Promise<void> | undefined
  #fault: StoreError | undefined
  #stopped = false
  #recovery: NodeJS.Timeout | undefined

  constructor(dependencies: WriterDependencies) {
    this.#dependencies = dependencies
  }

  /** The last commit's failure, until one succeeds again. */
  get fault(): StoreError | undefined {
    return this.#fault
  }

  /** Jobs that are in no batch yet. */
  get waiting(): number {
    return this.#queue.length
  }

  /** How long it took from a batch being closed to its being visible. */
  get durations(): DurationsRead {
    return this.#durations.read()
  }

  /** Whether anything is being written or waits to be. */
  get busy(): boolean {
    return this.#running !== undefined
  }

  /**
   * Stops acknowledging, as after a write that failed, and closes the store until it can be opened
   * anew; which is tried at once, because trying closes it.
   */
  halt(error: StoreError): Promise<void> {
    this.#fail(error)
    return this.#recover()
  }

  /** Resolves once what `fill` puts into the draft is durable and visible; throws `StoreError`. */
  submit(fill: (draft: Draft) => void): Promise<void> {
    if (this.#stopped) return Promise.reject(new StoreError('disk-failed', 'the node is stopping'))
    if (this.#fault !== undefined) return Promise.reject(this.#fault)
    return new Promise((resolve, reject) => {
      const settle = (error: StoreError | undefined) => (error ? reject(error) : resolve())
      this.#queue.push({ fill, settle })
      this.#running ??= this.#run()
    })
  }

  /**
   * Runs alone, with every job before it committed and none after it begun; for work on the whole
   * store that is not a commit.
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    while (this.#running !== undefined) await this.#running
    const turn = work()
    this.#running = turn.then(
      () => this.#run(),
      () => this.#run(),
    )
    return turn
  }

  /** As `exclusively`, with what `work` drafts committed at its end. */
  commitAlone(work: () => Promise<Draft | undefined>): Promise<void> {
    const { state, store } = this.#dependencies
    return this.exclusively(async () => {
      const draft = await work()
      if (draft === undefined) return
      const changes = { ...draft.changes(), seen: state.seen }
      try {
        await store.commit(changes)
      } catch (error) {
        // The store stays broken until it is opened anew, whoever met the full disk.
        if (error instanceof StoreError) this.#fail(error)
        throw error
      }
      this.#apply(changes)
    })
  }

  /** Commits what is queued, then refuses. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#recovery)
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    // A turn of the loop first, so that jobs submitted together share a batch.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#commitBatch()
    this.#running = undefined
  }

  /**
   * Moves jobs from the queue into the draft until it is full; a job that cannot be filled fails
   * alone.
   */
  #fill(draft: Draft): Job[] {
    const jobs: Job[] = []
    while (this.#queue.length > 0) {
      if (draft.rows >= LIMITS.batchRowsMax || draft.envelopes >= LIMITS.batchEnvelopesMax) break
      const job = this.#queue.shift()!
      try {
        job.fill(draft)
        jobs.push(job)
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        job.settle(error)
      }
    }
    return jobs
  }

  async #commitBatch(): Promise<void> {
    const { state, store, log } = this.#dependencies
    const draft = new Draft(state)
    const jobs = this.#fill(draft)
    const changes = { ...draft.changes(), seen: state.seen }
    const closedMs = performance.now()
    try {
      await store.commit(changes)
      this.#apply(changes)
      const ms = performance.now() - closedMs
      this.#durations.note(ms)
      log.debug('committed', { envelopes: draft.envelopes, jobs: jobs.length, ms: Math.round(ms) })
      for (const job of jobs) job.settle(undefined)
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.#fail(error)
      log.error('commit-failed', { code: error.code, jobs: jobs.length })
      // Whatever waits was judged as a continuation of what has just failed.
      for (const job of [...jobs, ...this.#queue.splice(0)]) job.settle(error)
    }
  }

  #apply(changes: Changes): void {
    const { state, clock } = this.#dependencies
    state.apply(changes)
    state.saw(clock())
  }

  /**
   * From now on nothing is acknowledged; look-ups go on from memory, and the disk is tried again.
   */
  #fail(error: StoreError): void {
    this.#fault = error
    if (this.#stopped) return
    clearTimeout(this.#recovery)
    const waitMs = error.code === 'row-damaged' ? REPAIR_MS : RECOVERY_MS
    this.#recovery = setTimeout(() => void this.#recover(), waitMs).unref()
  }

  async #recover(): Promise<void> {
    const { store, log } = this.#dependencies
    try {
      await this.exclusively(() => store.recover())
      this.#fault = undefined
      log.info('disk-recovered')
    } catch (error) {
      this.#fail(error instanceof StoreError ? error : new StoreError('disk-failed', String(error)))
    }
  }
}
