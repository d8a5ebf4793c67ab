/**
 * The path of a question: read it, ask the copy that is there, apply what the operator declared,
 * tell hooks and log. Synchronous; nothing of it throws.
 */
import { formatCursor } from '../core/feed.js'
import type { Question as Read } from '../core/indicator.js'
import type { ReadValue } from '../core/key-ring.js'
import type { InputCode } from '../core/outcome.js'
import type { Clock } from '../core/ports.js'
import type { Decisions } from '../lookup/decision.js'
import type { Desk } from '../lookup/desk.js'
import { QuickAnswers } from '../lookup/quick-answers.js'
import { requestVerdictOn } from '../lookup/request-verdict.js'
import { enforceable } from '../lookup/verdict.js'
import { policyHash } from '../policy/rules.js'
import { ageOf, freshnessOf, type Ages } from './age.js'
import type { Copy } from './copy.js'
import type { DecisionLog } from './decision-log.js'
import type { Hooks, Question } from './hooks.js'
import type { Judged, Judgements, Unanswerable } from './judgements.js'
import { ReplicaVerdict } from './replica-verdict.js'

/** What there is to answer from. */
export interface Ground {
  readonly copy: Copy
  readonly desk: Desk
  readonly decisions: Decisions
  readonly read: ReadValue
}

export interface AnswersParts {
  readonly ages: Ages
  readonly hooks: Hooks
  readonly log: DecisionLog | undefined
  readonly judgements: Judgements
  readonly clock: Clock
  /** A bug, which no caller is to notice. */
  readonly failed: (error: Error) => void
}

export class Answers {
  readonly #parts: AnswersParts
  #ground: Ground | undefined
  #quick: QuickAnswers | undefined
  #isClosed = false

  constructor(parts: AnswersParts) {
    this.#parts = parts
  }

  standOn(ground: Ground): void {
    this.#ground = ground
    const { copy, desk, read } = ground
    const { state } = copy
    this.#quick = new QuickAnswers({ state, desk, read, basis: () => copy.context })
  }

  /** For whoever asks by HTTP; undefined until there is a copy. */
  get quick(): QuickAnswers | undefined {
    return this.#quick
  }

  close(): void {
    this.#isClosed = true
  }

  one(question: Question): ReplicaVerdict {
    const { hooks, log } = this.#parts
    if (hooks.isEmpty && log === undefined) return this.#one(question)
    return this.#told([question], () => this.#one(question))
  }

  together(questions: readonly Question[]): ReplicaVerdict {
    return this.#told(questions, () => this.#together(questions))
  }

  #told(questions: readonly Question[], make: () => ReplicaVerdict): ReplicaVerdict {
    const { hooks, log } = this.#parts
    const verdict = hooks.around(questions, make)
    log?.add(questions, verdict, this.#parts.clock())
    return verdict
  }

  #one(question: Question): ReplicaVerdict {
    const now = this.#parts.clock()
    if (this.#ground === undefined || this.#isClosed) return this.#nothing(now)
    try {
      return this.#found(question, this.#quick!, now)
    } catch (error) {
      return this.#failed(error, now)
    }
  }

  #found({ type, value }: Question, quick: QuickAnswers, now: number): ReplicaVerdict {
    const read = quick.read(type, value)
    if (!read.ok) return this.#verdict({ errorCode: errorCodeOf(read.code) }, now)
    const indicator = read.value
    const { isPaused, on } = quick.at(now)
    const { action, guarded, endsMs } = on(indicator)
    const enforced = enforceable({ paused: isPaused }, action)
    return this.#verdict({ action: enforced, guarded, endsMs, asked: [indicator] }, now)
  }

  #together(questions: readonly Question[]): ReplicaVerdict {
    const now = this.#parts.clock()
    if (this.#ground === undefined || this.#isClosed) return this.#nothing(now)
    try {
      const asked: Read[] = []
      for (const { type, value } of questions) {
        const read = this.#quick!.read(type, value)
        if (!read.ok) return this.#verdict({ errorCode: errorCodeOf(read.code) }, now)
        asked.push(read.value)
      }
      const { action, expiresAt, guard } = requestVerdictOn(this.#ground.desk.lookup(), asked, now)
      const endsMs = expiresAt === undefined ? Infinity : Date.parse(expiresAt)
      return this.#verdict({ action, guarded: guard !== undefined, endsMs, asked }, now)
    } catch (error) {
      return this.#failed(error, now)
    }
  }

  #nothing(now: number): ReplicaVerdict {
    return this.#verdict({ errorCode: this.#isClosed ? 'CLOSED' : 'NOT_READY' }, now)
  }

  #failed(error: unknown, now: number): ReplicaVerdict {
    this.#parts.failed(error as Error)
    return this.#verdict({ errorCode: 'INTERNAL' }, now)
  }

  #verdict(judged: Judged, now: number): ReplicaVerdict {
    const { ages, judgements } = this.#parts
    const ground = this.#ground
    const copy = ground?.copy
    const fields = judgements.fieldsOf(judged, freshnessOf(copy, ages, now), ageOf(copy, now))
    const cursor = copy?.cursor
    return new ReplicaVerdict(fields, {
      revision: () => (cursor === undefined ? '' : formatCursor(cursor)),
      decisionId: () => {
        if (ground === undefined) return ''
        const asked = 'asked' in judged ? judged.asked : []
        const policy = policyHash(ground.copy.context.policy)
        return ground.decisions.seal({ timeMs: now, policy, action: fields.action, asked })
      },
    })
  }
}

function errorCodeOf(code: InputCode): Unanswerable['errorCode'] {
  if (code === 'type-unknown') return 'TYPE_UNKNOWN'
  return code === 'type-off' ? 'KEYED_OFF' : 'PARSE_ERROR'
}
