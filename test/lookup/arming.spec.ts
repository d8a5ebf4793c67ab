/** Which sketches may act on a node: not what everybody writes, nor its own customers. */
import assert from 'node:assert/strict'
import { commonShingles } from '../../src/background.js'
import { extractFrame, isFrame } from '../../src/core/frame.js'
import { ShingleHasher, sketchOf } from '../../src/core/sketch.js'
import { Arming } from '../../src/lookup/arming.js'
import { benignPrompt, filled, FRAMES, samplesOf } from '../support/campaign.js'
import { Random } from '../support/random.js'

const SKETCH = 21
const random = new Random(4)
const hasher = new ShingleHasher('99'.repeat(32))
const benign = Array.from({ length: 400 }, () => benignPrompt(random))

function sketchOfFrame(frame: string) {
  const found = extractFrame(samplesOf(frame, 24, 8, random), commonShingles()).frame
  assert.ok(isFrame(found))
  return { type: SKETCH, value: sketchOf(found.shingles, hasher)! }
}

describe('lookup/arming', () => {
  const armed = (own: readonly string[]) =>
    new Arming(commonShingles(), () => [hasher], own).isArmed

  it('a campaign’s frame is, unless ordinary prompts here have it', () => {
    const sketch = sketchOfFrame(FRAMES[0])
    assert.equal(armed([])(sketch), true)
    assert.equal(armed(benign)(sketch), true)
    // A customer's own application writes so, and a member calls it a campaign.
    const mine = benign.with(7, filled(FRAMES[0], random))
    assert.equal(armed(mine)(sketch), false)
    assert.equal(armed(mine)(sketchOfFrame(FRAMES[1])), true)
  })

  it('what is a tenth ordinary, out of order, or under another key is not', () => {
    const { value } = sketchOfFrame(FRAMES[2])
    const common = [...commonShingles()].slice(0, 6)
    const own = Array.from({ length: 40 }, (_, i) => `2 zzq qq${i}`)
    const mixed = sketchOf([...own, ...common], hasher)!
    assert.equal(armed([])({ type: SKETCH, value: mixed }), false)
    assert.equal(armed([])({ type: SKETCH, value: sketchOf(own, hasher)! }), true)
    const hashes = value.slice(8).match(/.{16}/g)!
    const swapped = value.slice(0, 8) + [...hashes.slice(1), hashes[0]!].join('')
    assert.equal(armed([])({ type: SKETCH, value: swapped }), false)
    const doubled = value.slice(0, 8) + [...hashes.slice(0, 16), hashes[15]!].join('')
    assert.equal(armed([])({ type: SKETCH, value: doubled }), false)
    assert.equal(armed([])({ type: SKETCH, value: `00000000${value.slice(8)}` }), false)
  })
})
