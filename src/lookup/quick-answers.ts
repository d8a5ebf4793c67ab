/**
 * Actions without reasons, fast: for whoever asks on every request and in its own memory. An answer
 * on a key is worked out as any verdict is and then remembered for as long as nothing that
 * it rests on changes: what is said about the key, this node's own lists, the policy and what else
 * the owner names, the members' bulkheads, forks, and the time up to the next moment at which time
 * alone may change it. Where any of these is in doubt it is worked out anew.
 */
import { numberOfIpv4 } from '../core/address.js'
import type { ReadValue } from '../core/key-ring.js'
import type { InputCode, Result } from '../core/outcome.js'
import { fine } from '../core/outcome.js'
import { typeByName, typeOf, type Question } from '../core/indicator.js'
import { IPV4, IPV4_NAMES } from './key-bytes.js'
import type { KnownAnswer } from './answer-memo.js'
import { AskedKeys } from './asked-keys.js'
import type { Desk } from './desk.js'
import type { LiveState } from './live-state.js'
import { nextMoment } from './moments.js'
import { pauseOf } from './pauses.js'
import { findingOn, type Lookup } from './verdict.js'

export interface QuickParts {
  readonly state: LiveState
  readonly desk: Desk
  readonly read: ReadValue
  /** Another one with every change of what is not in the state: policy, hosts, shipped lists. */
  readonly basis: (now: number) => unknown
}

/** Before a pause of enforcement, which is no matter of any key. */
export type QuickAnswer = KnownAnswer

/** One moment of answering: what all its answers rest on was looked at as it began. */
export interface QuickMoment {
  /** The operator has paused enforcement. */
  readonly isPaused: boolean
  readonly on: (question: Question) => QuickAnswer
  /** Of many in less time. */
  readonly onAll: (asked: AskedKeys) => QuickAnswer[]
}

const NOTHING: KnownAnswer = { action: 'allow', guarded: false, endsMs: Infinity }
/** Questions on which nobody but the very key speaks. */
const ALONE: ReadonlySet<number> = new Set(
  ['net.asn', 'tls.ja3', 'tls.ja4', 'http.header-order', 'http.user-agent'].flatMap(codesOf),
)

function codesOf(name: string): number[] {
  return [typeByName(name)!.code]
}

export class QuickAnswers {
  readonly #parts: QuickParts
  readonly #single = new AskedKeys()
  #basis: unknown
  #lists = -1
  #forks = -1
  #forkRevocations = -1
  #overflows: Lookup['overflows'] | undefined
  #claims: unknown
  /** When the last of them was worked out: a clock that goes back behind it begins anew. */
  #at = -Infinity
  /** Allow entries end: nothing remembered outlives the first of them. */
  #until = Infinity

  constructor(parts: QuickParts) {
    this.#parts = parts
  }

  /** The canonical question. */
  read(type: string, value: string): Result<Question, InputCode> {
    // By far the most frequent question, and canonical as it is.
    if (IPV4_NAMES.includes(type) && numberOfIpv4(value) >= 0) return fine({ type: IPV4, value })
    return this.#parts.read(type, value)
  }

  /** Holds until the caller lets anything else happen. */
  at(now: number): QuickMoment {
    if (!this.#holds(now)) this.#clear(now)
    const isPaused = pauseOf(this.#parts.state, 'enforce', now) !== undefined
    const { claims } = this.#parts.state
    return {
      isPaused,
      on: (question) => {
        this.#single.clear()
        this.#single.add(question)
        return this.#on(this.#single, 0, claims.idOf(this.#single, 0), now)
      },
      onAll: (asked) => {
        const ids = claims.idsOf(asked)
        const answers: QuickAnswer[] = []
        for (let i = 0; i < asked.length; i++) answers.push(this.#on(asked, i, ids[i]!, now))
        return answers
      },
    }
  }

  #on(asked: AskedKeys, i: number, id: number, now: number): QuickAnswer {
    const type = asked.typeAt(i)
    // Epoch keys come and go, and one of its forms has no number where nothing is said of it.
    if (typeOf(type).privacy === 'keyed') return this.#workOut(asked.at(i), -1, now)
    if (id < 0 && (ALONE.has(type) || this.#isUnheardOf(asked.addressAt(i)))) return NOTHING
    const known = id < 0 ? undefined : this.#parts.state.claims.answers.get(id, now)
    return known ?? this.#workOut(asked.at(i), id, now)
  }

  #isUnheardOf(address: number): boolean {
    return address >= 0 && !this.#parts.state.claims.isCovered(address)
  }

  #workOut(indicator: Question, id: number, now: number): QuickAnswer {
    const { state, desk } = this.#parts
    const lookup = desk.lookup()
    const { action, guard, attributes, endsMs } = findingOn(lookup, indicator, now)
    const answer = { action, guarded: guard?.effect === 'out' && attributes.length > 0, endsMs }
    if (id < 0) return answer
    this.#at = Math.max(this.#at, now)
    const next = nextMoment(lookup, indicator, now)
    state.claims.answers.put(id, answer, Math.min(next, this.#until))
    return answer
  }

  #holds(now: number): boolean {
    const { state, desk, basis } = this.#parts
    return (
      now >= this.#at &&
      now < this.#until &&
      this.#basis === basis(now) &&
      this.#lists === state.lists.changes &&
      this.#forks === state.forks.size &&
      this.#forkRevocations === state.forkRevocations.size &&
      this.#claims === state.claims &&
      this.#overflows === desk.overflows()
    )
  }

  #clear(now: number): void {
    const { state, desk, basis } = this.#parts
    this.#basis = basis(now)
    this.#lists = state.lists.changes
    this.#forks = state.forks.size
    this.#forkRevocations = state.forkRevocations.size
    this.#claims = state.claims
    this.#overflows = desk.overflows()
    this.#at = now
    this.#until = Infinity
    for (const { untilMs = Infinity } of state.lists.of('allow').values()) {
      if (untilMs > now) this.#until = Math.min(this.#until, untilMs)
    }
    state.claims.answers.clear()
  }
}
