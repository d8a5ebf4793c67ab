/**
 * How many prompts of a campaign are known again, edited as its authors might, and how many
 * ordinary ones are taken for it; SimHash and MinHash beside, at the lowest threshold at which no
 * more than one in ten thousand ordinary prompts is.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commonShingles } from '../../src/background.js'
import { canonicalTokens } from '../../src/core/canonical-text.js'
import { extractFrame, isFrame } from '../../src/core/frame.js'
import { bandOf, hashesIn, ShingleHasher, sketchOf } from '../../src/core/sketch.js'
import { SketchIndex, distinct } from '../../src/lookup/sketch-index.js'
import { Random } from '../support/random.js'
import { minHash, sameShare, simHash } from './likeness.js'
import { edited, EDITS, type Edit } from './prompt-edits.js'

/** Prompts that a sketch is made of, and those of the same frame that it is tried on. */
const MADE_OF = 20
const TRIED_ON = 30
const ACCOUNTS = 10

export interface Campaign {
  readonly frame: string
  readonly prompts: readonly string[]
}

export interface Recall {
  readonly edit: Edit
  readonly prompts: number
  /** Percent, with the bounds of 95 % (Wilson). */
  readonly act: string
  readonly watch: string
  readonly simHash: string
  readonly minHash: string
}

export interface RecallTable {
  readonly frames: number
  readonly eligible: number
  readonly refused: Readonly<Record<string, number>>
  readonly benign: number
  readonly benignActing: number
  readonly benignWatched: number
  readonly rows: readonly Recall[]
}

/** `frames.jsonl` and `benign.jsonl`; every second frame by name, the others choose nothing. */
export async function promptsIn(folder: string, half: 0 | 1) {
  const lines = async (name: string) => {
    const text = await readFile(join(folder, name), 'utf8')
    const rows = text.trim().split('\n')
    return rows.map((line) => JSON.parse(line) as { frame: string; prompt: string })
  }
  const byFrame = new Map<string, string[]>()
  for (const { frame, prompt } of await lines('frames.jsonl')) {
    byFrame.set(frame, [...(byFrame.get(frame) ?? []), prompt])
  }
  const names = [...byFrame.keys()].sort().filter((_, i) => i % 2 === half)
  const campaigns = names.map((frame) => ({ frame, prompts: byFrame.get(frame)! }))
  return { campaigns, benign: (await lines('benign.jsonl')).map(({ prompt }) => prompt) }
}

interface Eligible extends Campaign {
  readonly first: string
}

export function recallOf(
  campaigns: readonly Campaign[],
  benign: readonly string[],
  seed: number,
): RecallTable {
  const random = new Random(seed)
  const hasher = new ShingleHasher('5a'.repeat(32))
  const values: string[] = []
  const index = new SketchIndex((id) => values[id]!)
  const refused: Record<string, number> = {}
  const eligible: Eligible[] = []
  for (const { frame, prompts } of campaigns) {
    const mixed = shuffled(prompts, random)
    const samples = mixed.slice(0, MADE_OF).map((prompt, i) => {
      return { prompt, account: `a${i % ACCOUNTS}` }
    })
    const found = extractFrame(samples, commonShingles()).frame
    if (!isFrame(found)) {
      refused[found.code] = (refused[found.code] ?? 0) + 1
      continue
    }
    values.push(sketchOf(found.shingles, hasher)!)
    index.add(values.length - 1)
    const rest = mixed.slice(MADE_OF, MADE_OF + TRIED_ON)
    eligible.push({ frame, prompts: rest, first: samples[0]!.prompt })
  }
  const bandsOf = (prompt: string) => {
    const hits = index.hits(distinct(hasher.all(canonicalTokens(prompt))))
    return (id: number) => bandOf(hits.get(id) ?? 0, hashesIn(values[id]!).length / 2)
  }
  const all = values.map((_, id) => id)
  const ordinary = benign.map((prompt) => all.map(bandsOf(prompt)))
  const likeness = [simHash, minHash].map((of) => thresholdOf(of, eligible, benign))
  const rows = EDITS.map((edit): Recall => {
    const bands: string[] = []
    const alike = [0, 0]
    eligible.forEach(({ prompts }, id) => {
      for (const prompt of prompts) {
        const text = edited(prompt, edit, random)
        bands.push(bandsOf(text)(id))
        likeness.forEach((reaches, i) => (alike[i]! += Number(reaches(id, text))))
      }
    })
    const count = (of: (band: string) => boolean) => bands.filter(of).length
    return {
      edit,
      prompts: bands.length,
      act: percent(
        count((band) => band === 'act'),
        bands.length,
      ),
      watch: percent(
        count((band) => band !== 'none'),
        bands.length,
      ),
      simHash: percent(alike[0]!, bands.length),
      minHash: percent(alike[1]!, bands.length),
    }
  })
  return {
    frames: campaigns.length,
    eligible: eligible.length,
    refused,
    benign: benign.length,
    benignActing: ordinary.filter((bands) => bands.includes('act')).length,
    benignWatched: ordinary.filter((bands) => bands.some((band) => band !== 'none')).length,
    rows,
  }
}

/** Whether a prompt is as much like a frame's first one as no ordinary prompt is, but for a few. */
function thresholdOf(
  of: (prompt: string) => ArrayLike<number>,
  eligible: readonly Eligible[],
  benign: readonly string[],
): (id: number, prompt: string) => boolean {
  const firsts = eligible.map(({ first }) => of(first))
  const nearest = benign.map((prompt) => {
    const own = of(prompt)
    return Math.max(...firsts.map((first) => sameShare(first, own)))
  })
  const allowed = Math.floor(benign.length / 10_000)
  const least = nearest.sort((a, b) => b - a)[allowed]!
  return (id, prompt) => sameShare(firsts[id]!, of(prompt)) > least
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items]
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[all[i], all[j]] = [all[j]!, all[i]!]
  }
  return all
}

/** With the bounds of 95 % (Wilson). */
export function percent(count: number, of: number): string {
  const [z, p] = [1.96, of === 0 ? 0 : count / of]
  const middle = p + (z * z) / (2 * of)
  const spread = z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))
  const shown = (value: number) => (100 * value).toFixed(1)
  const [low, high] = [middle - spread, middle + spread].map((v) => v / (1 + (z * z) / of))
  return `${shown(p)} (${shown(low!)}–${shown(high!)})`
}
