/**
 * What this node makes of a prompt: which sketches it contains, how often the same account has met
 * them within a day, and the verdict on all of them together. One match only observes: unrelated
 * prompts match at about 4 in 10^8. Sketches of different members that one account meets are
 * reports on one key.
 */
import { indicatorOf, keyOf, type Indicator, type IndicatorKey } from '../core/indicator.js'
import { DAY_MS, LIMITS } from '../core/limits.js'
import { bandOf, type Band } from '../core/sketch.js'
import { judge, type Said } from '../policy/judge.js'
import type { Evidence, Weakness } from '../policy/weight.js'
import { NO_REACH } from './reach.js'
import { wordsOn } from './said.js'
import { distinct } from './sketch-index.js'
import type { SketchQuota } from './sketch-quota.js'
import type { Finding, Lookup } from './verdict.js'

/** Of one sketch in one prompt. */
export interface SketchMatch {
  readonly sketch: Indicator
  readonly hits: number
  readonly of: number
  readonly band: Band
}

/** What of a prompt is looked up: never its text. */
export interface PromptQuestion {
  /** Hashes of its shingles under each epoch key held, halves in turn. */
  readonly hashes: readonly Uint32Array[]
  /** Whose it is, under a pseudonym, where that is known. */
  readonly account: string | undefined
}

/** What an account has met within a day. */
export interface Met {
  /** Prompts of it that contained a sketch. */
  readonly prompts: number
  readonly sketches: readonly Indicator[]
}

export interface Encounters {
  /** One more prompt, and the sketches it contains; answers what there was within a day. */
  note(account: string, sketches: readonly Indicator[], now: number): Met
}

/** Whether a sketch may act here at all. */
export type IsArmed = (sketch: Indicator) => boolean

export interface PromptSources {
  readonly encounters: Encounters
  readonly isArmed: IsArmed
  readonly quota: SketchQuota
}

/** A campaign sends thousands; a customer who quotes a frame once does not. */
const ENCOUNTERS_MIN = 5
/** More would say no more: which sketches an account has met shows in a few prompts. */
const PROMPTS_KEPT = 8

/** Sketches that a prompt contains enough of to be worth a look, the most contained first. */
export function matchesOf(
  { state: { claims } }: Lookup,
  hashes: readonly Uint32Array[],
): SketchMatch[] {
  const matches: SketchMatch[] = []
  for (const one of hashes) {
    for (const [id, hits] of claims.sketches.hits(distinct(one))) {
      const sketch = claims.keyAt(id)
      const of = (sketch.value.length - 8) / 16
      const band = bandOf(hits, of)
      if (band !== 'none') matches.push({ sketch, hits, of, band })
    }
  }
  return matches.sort((a, b) => b.hits / b.of - a.hits / a.of).slice(0, LIMITS.sketchMatchesMax)
}

/** Undefined where no sketch matches of which anything is said. */
export function promptFinding(
  lookup: Lookup,
  { hashes, account }: PromptQuestion,
  sources: PromptSources,
  now: number,
): Finding | undefined {
  const matches = matchesOf(lookup, hashes).filter(({ sketch }) => isSpokenOf(lookup, sketch, now))
  const [first] = matches
  if (first === undefined) return undefined
  const acting = matches.filter(({ sketch, band }) => band === 'act' && sources.isArmed(sketch))
  const met = metBy(account, acting, sources, now)
  const wordsOf = (sketch: Indicator, weak?: Weakness): Words => {
    return { sketch, words: saidOn(lookup, sketch, sources, weak, now) }
  }
  const said = matches.map((match): Words => {
    return wordsOf(match.sketch, weaknessOf(match, met.prompts, sources))
  })
  // What else this account has met is about it as well: members tell one campaign's frames apart.
  const isKnown = ({ value }: Indicator) => matches.some(({ sketch }) => sketch.value === value)
  const isMet = acting.length > 0 && met.prompts >= ENCOUNTERS_MIN
  for (const sketch of isMet ? met.sketches : []) {
    if (!isKnown(sketch)) said.push(wordsOf(sketch))
  }
  const { sketch } = first
  const { policy } = lookup
  const judged = judge(policy, sketch, together(lookup, said, now), now)
  const { parts, action, wouldBe, score, endsMs } = judged
  const reach = { ...NO_REACH, action, wouldBe, doubt: 1 - score, endsMs }
  return { indicator: sketch, guard: undefined, attributes: [{ key: sketch, parts }], ...reach }
}

/** What is said of one sketch. */
interface Words {
  readonly sketch: Indicator
  readonly words: Said
}

function isSpokenOf(lookup: Lookup, sketch: Indicator, now: number): boolean {
  return wordsOn(lookup, sketch, now).evidence.length > 0
}

function saidOn(
  lookup: Lookup,
  sketch: Indicator,
  { quota }: PromptSources,
  weak: Weakness | undefined,
  now: number,
): Said {
  const words = wordsOn(lookup, sketch, now)
  const evidence = words.evidence.map((one): Evidence => {
    if (quota.isOver(lookup, one.claim.envelope, now)) return { ...one, weak: 'too-many-sketches' }
    return weak === undefined ? one : { ...one, weak }
  })
  return { ...words, evidence }
}

const NOT_MET: Met = { prompts: 0, sketches: [] }

function metBy(
  account: string | undefined,
  acting: readonly SketchMatch[],
  { encounters }: PromptSources,
  now: number,
): Met {
  if (account === undefined || acting.length === 0) return NOT_MET
  return encounters.note(
    account,
    acting.map(({ sketch }) => sketch),
    now,
  )
}

function weaknessOf(
  { sketch, band }: SketchMatch,
  met: number,
  { isArmed }: PromptSources,
): Weakness | undefined {
  if (!isArmed(sketch)) return 'unarmed'
  if (band !== 'act') return 'watch-band'
  return met < ENCOUNTERS_MIN ? 'few-matches' : undefined
}

/**
 * All reports as if on one key. A dispute is about the sketch that it names: what it takes out of
 * the evidence does not support the others.
 */
function together({ policy }: Lookup, said: readonly Words[], now: number): Said {
  const evidence = said.flatMap(({ sketch, words }) => {
    if (words.disputes.length === 0) return words.evidence
    const { parts } = judge(policy, sketch, words, now)
    return parts.map(({ evidence: one, held }): Evidence => {
      const isDisputed = held === 'disputed' || held === 'disputed-here'
      return isDisputed ? { ...one, weak: held } : one
    })
  })
  return { evidence, disputes: [], confirmed: false, guard: undefined }
}

/**
 * In memory, bounded, the accounts that were met least lately forgotten first: a count of a day is
 * not worth a row for every request.
 */
export class EncounterBook implements Encounters {
  /** By account: its last few prompts that contained a sketch. */
  readonly #prompts = new Map<string, { readonly at: number; readonly keys: IndicatorKey[] }[]>()

  note(account: string, sketches: readonly Indicator[], now: number): Met {
    const held = this.#prompts.get(account) ?? []
    const one = { at: now, keys: sketches.map(keyOf) }
    const prompts = [...held.filter(({ at }) => at > now - DAY_MS), one].slice(-PROMPTS_KEPT)
    this.#prompts.delete(account)
    this.#prompts.set(account, prompts)
    if (this.#prompts.size > LIMITS.encountersMax) {
      this.#prompts.delete(this.#prompts.keys().next().value!)
    }
    const keys = new Set(prompts.flatMap((prompt) => prompt.keys))
    return { prompts: prompts.length, sketches: [...keys].map(indicatorOf) }
  }
}
