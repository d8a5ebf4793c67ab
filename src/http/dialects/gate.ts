/**
 * What every dialect asks: may this request pass? The verdict on all that is known of it, or the
 * rule that the operator declared for a node that cannot answer well.
 */
import { ACTION, type Action } from '../../core/codes.js'
import type { Question } from '../../core/indicator.js'
import type { ReadValue } from '../../core/key-ring.js'
import { LIMITS } from '../../core/limits.js'
import type { Clock } from '../../core/ports.js'
import { requestVerdictOn } from '../../lookup/request-verdict.js'
import type { Lookup } from '../../lookup/verdict.js'
import type { Noted } from '../dependencies.js'

/** last-known: the verdict from memory stands. */
export type TroubleRule = 'last-known' | 'allow' | 'deny'

export interface GateRules {
  /** Fewer than half of the members are current. */
  readonly stale: TroubleRule
  /** This node's own disk or clock is at fault. */
  readonly degraded: TroubleRule
  /** There is nothing to answer from, or nothing in the request to ask about. */
  readonly noAnswer: 'allow' | 'deny'
  /** No trustworthy client address. */
  readonly noAddress: 'allow' | 'deny'
}

export interface GateParts {
  readonly rules: GateRules
  /** Undefined where there is nothing to answer from yet. */
  readonly lookup: () => Lookup | undefined
  readonly read: ReadValue
  readonly clock: Clock
  readonly noted?: Noted | undefined
}

export interface Attribute {
  readonly type: string
  readonly value: string
}

export interface Passage {
  readonly passes: boolean
  readonly action: Action
  /** Opaque; explains itself to the operator alone. */
  readonly decisionId: string | undefined
}

export class Gate {
  readonly #parts: GateParts

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  get rules(): GateRules {
    return this.#parts.rules
  }

  /** Values that cannot be read are left out: who garbles one of his own gains nothing by it. */
  decide(attributes: readonly Attribute[]): Passage {
    const { rules, lookup, read, clock, noted } = this.#parts
    const at = lookup()
    const asked = attributes
      .slice(0, LIMITS.attributesMax)
      .map(({ type, value }) => read(type, value))
      .flatMap((read): Question[] => (read.ok ? [read.value] : []))
    if (at === undefined || asked.length === 0) return this.declared(rules.noAnswer)
    const { action, decisionId } = requestVerdictOn(at, asked, clock(), noted)
    const rule = at.freshness === 'fresh' ? 'last-known' : rules[at.freshness]
    if (rule !== 'last-known') return { ...this.declared(rule), decisionId }
    return { passes: ACTION.code(action) < ACTION.code('block'), action, decisionId }
  }

  declared(rule: 'allow' | 'deny'): Passage {
    const passes = rule === 'allow'
    return { passes, action: passes ? 'allow' : 'block', decisionId: undefined }
  }
}
