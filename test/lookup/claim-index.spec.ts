/** The index: what is put in is found, and which network lengths are worth a probe. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { claimRegister } from '../../src/core/claims.js'
import { keyOf, type IndicatorKey } from '../../src/core/indicator.js'
import type { AuthorId } from '../../src/core/identity.js'
import { ClaimIndex } from '../../src/lookup/claim-index.js'
import { authorNamed, entry, report } from '../support/samples.js'

const authors = ['A', 'B'].map((name) => authorNamed(name).author)
const values = ['198.51.100.0/24', '203.0.113.0/24', '198.51.0.0/16', '2001:db8::/48']
const keys = values.map((value) => keyOf({ type: 3, value }))
const change = fc.record({
  key: fc.constantFrom(...keys),
  author: fc.constantFrom(...authors),
  present: fc.boolean(),
})
const lengthOf = (key: IndicatorKey): number => Number(key.slice(key.indexOf('/') + 1))

describe('lookup/claim-index', () => {
  it('agrees with a plain map after any changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const index = new ClaimIndex()
        const plain = new Map<string, [IndicatorKey, AuthorId]>()
        for (const { key, author, present } of changes) {
          const staircase = present ? [entry(author, 1, 0, report())] : []
          index.set(key, { author, kind: 'claim', about: null, staircase })
          if (present) plain.set(`${key} ${author}`, [key, author])
          else plain.delete(`${key} ${author}`)
        }
        for (const key of keys) {
          const held = [...plain.values()].flatMap(([k, author]) => (k === key ? author : []))
          assert.deepEqual(
            index
              .on(key)
              .map((one) => one.author)
              .sort(),
            held.sort(),
          )
          for (const author of authors) {
            const { length } = index.of(claimRegister(key, author))
            assert.equal(length, held.includes(author) ? 1 : 0)
          }
        }
        const live = new Set([...plain.values()].map(([key]) => key))
        assert.equal(index.size, live.size)
        assert.deepEqual(index.networkLengths(4), lengthsOf(live, '.'))
        assert.deepEqual(index.networkLengths(6), lengthsOf(live, '::'))
        assert.deepEqual(new Set([...index.entries()].map(([key]) => key)), live)
      }),
    )
  })
})

/** Longest first. */
function lengthsOf(keys: ReadonlySet<IndicatorKey>, mark: string): number[] {
  const lengths = [...keys].filter((key) => key.includes(mark)).map(lengthOf)
  return [...new Set(lengths)].sort((a, b) => b - a)
}
