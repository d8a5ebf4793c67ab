/**
 * What a gateway does when its copy is old or was never there: declared by its operator, for each
 * state, with no default hidden. Pure.
 */
import { ACTION, type Action } from '../core/codes.js'

/** How old what a verdict rests on is. */
export type ReplicaFreshness = 'fresh' | 'stale' | 'expired' | 'never'

/**
 * `last-known`: the verdict stands. An action: that one, whatever the verdict. A table: the verdict
 * with these actions replaced, the others stand.
 */
export type FailRule = 'last-known' | Action | Readonly<Partial<Record<Action, Action>>>

export interface FailRules {
  /** Older than `staleAfter`, or the node says so of itself. */
  readonly stale: FailRule
  /** Older than `expireAfter`. */
  readonly expired: FailRule
  /** Nothing was ever received, or the question cannot be read: there is no verdict to go by. */
  readonly neverSynced: Action
}

/** Undefined where the rule leaves the verdict as it is. */
export function replacing(rule: FailRule, action: Action): Action | undefined {
  if (rule === 'last-known') return undefined
  const instead = typeof rule === 'string' ? rule : rule[action]
  return instead === action ? undefined : instead
}

/** What is wrong with rules that a program was configured with; undefined where nothing is. */
export function wrongRules(rules: unknown): string | undefined {
  if (typeof rules !== 'object' || rules === null) return 'onDegraded is required'
  const { stale, expired, neverSynced } = rules as Partial<Record<keyof FailRules, unknown>>
  if (!isAction(neverSynced)) return `onDegraded.neverSynced is one of ${ACTIONS}`
  if (!isRule(stale)) return RULES('stale')
  if (!isRule(expired)) return RULES('expired')
  return undefined
}

const ACTIONS = ACTION.names.join(' ')
const RULES = (name: string) =>
  `onDegraded.${name} is last-known, one of ${ACTIONS}, or a table from one to another`

function isAction(value: unknown): value is Action {
  return ACTION.names.includes(value as Action)
}

function isRule(value: unknown): value is FailRule {
  if (value === 'last-known' || isAction(value)) return true
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([from, to]) => isAction(from) && isAction(to))
}
