/** What an application may watch. A hook that throws is counted and changes nothing. */
import type { ReplicaVerdict } from './replica-verdict.js'

export interface Question {
  readonly type: string
  readonly value: string
}

export interface Hook {
  before?(questions: readonly Question[]): void
  after?(questions: readonly Question[], verdict: ReplicaVerdict): void
  /** Where the question could not be read, or the replica itself failed. */
  error?(questions: readonly Question[], verdict: ReplicaVerdict): void
  finally?(questions: readonly Question[]): void
}

export class Hooks {
  readonly #hooks: readonly Hook[]
  failed = 0

  constructor(hooks: readonly Hook[]) {
    this.#hooks = hooks
  }

  get isEmpty(): boolean {
    return this.#hooks.length === 0
  }

  /** Each by itself, on a copy of the questions: what it does to them is its own affair. */
  around(questions: readonly Question[], verdict: () => ReplicaVerdict): ReplicaVerdict {
    this.#each(questions, (hook, asked) => hook.before?.(asked))
    const made = verdict()
    const isError = made.errorCode !== undefined
    this.#each(questions, (hook, asked) =>
      isError ? hook.error?.(asked, made) : hook.after?.(asked, made),
    )
    this.#each(questions, (hook, asked) => hook.finally?.(asked))
    return made
  }

  #each(questions: readonly Question[], call: (hook: Hook, asked: Question[]) => unknown): void {
    for (const hook of this.#hooks) {
      try {
        const done = call(
          hook,
          questions.map((one) => ({ ...one })),
        )
        // A hook that answers later may fail later, too.
        if (done instanceof Promise) done.catch(() => this.failed++)
      } catch {
        this.failed++
      }
    }
  }
}
