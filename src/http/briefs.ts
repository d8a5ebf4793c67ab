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
  const brief = new Brief(parts, asked, now)
  return onAll(asked).map(({ action, endsMs }, i) => {
    parts.noted?.(brief.of(i, action), now)
    return textOf(enforceable({ paused: isPaused }, action), endsMs)
  })
}

/**
 * What was answered to one of all after another; what was asked and which keys had something to say
 * only for who asks. It is its own question, so that nothing is made for those who only count.
 */
class Brief implements LookedUp, Question {
  readonly #parts: BriefParts
  readonly #asked: AskedKeys
  readonly #now: number
  #i = 0
  #action: Action = 'allow'

  constructor(parts: BriefParts, asked: AskedKeys, now: number) {
    this.#parts = parts
    this.#asked = asked
    this.#now = now
  }

  of(i: number, action: Action): this {
    this.#i = i
    this.#action = action
    return this
  }

  get action(): Action {
    return this.#action
  }

  get indicator(): Question {
    return this
  }

  get type(): number {
    return this.#asked.typeAt(this.#i)
  }

  get value(): string {
    return this.#asked.at(this.#i).value
  }

  get attributes(): LookedUp['attributes'] {
    const question = this.#asked.at(this.#i)
    return findingOn(this.#parts.lookup(), question, this.#now).attributes
  }
}

interface Text {
  readonly action: Action
  readonly endsMs: number
  readonly text: string
}

/** What is reported together ends together, and a date costs as much as a look-up. */
const TEXTS = 1_024
const texts = new Array<Text | undefined>(TEXTS).fill(undefined)

function textOf(action: Action, endsMs: number): string {
  // The low bits of what may be more than 32; never has the first place.
  const place = endsMs & (TEXTS - 1)
  const known = texts[place]
  if (known?.endsMs === endsMs && known.action === action) return known.text
  const ends = endsMs === Infinity ? '' : `,"expiresAt":"${new Date(endsMs).toISOString()}"`
  const text = `{"action":"${action}"${ends}}`
  texts[place] = { action, endsMs, text }
  return text
}
