/**
 * Our own voice. Requests gather while a commit is in flight and are said together in one round:
 * allocate seq → seal → the one door → durable commit → high-water mark → publish → answer. A crash
 * between any two of these loses nothing acknowledged and never reuses a seq. While a round leaves,
 * from the mark on, the next one is worked out.
 *
 * It stays silent while the mark is above the log (a restored or damaged folder: others hold
 * envelopes of ours that we lack) until catch-up has brought them or the operator abandons them.
 */
import { seal, toBytes, type Envelope } from '../core/envelope.js'
import { LIMITS } from '../core/limits.js'
import type { Pause } from '../core/own-rows.js'
import {
  type Clock,
  type DisputeItem,
  type ItemResult,
  type Log,
  type Publish,
  type ReportItem,
  type RevocationItem,
  type SayOptions,
  type SightingItem,
  type Voice,
  type VoiceCode,
} from '../core/ports.js'
import type { KeyRing } from '../core/key-ring.js'
import type { Store } from '../core/store-port.js'
import type { LiveState } from '../lookup/live-state.js'
import { pauseOf } from '../lookup/pauses.js'
import type { Guards } from '../policy/guards.js'
import type { Beside, Intake } from './intake.js'
import { ReceiptBook } from './receipts.js'
import { judgedOf, resultOf, type Planned } from './packets.js'
import { Round, type Ask, type LegalBasis } from './round.js'
import { silent } from './silence.js'

/** A peer that has more of our log than we do gets this long to say so before our first word. */
const ASK_MS_MAX = 5_000
const ASK_LOOK_MS = 20

export interface AuthorOptions {
  readonly seed: Uint8Array
  readonly networkId: string
  /** This node's own, in hex: under which what was answered is remembered. */
  readonly secret: string
  /** This folder was restored from a backup: peers must be asked before our first word. */
  readonly mustAsk?: boolean
  readonly legal?: LegalBasis | undefined
}

export interface AuthorDependencies {
  readonly state: LiveState
  readonly intake: Intake
  readonly store: Pick<Store, 'receipt'>
  readonly highWater: { readonly seq: number; write(seq: number): Promise<void> }
  readonly publish: Publish
  /** What is not published. */
  readonly guards: Guards
  /** Of this moment: epochs come and go. */
  readonly keyRing: () => KeyRing
  readonly clock: Clock
  /** A member has told us our own head since the start, or there is nobody to ask. */
  readonly heard: () => boolean
  /** What is wrong with our time, if anything: others would not let what we sign act. */
  readonly clockFault: () => string | undefined
  readonly log: Log
}

interface Request {
  readonly asks: readonly Ask[]
  readonly options: SayOptions
  readonly resolve: (results: ItemResult[]) => void
  readonly reject: (error: unknown) => void
}

export class Author implements Voice {
  readonly #options: AuthorOptions
  readonly #dependencies: AuthorDependencies
  readonly #receipts: ReceiptBook
  #queue: Request[] = []
  #waiting = 0
  #running: Promise<void> | undefined
  /** Of the last round that was committed; never rejects. */
  #leaving = Promise.resolve()
  #stopped = false
  readonly #startedMs = performance.now()
  #asked = false

  constructor(options: AuthorOptions, dependencies: AuthorDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    const { store, keyRing } = dependencies
    const read = (type: string, raw: string) => keyRing().read(type, raw)
    this.#receipts = new ReceiptBook({ secret: options.secret, read, store })
  }

  report(items: readonly ReportItem[], options: SayOptions = {}): Promise<ItemResult[]> {
    const asks = items.map((item) => ({ kind: 'report', item }) as const)
    return this.#ask(asks, options)
  }

  revoke(items: readonly RevocationItem[], options: SayOptions = {}): Promise<ItemResult[]> {
    const asks = items.map((item) => ({ kind: 'revocation', item }) as const)
    return this.#ask(asks, options)
  }

  sight(items: readonly SightingItem[], options: SayOptions = {}): Promise<ItemResult[]> {
    const asks = items.map((item) => ({ kind: 'sighting', item }) as const)
    return this.#ask(asks, options)
  }

  dispute(items: readonly DisputeItem[], options: SayOptions = {}): Promise<ItemResult[]> {
    const asks = items.map((item) => ({ kind: 'dispute', item }) as const)
    return this.#ask(asks, options)
  }

  /** Says what is queued, then refuses. */
  async stop(): Promise<void> {
    this.#stopped = true
    while (this.#running !== undefined) await this.#running
    await this.#leaving
  }

  /** Why this node must not speak now, if so. */
  silence(): VoiceCode | undefined {
    const { intake, highWater, state, clockFault } = this.#dependencies
    if (this.#stopped) return 'stopping'
    if (clockFault() !== undefined) return 'clock-wrong'
    if (intake.spokenElsewhere) return 'own-key-elsewhere'
    if (this.#options.mustAsk === true && !this.#heard()) return 'own-head-unasked'
    if (state.forks.has(state.own)) return 'own-log-forked'
    if (highWater.seq > (intake.tip(state.own)?.seq ?? 0)) return 'own-log-behind'
    return this.#pause() === undefined ? undefined : 'publish-paused'
  }

  #pause(): Pause | undefined {
    const { state, clock } = this.#dependencies
    return pauseOf(state, 'publish', clock())
  }

  #ask(asks: readonly Ask[], options: SayOptions): Promise<ItemResult[]> {
    const silence = this.silence()
    if (silence !== undefined) return Promise.reject(silent(silence, this.#pause()))
    if (this.#waiting + asks.length > LIMITS.voiceStatementsMax)
      return Promise.reject(silent('overload'))
    this.#waiting += asks.length
    return new Promise<ItemResult[]>((resolve, reject) => {
      this.#queue.push({ asks, options, resolve, reject })
      this.#running ??= this.#run()
    }).finally(() => (this.#waiting -= asks.length))
  }

  async #run(): Promise<void> {
    await Promise.resolve()
    await this.#askFirst()
    while (this.#queue.length > 0) {
      const requests = this.#takeRequests()
      try {
        await this.#round(requests)
      } catch (error) {
        for (const request of requests) request.reject(error)
      }
    }
    this.#running = undefined
  }

  #heard(): boolean {
    this.#asked ||= this.#dependencies.heard()
    return this.#asked
  }

  /** Before our first word: a peer may hold envelopes of ours that this folder has lost. */
  async #askFirst(): Promise<void> {
    const late = () => performance.now() - this.#startedMs > ASK_MS_MAX
    while (!this.#heard() && !this.#stopped && !late()) {
      await new Promise((resolve) => setTimeout(resolve, ASK_LOOK_MS))
    }
    this.#asked ||= this.#options.mustAsk !== true
  }

  #takeRequests(): Request[] {
    let statements = 0
    let taken = 0
    for (const { asks } of this.#queue) {
      if (taken > 0 && statements + asks.length > LIMITS.voiceRoundMax) break
      statements += asks.length
      taken++
    }
    return this.#queue.splice(0, taken)
  }

  async #round(requests: readonly Request[]): Promise<void> {
    const silence = this.silence()
    if (silence !== undefined && silence !== 'stopping') throw silent(silence, this.#pause())
    const { state, clock, guards, intake, keyRing } = this.#dependencies
    const now = clock()
    const time = Math.max(now, intake.tip(state.own)?.time ?? 0)
    const { legal } = this.#options
    const round = new Round({ state, guards, read: keyRing().read, legal }, { now, time })
    const plans: { request: Request; planned: readonly Planned[] }[] = []
    const answeredHere = new Set<string>()
    for (const request of requests) {
      const { receipt, dryRun } = request.options
      if (dryRun === true) {
        // By itself: what others say in this round must not be mixed with what is not said.
        const alone = new Round({ state, guards, read: keyRing().read, legal }, { now, time })
        request.resolve(request.asks.map((ask) => judgedOf(alone.plan(ask, request.options))))
        continue
      }
      if (receipt !== undefined) {
        // The same request twice in one round: the second waits for the first one's receipt.
        if (answeredHere.has(receipt)) {
          this.#queue.unshift(request)
          continue
        }
        if (await this.#repeat(request, receipt, now)) continue
        answeredHere.add(receipt)
      }
      plans.push({ request, planned: request.asks.map((ask) => round.plan(ask, request.options)) })
    }
    await this.#say(round, plans, now, time)
  }

  /** Answers a request that was answered before. */
  async #repeat(request: Request, receipt: string, now: number): Promise<boolean> {
    const results = await this.#receipts.find(receipt, request.asks, now)
    if (results === undefined) return false
    if (results === 'mismatch') request.reject(silent('idempotency-mismatch'))
    else request.resolve(results)
    return true
  }

  async #say(
    round: Round,
    plans: readonly { request: Request; planned: readonly Planned[] }[],
    now: number,
    time: number,
  ): Promise<void> {
    const envelopes = this.#seal(round, time)
    const ids = envelopes.map((envelope) => envelope.id)
    const answers = plans.map(({ request, planned }) => ({
      request,
      results: planned.map((plan) => resultOf(plan, ids)),
    }))
    const receipts = answers.flatMap(({ request: { asks, options }, results }) =>
      options.receipt === undefined
        ? []
        : [this.#receipts.make(options.receipt, asks, results, now)],
    )
    const spoken = envelopes.map(({ seq }, i) => ({ seq, runs: round.packets[i]!.runs }))
    const { forced, stops } = round
    if (envelopes.length > 0) await this.#commit(envelopes, { receipts, spoken, forced, stops })
    else if (stops.length > 0) await this.#dependencies.intake.noteStops(stops)
    await this.#leaving
    this.#leaving = this.#leave(envelopes).then(
      () => answers.forEach(({ request, results }) => request.resolve(results)),
      (error: unknown) => answers.forEach(({ request }) => request.reject(error)),
    )
  }

  #seal(round: Round, time: number): Envelope[] {
    const { intake, state } = this.#dependencies
    const { seed, networkId } = this.#options
    const envelopes: Envelope[] = []
    for (const { statements } of round.packets) {
      const last = envelopes.at(-1) ?? intake.tip(state.own)
      const place = { networkId, seq: (last?.seq ?? 0) + 1, prev: last?.id ?? null, time }
      envelopes.push(seal(place, statements, seed, state.own))
    }
    return envelopes
  }

  async #commit(envelopes: readonly Envelope[], beside: Beside): Promise<void> {
    const { intake, log } = this.#dependencies
    const outcome = await intake.acceptOwn(envelopes, beside).committed
    if (outcome.status !== 'accepted') {
      log.error('own-envelope-not-taken', { outcome })
      throw silent(
        outcome.status === 'ignored' && outcome.code === 'store-failed'
          ? 'store-failed'
          : 'own-log-behind',
      )
    }
    for (const { type, guard, by } of beside.forced) log.warn('guard-forced', { type, guard, by })
  }

  async #leave(envelopes: readonly Envelope[]): Promise<void> {
    const { highWater, publish, log } = this.#dependencies
    const last = envelopes.at(-1)
    if (last !== undefined) await highWater.write(last.seq)
    for (const envelope of envelopes) {
      try {
        await publish(toBytes(envelope))
      } catch (error) {
        // It is committed: catch-up carries it. The answer must not depend on the network.
        log.warn('publish-failed', { error: String(error) })
      }
    }
  }
}
