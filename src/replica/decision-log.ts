/**
 * Decisions on their way to the operator's own log. Bounded, never in the way of a request, and
 * exact about what it lost: `received` is always `delivered + dropped + waiting`.
 */
import type { Action } from '../core/codes.js'
import { typeByName } from '../core/indicator.js'
import type { ReplicaFreshness } from './fail-rules.js'
import type { Question } from './hooks.js'
import type { ReplicaReason, ReplicaVerdict } from './replica-verdict.js'

export interface LoggedDecision {
  readonly at: string
  readonly decisionId: string
  readonly action: Action
  readonly wouldBe?: Action | undefined
  readonly reason: ReplicaReason
  readonly freshness: ReplicaFreshness
  readonly revision: string
  readonly types: readonly string[]
  /** Only where the log is asked to hold them, and never those of keyed types. */
  readonly values?: readonly string[]
}

export interface DecisionLogOptions {
  /** Takes some at a time; where it throws or rejects, those are lost and counted. */
  readonly sink: (decisions: readonly LoggedDecision[]) => void | Promise<void>
  /** Share of verdicts below `throttle` that are logged, 0 to 1; all others always are. */
  readonly sampleAllows?: number
  readonly values?: boolean
  /** Waiting at the most. */
  readonly waitingMax?: number
}

const WAITING_MAX = 10_000
const SAMPLE = 0.01
const BATCH = 256

/** A value that no member may see is in no log of ours, either. */
function valueIn({ type, value }: Question): string {
  return typeByName(type)?.privacy === 'keyed' ? '(keyed)' : value
}

export class DecisionLog {
  readonly #options: DecisionLogOptions
  readonly #random: () => number
  #waiting: (() => LoggedDecision)[] = []
  #inHand = 0
  #isPumping = false
  #pumped: Promise<void> = Promise.resolve()
  received = 0
  delivered = 0
  dropped = 0

  constructor(options: DecisionLogOptions, random: () => number) {
    this.#options = options
    this.#random = random
  }

  get waiting(): number {
    return this.#waiting.length + this.#inHand
  }

  /** What is written is made later, off the request's path. */
  add(questions: readonly Question[], verdict: ReplicaVerdict, atMs: number): void {
    const { sampleAllows = SAMPLE, waitingMax = WAITING_MAX } = this.#options
    const { action, wouldBe } = verdict
    const isPassed = (action === 'allow' || action === 'observe') && wouldBe === undefined
    if (isPassed && this.#random() >= sampleAllows) return
    this.received++
    if (this.waiting >= waitingMax) this.dropped++
    else this.#waiting.push(() => this.#written(questions, verdict, atMs))
    if (this.#isPumping || this.#waiting.length === 0) return
    this.#isPumping = true
    this.#pumped = new Promise((resolve) => setImmediate(() => void this.#pump().then(resolve)))
  }

  #written(questions: readonly Question[], verdict: ReplicaVerdict, atMs: number): LoggedDecision {
    const { decisionId, action, wouldBe, reason, freshness, revision } = verdict
    const values = questions.map(valueIn)
    return {
      at: new Date(atMs).toISOString(),
      ...{ decisionId, action, wouldBe, reason, freshness, revision },
      types: questions.map(({ type }) => type),
      ...(this.#options.values === true ? { values } : {}),
    }
  }

  /** Resolves once all that waits was handed over, or lost. */
  async flush(): Promise<void> {
    while (this.#isPumping) await this.#pumped
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      const some = this.#waiting.splice(0, BATCH)
      this.#inHand = some.length
      try {
        await this.#options.sink(some.map((made) => made()))
        this.delivered += some.length
      } catch {
        this.dropped += some.length
      }
      this.#inHand = 0
    }
    this.#isPumping = false
  }
}
