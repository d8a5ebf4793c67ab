/** The index of sketches finds what looking through all of them would, whatever came and went. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hashesIn } from '../../src/core/sketch.js'
import { stateFrom, stateImage } from '../../src/lookup/state-image.js'
import { distinct, SketchIndex } from '../../src/lookup/sketch-index.js'
import { report } from '../support/samples.js'
import { Stage } from '../support/stage.js'

const KEY = 'aabbccdd'
const hash = fc.nat(60).map((n) => (n * 0x01234567).toString(16).padStart(16, '0'))
const value = fc
  .uniqueArray(hash, { minLength: 16, maxLength: 20 })
  .map((hashes) => KEY + hashes.sort().join(''))
const steps = fc.array(fc.record({ id: fc.nat(40), adds: fc.boolean(), value }), { maxLength: 200 })

/** As one reads: which of a sketch's hashes are among those asked about. */
function looked(values: ReadonlyMap<number, string>, asked: ReadonlySet<string>) {
  const found = new Map<number, number>()
  for (const [id, held] of values) {
    const hits = held
      .slice(8)
      .match(/.{16}/g)!
      .filter((one) => asked.has(one)).length
    if (hits > 0) found.set(id, hits)
  }
  return [...found].sort(([a], [b]) => a - b)
}

describe('lookup/sketch-index', () => {
  it('law: adding and removing in any order, it finds what a plain search does', () => {
    fc.assert(
      fc.property(steps, fc.uniqueArray(hash, { maxLength: 60 }), (taken, asked) => {
        const values = new Map<number, string>()
        const index = new SketchIndex((id) => values.get(id)!)
        for (const { id, adds, value: made } of taken) {
          if (adds && !values.has(id)) {
            values.set(id, made)
            index.add(id)
          } else if (!adds && values.has(id)) {
            index.remove(id)
            values.delete(id)
          }
        }
        const halves = hashesIn(KEY + [...asked, ...asked].join(''))
        const found = [...index.hits(distinct(halves))].sort(([a], [b]) => a - b)
        assert.deepEqual(found, looked(values, new Set(asked)))
        assert.equal(index.size, values.size)
      }),
      { numRuns: 300 },
    )
  })

  it('grows without losing any, and forgets what went away', () => {
    const valueOf = (id: number) => {
      const hashes = Array.from({ length: 48 }, (_, i) =>
        (id * 64 + i).toString(16).padStart(16, '0'),
      )
      return KEY + hashes.join('')
    }
    const index = new SketchIndex(valueOf)
    for (let id = 0; id < 2_000; id++) index.add(id)
    for (let id = 0; id < 2_000; id += 2) index.remove(id)
    for (let id = 0; id < 2_000; id++) {
      const hits = index.hits(hashesIn(valueOf(id)))
      assert.deepEqual([...hits], id % 2 === 0 ? [] : [[id, 48]])
    }
  })

  it('a state that was copied finds the same sketches', () => {
    const hashes = Array.from({ length: 16 }, (_, i) => i.toString(16).padStart(16, '0'))
    const made = KEY + hashes.join('')
    const stage = new Stage().admit('B').say('B', report({ type: 21, value: made }))
    const { own, name } = stage.state
    const bytes = Buffer.concat(stateImage(stage.state))
    const copy = stateFrom(bytes, { own, name, hashKey: [7, 9] })
    assert.ok(copy.ok)
    for (const state of [stage.state, copy.value]) {
      const [id] = [...state.claims.sketches.hits(hashesIn(made)).keys()]
      assert.equal(state.claims.keyAt(id!).value, made)
    }
  })
})
