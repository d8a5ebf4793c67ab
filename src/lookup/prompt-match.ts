/**
 * What this node makes of a prompt: which sketches it contains, how often the same account has met
 * them within a day, and the verdict on all of them together. One match only observes: unrelated
 * prompts match at about 4 in 10^8. Sketches of different members that one account meets are
 * reports on one key.
 */
import { keyOf, type Indicator } from '../core/indicator.js'
import { DAY_MS, LIMITS } from '../core/limits.js'
import { bandOf, type Band } from '../core/sketch.js'
import { judge, type Said } from '../policy/judge.js'
import type { Evidence, Weakness } from '../policy/weight.js'
import { NO_REACH } from './reach.js'
import { wordsOn } from './said.js'
import { distinct } from './sketch-index.js'
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

/** How often accounts have met sketches. */
export interface Encounters {
  /** One more; answers how many there were within a day. */
  note(account: string, sketch: Indicator, now: number): number
}

/** Whether a sketch may act here at all. */
export type IsArmed = (sketch: Indicator) => boolean

export interface PromptSources {
  readonly encounters: Encounters
  readonly isArmed: IsArmed
}

/** A campaign sends thousands; a customer who quotes a frame once does not. */
const ENCOUNTERS_MIN = 5

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
  const isCrowded = lookup.state.claims.sketches.size > LIMITS.sketchesMax
  const said: { readonly sketch: Indicator; readonly words: Said }[] = []
  for (const match of matchesOf(lookup, hashes)) {
    const { sketch, band } = match
    const words = wordsOn(lookup, sketch, now)
    if (words.evidence.length === 0) continue
    const met = band === 'act' ? metBy(account, sketch, sources, now) : 0
    const weak = isCrowded ? 'too-many-sketches' : weaknessOf(match, met, sources)
    said.push({ sketch, words: weak === undefined ? words : weakened(words, weak) })
  }
  const [first] = said
  if (first === undefined) return undefined
  const { sketch } = first
  const { parts, action, wouldBe, score, endsMs } = judge(
    lookup.policy,
    sketch,
    together(lookup, said, now),
    now,
  )
  const reach = { ...NO_REACH, action, wouldBe, doubt: 1 - score, endsMs }
  return { indicator: sketch, guard: undefined, attributes: [{ key: sketch, parts }], ...reach }
}

function metBy(
  account: string | undefined,
  sketch: Indicator,
  { encounters }: PromptSources,
  now: number,
): number {
  if (account === undefined) return 0
  return encounters.note(account, sketch, now)
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

function weakened(words: Said, weak: Weakness): Said {
  return { ...words, evidence: words.evidence.map((one): Evidence => ({ ...one, weak })) }
}

/**
 * All reports as if on one key. A dispute is about the sketch that it names: what it takes out of
 * the evidence does not support the others.
 */
function together(
  { policy }: Lookup,
  said: readonly { readonly sketch: Indicator; readonly words: Said }[],
  now: number,
): Said {
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
  /** By account and sketch: when the last few were. */
  readonly #times = new Map<string, number[]>()

  note(account: string, sketch: Indicator, now: number): number {
    const place = `${account} ${keyOf(sketch)}`
    const held = this.#times.get(place) ?? []
    const times = [...held.filter((at) => at > now - DAY_MS), now].slice(-ENCOUNTERS_MIN)
    this.#times.delete(place)
    this.#times.set(place, times)
    if (this.#times.size > LIMITS.encountersMax) {
      this.#times.delete(this.#times.keys().next().value!)
    }
    return times.length
  }
}
