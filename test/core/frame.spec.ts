/** From prompts to a frame: what is found, and what each gate keeps from being told. */
import assert from 'node:assert/strict'
import { commonShingles } from '../../src/background.js'
import { extractFrame, isFrame, type Frame, type Sample } from '../../src/core/frame.js'
import { bandOf, hashesIn, isAscending, ShingleHasher, sketchOf } from '../../src/core/sketch.js'
import { canonicalTokens } from '../../src/core/canonical-text.js'
import { edited, EDITS } from '../bench/prompt-edits.js'
import {
  benignPrompt,
  FRAMES,
  FRAMES_CJK,
  filled,
  samplesOf,
  sentence,
} from '../support/campaign.js'
import { Random } from '../support/random.js'

const common = commonShingles()
const random = () => new Random(11)
const hasher = new ShingleHasher('ab'.repeat(32))

function frameOf(samples: readonly Sample[]): Frame {
  const { frame } = extractFrame(samples, common)
  assert.ok(isFrame(frame), JSON.stringify(frame))
  return frame
}

function refusal(samples: readonly Sample[]): string {
  const { frame, gates } = extractFrame(samples, common)
  assert.ok(!isFrame(frame))
  assert.deepEqual(
    gates.map(({ passed }) => passed),
    gates.map((_, i) => i < gates.length - 1),
  )
  return frame.code
}

/** Hits of a sketch in a prompt, by its band. */
function bandIn(value: string, prompt: string): string {
  const own = hasher.all(canonicalTokens(prompt))
  const held = new Set<string>()
  for (let i = 0; i < own.length; i += 2) held.add(`${own[i]} ${own[i + 1]}`)
  const hashes = hashesIn(value)
  let hits = 0
  for (let i = 0; i < hashes.length; i += 2) if (held.has(`${hashes[i]} ${hashes[i + 1]}`)) hits++
  return bandOf(hits, hashes.length / 2)
}

describe('core/frame', () => {
  for (const [i, frame] of [...FRAMES, ...FRAMES_CJK].entries()) {
    it(`frame ${i + 1}: its prompts are known again, edited too, and ordinary ones are not`, () => {
      const chance = random()
      const { shingles } = frameOf(samplesOf(frame, 24, 8, chance))
      const value = sketchOf(shingles, hasher)!
      assert.ok(isAscending(value))
      const share = (edit: (typeof EDITS)[number]) => {
        const bands = Array.from({ length: 60 }, () => {
          return bandIn(value, edited(filled(frame, chance), edit, chance))
        })
        return bands.filter((band) => band === 'act').length / bands.length
      }
      // Words of a language without spaces are not what the edits replace.
      const shares = EDITS.map(share)
      assert.ok(shares[0] === 1 && shares[4] === 1, shares.join())
      assert.ok(shares[1]! >= 0.96 && shares[2]! >= 0.88, shares.join())
      for (let n = 0; n < 300; n++) assert.equal(bandIn(value, benignPrompt(chance)), 'none')
      for (const other of [...FRAMES, ...FRAMES_CJK]) {
        if (other !== frame) assert.equal(bandIn(value, filled(other, chance)), 'none')
      }
    })
  }

  it('nothing of a slot is in it', () => {
    const chance = random()
    const samples = samplesOf(FRAMES[0], 30, 10, chance)
    const { shingles } = frameOf(samples)
    const written = FRAMES[0].toLowerCase().replace(/[^a-z ]/g, ' ')
    for (const shingle of shingles) {
      for (const token of shingle.split(' ').slice(1)) assert.ok(written.includes(token), shingle)
    }
  })

  it('a few prompts, or prompts of three accounts, are refused', () => {
    assert.equal(refusal(samplesOf(FRAMES[0], 19, 10, random())), 'too-few-prompts')
    assert.equal(refusal(samplesOf(FRAMES[0], 40, 3, random())), 'too-few-accounts')
  })

  it('prompts that share a passage are refused: all of them, half, or in groups', () => {
    const chance = random()
    const passages = Array.from({ length: 3 }, () => sentence(chance, 120))
    const about = (passage: (i: number) => string, words = 6) =>
      Array.from({ length: 30 }, (_, i) => ({
        prompt: FRAMES[0].replace('{slot}', `${passage(i)} ${sentence(chance, words)}`),
        account: `acct-${i % 10}`,
      }))
    assert.equal(refusal(about(() => passages[0]!)), 'slot-too-small')
    assert.equal(
      refusal(about((i) => (i % 2 === 0 ? passages[0]! : sentence(chance, 80)))),
      'shared-passage',
    )
    assert.equal(refusal(about((i) => passages[i % 2]!, 30)), 'shared-passage')
  })

  it('what ordinary prompts and public frameworks have is no frame', () => {
    const chance = random()
    const react =
      'Answer the following questions as best you can. You have access to the following tools: ' +
      'Use the following format: Question: the input question you must answer Thought: you ' +
      'should always think about what to do Action: the action to take, should be one of Action ' +
      'Input: the input to the action Observation: the result of the action Begin! Question: {slot}'
    assert.equal(refusal(samplesOf(react, 30, 10, chance)), 'not-specific')
    assert.equal(refusal(samplesOf('Please help me with this: {slot}', 30, 10, chance)), 'no-frame')
  })

  it('a sketch of too few shingles is none, and one of many has forty-eight hashes', () => {
    assert.equal(
      sketchOf(
        Array.from({ length: 15 }, (_, i) => `2 a ${i}`),
        hasher,
      ),
      undefined,
    )
    const many = sketchOf(
      Array.from({ length: 500 }, (_, i) => `2 a b${i}`),
      hasher,
    )!
    assert.equal(hashesIn(many).length / 2, 48)
    assert.equal(many.slice(0, 8), hasher.keyId)
  })
})
