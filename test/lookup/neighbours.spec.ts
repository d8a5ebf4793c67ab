/** The first addresses of a /64 are the same whatever the order of adding and removing. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LIMITS } from '../../src/core/limits.js'
import { Neighbours } from '../../src/lookup/neighbours.js'

const value = fc.integer({ min: 0, max: 300 }).map((n) => `2001:db8::${n.toString(16)}`)
const step = fc.record({ add: fc.boolean(), value })

describe('lookup/neighbours', () => {
  it('answers as a sorted set would', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const neighbours = new Neighbours()
        const plain = new Set<string>()
        for (const { add, value: one } of steps) {
          if (add === plain.has(one)) continue
          if (add) {
            plain.add(one)
            neighbours.add(one)
          } else {
            plain.delete(one)
            neighbours.remove(one)
          }
          assert.deepEqual(neighbours.first(), [...plain].sort().slice(0, LIMITS.neighboursMax))
          assert.equal(neighbours.isEmpty, plain.size === 0)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('a crowd comes and goes without a walk each time', () => {
    const neighbours = new Neighbours()
    const crowd = Array.from({ length: 50_000 }, (_, i) => String(i).padStart(6, '0'))
    for (const one of crowd) neighbours.add(one)
    for (const one of crowd) neighbours.remove(one)
    assert.equal(neighbours.isEmpty, true)
  })
})
