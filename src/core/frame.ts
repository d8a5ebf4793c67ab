/**
 * The frame of a campaign: what many prompts of several accounts have in common. Worked out where
 * the prompts are and nowhere else. Each gate is a guard of privacy or of other labs' customers,
 * and says why it refuses.
 */
import { canonicalTokens } from './canonical-text.js'
import { failed, type Failure } from './outcome.js'
import { SKETCH, shinglesOf } from './sketch.js'

export const FRAME = {
  promptsMin: 20,
  accountsMin: 5,
  /** Share of the prompts that a shingle of the frame is in. */
  share: 0.4,
  /** What two prompts may have in common besides the frame, in the middle of all pairs. */
  overlapMax: 0.3,
  /** Words of its own that a prompt has, in the middle: with fewer, which is frame, which slot? */
  slotMin: 12,
  /** How much alike any two prompts are in what is taken for the frame, but for a tenth of them. */
  alike: 0.4,
  /** Pairs looked at: enough for a middle, whatever the number of prompts. */
  pairsMax: 2_000,
} as const

export interface Sample {
  readonly prompt: string
  readonly account: string
}

export type FrameCode =
  | 'too-few-prompts'
  | 'too-few-accounts'
  | 'no-frame'
  | 'slot-too-small'
  | 'shared-slot'
  | 'not-specific'
  | 'shared-passage'

/** One gate: what was found, and what it takes. */
export interface Gate {
  readonly code: FrameCode
  readonly passed: boolean
  readonly found: number
  readonly needed: number
}

export interface Frame {
  /** Those that can tell this campaign from other traffic. */
  readonly shingles: readonly string[]
  /** Left out because ordinary prompts have them, too. */
  readonly common: readonly string[]
}

export interface Extraction {
  readonly gates: readonly Gate[]
  readonly frame: Frame | Failure<FrameCode>
}

const MEANINGLESS = new Set(['0', 'urltok', 'emailtok'])

/** `common`: shingles of ordinary prompts. Gates that were not reached are not told. */
export function extractFrame(samples: readonly Sample[], common: ReadonlySet<string>): Extraction {
  const gates: Gate[] = []
  const gate = (code: FrameCode, found: number, needed: number, passed = found >= needed) => {
    gates.push({ code, passed, found, needed })
    return passed
  }
  const refused = (): Extraction => ({ gates, frame: failed(gates.at(-1)!.code) })
  if (!gate('too-few-prompts', samples.length, FRAME.promptsMin)) return refused()
  const accounts = new Set(samples.map(({ account }) => account))
  if (!gate('too-few-accounts', accounts.size, FRAME.accountsMin)) return refused()
  const prompts = samples.map(({ prompt }) => shinglesOf(canonicalTokens(prompt)))
  const shared = sharedBy(samples, prompts)
  if (!gate('no-frame', shared.size, SKETCH.hashesMin)) return refused()
  const slots = prompts.map((own) => new Set([...own].filter((one) => isSlot(one, shared))))
  const size = middle(slots.map((slot) => slot.size))
  if (!gate('slot-too-small', size, FRAME.slotMin)) return refused()
  const overlap = middle(overPairs(slots, containment))
  const isDiverse = overlap <= FRAME.overlapMax
  if (!gate('shared-slot', overlap, FRAME.overlapMax, isDiverse)) return refused()
  const shingles = [...shared].filter((one) => !common.has(one))
  if (!gate('not-specific', shingles.length, SKETCH.hashesMin)) return refused()
  // What only some of them share is a passage that they were asked about, and a customer's text.
  const parts = prompts.map((own) => new Set(shingles.filter((one) => own.has(one))))
  const alike = lowOf(overPairs(parts, likeness))
  if (!gate('shared-passage', alike, FRAME.alike)) return refused()
  return { gates, frame: { shingles, common: [...shared].filter((one) => common.has(one)) } }
}

export function isFrame(frame: Extraction['frame']): frame is Frame {
  return 'shingles' in frame
}

/** The shingles in enough prompts of enough accounts that say something. */
function sharedBy(samples: readonly Sample[], prompts: readonly ReadonlySet<string>[]) {
  const found = new Map<string, { prompts: number; accounts: Set<string> }>()
  prompts.forEach((shingles, i) => {
    for (const one of shingles) {
      let seen = found.get(one)
      if (seen === undefined) found.set(one, (seen = { prompts: 0, accounts: new Set() }))
      seen.prompts++
      if (seen.accounts.size < FRAME.accountsMin) seen.accounts.add(samples[i]!.account)
    }
  })
  const least = FRAME.share * samples.length
  const shared = [...found].filter(([shingle, seen]) => {
    if (seen.prompts < least || seen.accounts.size < FRAME.accountsMin) return false
    return shingle
      .split(' ')
      .slice(1)
      .some((token) => !MEANINGLESS.has(token))
  })
  return new Set(shared.map(([shingle]) => shingle))
}

/** Only longer shingles say whose text it is: pairs of words are in any two texts. */
function isSlot(shingle: string, frame: ReadonlySet<string>): boolean {
  return shingle.startsWith('3') && !frame.has(shingle)
}

type Shingles = ReadonlySet<string>

/** Of all pairs, or evenly of so many as are worth the while; in rising order. */
function overPairs(sets: readonly Shingles[], measure: (a: Shingles, b: Shingles) => number) {
  const pairs = (sets.length * (sets.length - 1)) / 2
  const stride = Math.max(1, Math.floor(pairs / FRAME.pairsMax))
  const found: number[] = []
  let pair = 0
  for (let i = 0; i < sets.length; i++) {
    for (let j = i + 1; j < sets.length; j++) {
      if (pair++ % stride === 0) found.push(measure(sets[i]!, sets[j]!))
    }
  }
  return found
}

function commonOf(a: Shingles, b: Shingles): number {
  let common = 0
  for (const one of a) if (b.has(one)) common++
  return common
}

/** How much of the smaller is in the other. */
function containment(a: Shingles, b: Shingles): number {
  const size = Math.min(a.size, b.size)
  return size === 0 ? 1 : commonOf(a, b) / size
}

/** What both have, of what either has. */
function likeness(a: Shingles, b: Shingles): number {
  const common = commonOf(a, b)
  return common === 0 ? 0 : common / (a.size + b.size - common)
}

function lowOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 10)] ?? 0
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
