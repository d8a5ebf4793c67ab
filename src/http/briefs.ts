/**
 * An action and when it could first weaken: all that a gateway in a hurry reads (`view=action`), as
 * the JSON that it is sent. Each look-up is counted as one with reasons is.
 */
import type { Action } from '../core/codes.js'
import type { Question } from '../core/indicator.js'
import type { LookedUp } from '../lookup/look-ups.js'
import type { QuickAnswer, QuickMoment } from '../lookup/quick-answers.js'
import { enforceable, findingOn } from '../lookup/verdict.js'
import type { HttpDependencies } from './dependencies.js'

type BriefParts = Pick<HttpDependencies, 'quick' | 'lookup' | 'clock' | 'noted'>

/** Of one moment: made anew for each request. */
export class Briefs {
  readonly #parts: BriefParts
  readonly #now: number
  readonly #moment: QuickMoment

  constructor(parts: BriefParts) {
    this.#parts = parts
    this.#now = parts.clock()
    this.#moment = parts.quick().at(this.#now)
  }

  one(asked: Question): string {
    return this.#told(asked, this.#moment.on(asked))
  }

  all(asked: readonly Question[]): string[] {
    const answers = this.#moment.onAll(asked)
    return asked.map((one, i) => this.#told(one, answers[i]!))
  }

  #told(asked: Question, { action, endsMs }: QuickAnswer): string {
    const { lookup, noted } = this.#parts
    noted?.(new Brief(asked, action, lookup, this.#now), this.#now)
    return textOf(enforceable({ paused: this.#moment.isPaused }, action), endsMs)
  }
}

/** What was answered; which keys had something to say is worked out only for who asks. */
class Brief implements LookedUp {
  constructor(
    readonly indicator: Question,
    readonly action: LookedUp['action'],
    readonly lookup: BriefParts['lookup'],
    readonly now: number,
  ) {}

  get attributes(): LookedUp['attributes'] {
    return findingOn(this.lookup(), this.indicator, this.now).attributes
  }
}

/** What is reported together ends together, and a date costs as much as a look-up. */
const texts = new Map<Action, Map<number, string>>()
const TEXTS_MAX = 1_024

function textOf(action: Action, endsMs: number): string {
  let ofAction = texts.get(action)
  if (ofAction === undefined) texts.set(action, (ofAction = new Map()))
  let text = ofAction.get(endsMs)
  if (text === undefined) {
    if (ofAction.size >= TEXTS_MAX) ofAction.clear()
    const ends = endsMs === Infinity ? '' : `,"expiresAt":"${new Date(endsMs).toISOString()}"`
    ofAction.set(endsMs, (text = `{"action":"${action}"${ends}}`))
  }
  return text
}
