/**
 * `npm run bench sketch`: recall beside other methods, where prompts are at hand
 * (`TOCSIN_PROMPTS=FOLDER` with frames.jsonl and benign.jsonl), and what matching costs with many
 * sketches.
 */
import { canonicalTokens } from '../../src/core/canonical-text.js'
import { bandOf, ShingleHasher } from '../../src/core/sketch.js'
import { distinct, SketchIndex } from '../../src/lookup/sketch-index.js'
import { benignCjk, benignPrompt, filled, FRAMES_CJK, sentence } from '../support/campaign.js'
import { quantile } from '../support/fleet.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { promptsIn, recallOf } from './sketch-recall.js'

export interface SketchBench {
  readonly seed: number
  readonly sketches: number
  readonly prompts: number
}

const HASHES = 48
const WORDS = 300

/** Made-up sketches: hashes say nothing, and any are as good as any. */
function madeUp(keyId: string): (id: number) => string {
  const bytes = Buffer.alloc(8 * HASHES)
  return (id) => {
    for (let i = 0; i < 2 * HASHES; i++) {
      const mixed = Math.imul(id + 1, 0x9e3779b1) ^ Math.imul(i + 1, 0x85ebca6b)
      bytes.writeUInt32BE(Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 0, 4 * i)
    }
    return keyId + bytes.toString('hex')
  }
}

export function costOf({ seed, sketches, prompts }: SketchBench): Figures {
  const random = new Random(seed)
  const hasher = new ShingleHasher('5a'.repeat(32))
  const index = new SketchIndex(madeUp(hasher.keyId))
  const began = performance.now()
  for (let id = 0; id < sketches; id++) index.add(id)
  const buildMs = performance.now() - began
  const texts = Array.from({ length: Math.min(prompts, 500) }, () => sentence(random, WORDS))
  const [times, readTimes]: number[][] = [[], []]
  let acting = 0
  for (let i = 0; i < prompts; i++) {
    const start = performance.now()
    const parts = canonicalTokens(texts[i % texts.length]!)
    const hashes = distinct(hasher.all(parts))
    readTimes!.push(performance.now() - start)
    for (const hits of index.hits(hashes).values()) if (bandOf(hits, HASHES) === 'act') acting++
    times!.push(performance.now() - start)
  }
  const huge = benignPrompt(random)
    .repeat(1 + Math.ceil((10 << 20) / 200))
    .slice(0, 10 << 20)
  const start = performance.now()
  index.hits(distinct(hasher.all(canonicalTokens(huge))))
  const hugeMs = performance.now() - start
  const ms = (value: number) => Math.round(value * 1_000) / 1_000
  return {
    sketches,
    prompts,
    p50Ms: ms(quantile(times!, 0.5)),
    p99Ms: ms(quantile(times!, 0.99)),
    ofItReadingMs: ms(quantile(readTimes!, 0.5)),
    tenMegabytesMs: ms(hugeMs),
    buildMs: Math.round(buildMs),
    bytesPerSketch: Math.round(index.bytes / sketches),
    falselyActing: acting,
  }
}

await runSoak(import.meta.url, 'sketch', async ({ seed }) => {
  const folder = process.env['TOCSIN_PROMPTS']
  if (folder !== undefined) {
    for (const half of [0, 1] as const) {
      const { campaigns, benign } = await promptsIn(folder, half)
      const { rows, ...counts } = recallOf(campaigns, benign, seed)
      console.log(`half ${half}: ${JSON.stringify(counts)}`)
      console.table(rows)
    }
  }
  const random = new Random(seed)
  const cjk = FRAMES_CJK.map((frame) => ({
    frame,
    prompts: Array.from({ length: 60 }, () => filled(frame, random)),
  }))
  const others = Array.from({ length: 2_000 }, () => benignCjk(random))
  const { rows, ...counts } = recallOf(cjk, others, seed)
  console.log(`Chinese and Japanese: ${JSON.stringify(counts)}`)
  console.table(rows)
  const small = costOf({ seed, sketches: 20_000, prompts: 5_000 })
  console.table(small)
  return costOf({ seed, sketches: 1_000_000, prompts: 5_000 })
})
