/**
 * A verdict in full: everything on record about every key that speaks about the question, what
 * bounds each report, and what would change the outcome.
 */
import { keyOf, type Question } from '../core/indicator.js'
import type { Action } from '../core/codes.js'
import { keysAbout } from './keys-about.js'
import { registersOn } from './registers.js'
import { recordOf, type KeyRecord, type OnRecord } from './on-record.js'
import { enforceable, findingOn, toVerdict, type Lookup, type Verdict } from './verdict.js'
import { changesOf, type Change } from './what-if.js'

export interface Explanation {
  readonly verdict: Verdict
  /** What the verdict would be if nothing guarded the question, where something does. */
  readonly unguarded?: Action
  /** Keys about which something is on record: the question first, then wider ones. */
  readonly keys: readonly KeyRecord[]
  readonly changes: readonly Change[]
}

export function explain(lookup: Lookup, indicator: Question, now: number): Explanation {
  const finding = findingOn(lookup, indicator, now)
  const keys = keysAbout(lookup.state.claims, indicator).filter(
    (key) => registersOn(lookup.state.claims, key).length > 0,
  )
  return {
    verdict: toVerdict(lookup, finding, now),
    ...(finding.guard === undefined ? {} : { unguarded: unguarded(lookup, indicator, now) }),
    keys: keys.map((key) => {
      const parts = finding.attributes.find((one) => keyOf(one.key) === keyOf(key))?.parts ?? []
      return recordOf(lookup, key, parts, now)
    }),
    changes: changesOf(lookup, indicator, now),
  }
}

function unguarded(lookup: Lookup, indicator: Question, now: number): Action {
  const open = { ...lookup, guards: { on: () => undefined, holes: () => [] } }
  return enforceable(lookup, findingOn(open, indicator, now).action)
}

/** The statements an explanation rests on, those that count first. */
export function behind({ keys }: Explanation): OnRecord[] {
  const said = keys.flatMap((key) => key.said)
  const live = said.filter(({ state }) => state === 'live')
  return [...live, ...said.filter(({ state }) => state !== 'live')]
}
