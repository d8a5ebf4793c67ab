/**
 * The in-process client of a gateway: a copy of a node's state that answers by itself, without I/O
 * and without ever throwing, and says how old it is. What it does when the copy is old or missing
 * is declared by its operator.
 */
import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs/promises'
import { formatCursor } from '../core/feed.js'
import { KeyRing, type ReadValue } from '../core/key-ring.js'
import { SECOND_MS } from '../core/limits.js'
import type { Clock } from '../core/ports.js'
import { Decisions } from '../lookup/decision.js'
import { Desk } from '../lookup/desk.js'
import type { QuickAnswers } from '../lookup/quick-answers.js'
import type { Lookup } from '../lookup/verdict.js'
import { policyHash } from '../policy/rules.js'
import { ageOf, freshnessOf, type Ages } from './age.js'
import { Answers } from './answers.js'
import type { Copy } from './copy.js'
import { DecisionLog } from './decision-log.js'
import type { ReplicaFreshness } from './fail-rules.js'
import { Follower, type FollowerEvent } from './follower.js'
import { Hooks, type Question } from './hooks.js'
import { Judgements } from './judgements.js'
import { LastGood } from './last-good.js'
import { NodeClient } from './node-client.js'
import { agesOf, BYTES_MAX, type ReplicaOptions } from './options.js'
import { replicaMetrics } from './replica-metrics.js'
import type { ReplicaEvents, ReplicaState, ReplicaStatus } from './replica-status.js'
import type { ReplicaVerdict } from './replica-verdict.js'

/** No copy was there in time; checks work all the same, by the declared rule. */
export class ReplicaTimeoutError extends Error {
  readonly code = 'not-ready'
}

/** How soon a state that time alone changes is told. */
const WATCH_MS = SECOND_MS / 4

export class Replica {
  readonly #options: ReplicaOptions
  readonly #clock: Clock
  readonly #ages: Ages
  readonly #events = new EventEmitter<ReplicaEvents>()
  readonly #client: NodeClient
  readonly #hooks: Hooks
  readonly #log: DecisionLog | undefined
  readonly #judgements: Judgements
  readonly #answers: Answers
  #follower: Follower | undefined
  #copy: Copy | undefined
  #desk: Desk | undefined
  /** Until the node has given one, ids are this process's own, and nobody can explain them. */
  #decisions = new Decisions(randomBytes(32), randomBytes)
  /** Until the node has sent its own, if it ever does, no keyed type is on. */
  #ring = KeyRing.NONE
  #isClosed = false
  #watch: NodeJS.Timeout | undefined
  #told: ReplicaState = 'INITIALIZING'

  /** `clock`: of this host, in milliseconds since 1970 UTC. */
  constructor(options: ReplicaOptions, clock: Clock = Date.now) {
    this.#clock = clock
    this.#options = options
    this.#ages = agesOf(options)
    const { url, credential, hooks = [], decisionLog } = options
    const token = typeof credential === 'function' ? credential : () => credential
    this.#client = new NodeClient({ url, credential: token })
    this.#hooks = new Hooks(hooks)
    this.#log = decisionLog === undefined ? undefined : new DecisionLog(decisionLog, Math.random)
    this.#judgements = new Judgements(options.onDegraded, options.shadow === true)
    this.#answers = new Answers({
      ages: this.#ages,
      hooks: this.#hooks,
      log: this.#log,
      judgements: this.#judgements,
      clock,
      failed: ({ message }) =>
        queueMicrotask(() => this.#tell({ type: 'error', code: 'internal', message })),
    })
    // An event without a listener must not end the process.
    this.#events.on('error', () => undefined)
  }

  /** Reads the last good copy, so that it answers when this resolves, and follows the node. */
  async start(): Promise<void> {
    const { store, mode = 'streaming', node, allowRollback, bootstrap } = this.#options
    const { bytesMax = BYTES_MAX } = this.#options
    const bytes = randomBytes(8)
    this.#follower = new Follower(
      { mode, node, allowRollback, bytesMax },
      {
        client: this.#client,
        store: store === undefined ? undefined : await LastGood.open(store.dir),
        hashKey: [bytes.readUInt32LE(0), bytes.readUInt32LE(4)],
        clock: this.#clock,
        random: Math.random,
        adopt: (copy) => this.#adopt(copy),
        tell: (event) => this.#tell(event),
        decisionKey: (key) => this.#takeDecisionKey(key),
        keyRing: (parts) => (this.#ring = new KeyRing(parts, this.#clock())),
      },
    )
    await this.#follower.start(bootstrap && (() => bytesOf(bootstrap)))
    this.#watch = setInterval(() => this.#look(), WATCH_MS).unref()
  }

  #adopt(copy: Copy): void {
    const isFirst = this.#copy === undefined
    this.#copy = copy
    this.#stand(copy)
    if (isFirst) this.#events.emit('ready')
  }

  #stand(copy: Copy): void {
    const decisions = this.#decisions
    this.#desk = new Desk({
      state: copy.state,
      name: copy.context.name,
      decisions,
      guards: copy.guards,
      isLate: (key, atMs) => this.#ring.isLate(key, atMs),
      policy: () => copy.context.policy,
      freshness: () => (this.freshness() === 'fresh' ? 'fresh' : 'stale'),
      clock: this.#clock,
    })
    this.#answers.standOn({ copy, desk: this.#desk, decisions, read: this.read })
  }

  #takeDecisionKey(key: Uint8Array): void {
    this.#decisions = new Decisions(key, randomBytes)
    if (this.#copy !== undefined) this.#stand(this.#copy)
  }

  #tell(event: FollowerEvent): void {
    if (event.type !== 'error') this.#events.emit(event.type)
    else this.#events.emit('error', { code: event.code, message: event.message })
    this.#look()
  }

  #look(): void {
    const state = this.state()
    if (state === this.#told) return
    const wasOld = this.#told === 'STALE' || this.#told === 'EXPIRED'
    this.#told = state
    if (state === 'STALE') this.#events.emit('stale')
    else if (state === 'EXPIRED') this.#events.emit('expired')
    else if (state === 'FRESH' && wasOld) this.#events.emit('recovered')
  }

  freshness(now = this.#clock()): ReplicaFreshness {
    return freshnessOf(this.#copy, this.#ages, now)
  }

  state(): ReplicaState {
    if (this.#isClosed) return 'CLOSED'
    const freshness = this.freshness()
    if (freshness !== 'never') return freshness.toUpperCase() as ReplicaState
    return this.#follower?.fatal === undefined ? 'INITIALIZING' : 'FATAL'
  }

  /** Rejects `ReplicaTimeoutError` after `timeout` seconds. */
  async waitForInitialization({ timeout }: { readonly timeout: number }): Promise<void> {
    if (this.#copy !== undefined) return
    const signal = AbortSignal.timeout(timeout * SECOND_MS)
    await new Promise<void>((resolve, reject) => {
      this.#events.once('ready', resolve)
      signal.addEventListener('abort', () =>
        reject(new ReplicaTimeoutError(`there is no copy after ${timeout} s`)),
      )
    })
  }

  /** Synchronous, without I/O, never throws. */
  check(question: Question): ReplicaVerdict {
    return this.#answers.one(question)
  }

  /** One verdict on all that one API request shows. Synchronous, without I/O, never throws. */
  checkRequest({ attributes }: { readonly attributes: readonly Question[] }): ReplicaVerdict {
    return this.#answers.together(attributes)
  }

  /** Reads values as this replica does, for whoever asks its look-up. */
  readonly read: ReadValue = (type, raw) => this.keyRing().read(type, raw)

  /** The epoch keys of this moment; none without a token that carries them. */
  readonly keyRing = (): KeyRing => (this.#ring = this.#ring.at(this.#clock()))

  /** Actions of this moment, for whoever asks for no more (`tocsin edge`). */
  quick(): QuickAnswers | undefined {
    return this.#answers.quick
  }

  /** The look-up of this moment, for whoever answers more than actions with it. */
  lookup(): Lookup | undefined {
    return this.#desk?.lookup()
  }

  status(): ReplicaStatus {
    const copy = this.#copy
    const { received = 0, delivered = 0, dropped = 0 } = this.#log ?? {}
    return {
      state: this.state(),
      ageMs: ageOf(copy, this.#clock()),
      revision: copy && formatCursor(copy.cursor),
      stateHash: copy?.state.stateHash(this.#clock()),
      level: copy?.isLevel === true,
      policy: copy && policyHash(copy.context.policy),
      indicators: copy?.state.claims.size ?? 0,
      snapshots: this.#follower?.snapshots ?? 0,
      reconnects: this.#follower?.reconnects ?? 0,
      bytes: this.#client.bytes,
      hooksFailed: this.#hooks.failed,
      lastError: this.#follower?.lastError,
      log: { received, delivered, dropped },
    }
  }

  /** Live is not ready, and ready is not fresh. */
  health(): { readonly live: boolean; readonly ready: boolean; readonly fresh: boolean } {
    const freshness = this.freshness()
    const live = !this.#isClosed
    return { live, ready: live && freshness !== 'never', fresh: live && freshness === 'fresh' }
  }

  /** Prometheus text (version 0.0.4). */
  metrics(): string {
    return replicaMetrics(this.status(), this.#judgements.counts())
  }

  on<Name extends keyof ReplicaEvents>(
    name: Name,
    hear: (...of: ReplicaEvents[Name]) => void,
  ): this {
    this.#events.on(name, hear as never)
    return this
  }

  /** Hands over what the decision log holds, and writes the last good copy. */
  async flush(): Promise<void> {
    await this.#log?.flush()
    await this.#follower?.flush()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#answers.close()
    clearInterval(this.#watch)
    await this.#follower?.close()
    await this.#log?.flush()
  }
}

async function bytesOf(bootstrap: NonNullable<ReplicaOptions['bootstrap']>): Promise<Uint8Array> {
  return 'data' in bootstrap ? bootstrap.data : readFile(bootstrap.filePath)
}

/** A replica that answers as soon as it can and follows its node from now on. */
export async function initReplica(options: ReplicaOptions): Promise<Replica> {
  const replica = new Replica(options)
  await replica.start()
  return replica
}
