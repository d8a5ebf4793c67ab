/** How far a verdict goes: of one key, of all about a question, of all questions of a request. */
import type { Action } from '../core/codes.js'
import { strongest } from '../core/indicator.js'

export interface Reach {
  readonly action: Action
  /** What the action would be if nothing were in shadow. */
  readonly wouldBe: Action
  /** Probability that everything that acts is wrong, 0 to 1. */
  readonly doubt: number
  /** When the action could first weaken; milliseconds, Infinity where nothing acts. */
  readonly endsMs: number
}

export const NO_REACH: Reach = { action: 'allow', wouldBe: 'allow', doubt: 1, endsMs: Infinity }

/** The stronger of two, each of which holds whatever becomes of the other. */
export function further(a: Reach, b: Reach): Reach {
  const wouldBe = strongest(a.wouldBe, b.wouldBe)
  if (b.action === 'allow') return { ...a, wouldBe }
  if (a.action === 'allow') return { ...b, wouldBe }
  const doubt = a.doubt * b.doubt
  if (a.action === b.action) return { ...a, wouldBe, doubt, endsMs: Math.max(a.endsMs, b.endsMs) }
  return { ...(strongest(a.action, b.action) === a.action ? a : b), wouldBe, doubt }
}
