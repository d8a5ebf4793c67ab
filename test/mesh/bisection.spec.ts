/** Where two histories part is found in few questions, and a liar gets no more of them. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Bisection } from '../../src/mesh/bisection.js'

/** Asks until there is nothing left to ask; answers what was asked. */
function ask(low: number, high: number, differs: (seq: number) => boolean): number[] {
  const search = new Bisection(low, high)
  const asked: number[] = []
  for (let seq = search.probe; seq !== undefined; seq = search.probe) {
    asked.push(seq)
    search.answer(differs(seq))
  }
  return asked
}

const questionsMax = (low: number, high: number) => Math.log2(high - low + 1) + 2
const places = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 0, max: 2 ** 40 }))
  .map(([low, length]) => [low, low + length] as const)

describe('mesh bisection', () => {
  it('always asks for the first envelope that differs, and never twice for one', () => {
    fc.assert(
      fc.property(places, fc.double({ min: 0, max: 1, noNaN: true }), ([low, high], part) => {
        const first = low + Math.floor((high - low) * part)
        const asked = ask(low, high, (seq) => seq >= first)
        assert.ok(asked.includes(first))
        assert.equal(new Set(asked).size, asked.length)
        assert.ok(asked.length <= questionsMax(low, high))
      }),
    )
  })

  it('ends soon whatever it is told', () => {
    fc.assert(
      fc.property(places, fc.infiniteStream(fc.boolean()), ([low, high], lies) => {
        const asked = ask(low, high, () => lies.next().value!)
        assert.ok(asked.length <= questionsMax(low, high))
      }),
    )
  })

  it('asks nothing where nothing can be compared', () => {
    assert.deepEqual(
      ask(5, 4, () => true),
      [],
    )
  })
})
