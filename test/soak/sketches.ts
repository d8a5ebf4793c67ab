/**
 * Whatever is written as a prompt or told as a sketch: nothing throws, nothing takes long, and what
 * a value is read as is of its form. Seeded.
 */
import assert from 'node:assert/strict'
import { canonicalTokens } from '../../src/core/canonical-text.js'
import { isForm } from '../../src/core/canonical-form.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { typeOf } from '../../src/core/indicator.js'
import { KEYED_TYPES } from '../../src/core/keyed-form.js'
import { KeyRing } from '../../src/core/key-ring.js'
import { bandOf, ShingleHasher, shinglesOf, sketchOf } from '../../src/core/sketch.js'
import { distinct, SketchIndex } from '../../src/lookup/sketch-index.js'
import { benignPrompt, filled, FRAMES, FRAMES_CJK } from '../support/campaign.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures } from '../support/soak-run.js'

export interface SketchesOptions {
  readonly seed: number
  readonly prompts: number
  readonly sketches: number
}

/** Held at once: more would only find more. */
const HELD = 2_000
const SLOW_MS = 250

export function sketches({ seed, prompts, sketches: count }: SketchesOptions): Figures {
  const random = new Random(seed)
  const hasher = new ShingleHasher('77'.repeat(32))
  const parts = { keys: OPEN_FEDERATION.keys, types: KEYED_TYPES, local: '', issuers: [] }
  const ring = new KeyRing(parts, 0)
  const values = new Map<number, string>()
  const index = new SketchIndex((id) => values.get(id)!)
  const counts = { read: 0, refused: 0, acting: 0, slowestMs: 0 }
  for (let i = 0; i < count; i++) {
    const read = ring.read('sketch', sketchText(random))
    if (!read.ok) {
      counts.refused++
      continue
    }
    counts.read++
    assert.ok(isForm(typeOf(read.value.type), read.value.value))
    const id = i % HELD
    if (values.has(id)) index.remove(id)
    values.set(id, read.value.value)
    index.add(id)
  }
  for (let i = 0; i < prompts; i++) {
    const prompt = promptText(random)
    const began = performance.now()
    const tokens = canonicalTokens(prompt)
    const hits = index.hits(distinct(hasher.all(tokens)))
    for (const [id, found] of hits) {
      const of = (values.get(id)!.length - 8) / 16
      assert.ok(found <= of)
      if (bandOf(found, of) === 'act') counts.acting++
    }
    if (i % 16 === 0) sketchOf(shinglesOf(tokens), hasher)
    ring.read('prompt', prompt)
    counts.slowestMs = Math.max(counts.slowestMs, Math.round(performance.now() - began))
  }
  assert.ok(counts.slowestMs < SLOW_MS, `${counts.slowestMs} ms`)
  assert.equal(counts.acting, 0)
  return { prompts, sketches: count, ...counts }
}

/** Right, nearly right, or anything. */
function sketchText(random: Random): string {
  const hashes = random.below(5) === 0 ? random.below(60) : 16 + random.below(33)
  const half = () => random.below(0x1_0000_0000).toString(16).padStart(8, '0')
  const text = `keyed:${half()}${Array.from({ length: hashes }, () => half() + half()).join('')}`
  if (random.below(4) > 0) return text
  const at = random.below(text.length)
  return random.below(2) === 0 ? text.slice(0, at) : `${text.slice(0, at)}G${text.slice(at + 1)}`
}

function promptText(random: Random): string {
  const kind = random.below(6)
  if (kind === 0) return benignPrompt(random)
  if (kind === 1) return filled([...FRAMES, ...FRAMES_CJK][random.below(10)]!, random)
  const length = kind === 2 ? random.below(2_000) : random.below(120)
  let text = ''
  for (let i = 0; i < length; i++) {
    const place = random.below(8)
    if (place === 0) text += String.fromCharCode(random.below(0x10000))
    else if (place === 1) text += String.fromCodePoint(random.below(0x110000))
    else if (place === 2)
      text += [' ', '@', 'https://', '\u200b', '.', '0', 'ﬁ', '한'][random.below(8)]
    else text += String.fromCharCode(97 + random.below(26))
  }
  return text
}

await runSoak(import.meta.url, 'sketches', ({ seed }) =>
  Promise.resolve(sketches({ seed, prompts: 1_000_000, sketches: 1_000_000 })),
)
