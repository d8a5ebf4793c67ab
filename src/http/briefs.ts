/**
 * An action and when it could first weaken: all that a gateway in a hurry reads (`view=action`), as
 * the JSON that it is sent. Each look-up is counted as one with reasons is.
 */
import type { Action } from '../core/codes.js'
import type { Question } from '../core/indicator.js'
import type { AskedKeys } from '../lookup/asked-keys.js'
import type { LookedUp } from '../lookup/look-ups.js'
import { enforceable, findingOn } from '../lookup/verdict.js'
import type { HttpDependencies } from './dependencies.js'

type BriefParts = Pick<HttpDependencies, 'quick' | 'lookup' | 'clock' | 'noted'>

/** Of each that is asked, all as of one moment. */
export function briefsOn(parts: BriefParts, asked: AskedKeys): string[] {
  const now = parts.clock()
  const { isPaused, onAll } = parts.quick().at(now)
  return onAll(asked).map(({ action, endsMs }, i) => {
    parts.noted?.(new Brief(parts, asked, i, action, now), now)
    return textOf(enforceable({ paused: isPaused }, action), endsMs)
  })
}

/** What was answered; what was asked and which keys had something to say only for who asks. */
class Brief implements LookedUp {
  readonly #parts: BriefParts
  readonly #asked: AskedKeys
  readonly #i: number
  readonly #now: number

  constructor(
    parts: BriefParts,
    asked: AskedKeys,
    i: number,
    readonly action: LookedUp['action'],
    now: number,
  ) {
    this.#parts = parts
    this.#asked = asked
    this.#i = i
    this.#now = now
  }

  get indicator(): Question {
    return this.#asked.at(this.#i)
  }

  get attributes(): LookedUp['attributes'] {
    return findingOn(this.#parts.lookup(), this.indicator, this.#now).attributes
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
