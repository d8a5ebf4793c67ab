/** The two hashes: order-free, incremental, and different where anything differs. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { encode } from '../../src/core/canonical.js'
import type { ClaimEntry } from '../../src/core/claims.js'
import { addLanes, dayOf, emptyLanes, logHash, StateSums } from '../../src/core/heads.js'
import { bytesOf } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { toWire } from '../../src/core/statement.js'
import { authorNamed, entry, refOf, report, revocation, T0 } from '../support/samples.js'

const authors = ['A', 'B', 'C'].map((name) => authorNamed(name).author)
const entries: fc.Arbitrary<ClaimEntry[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom(...authors),
      fc.nat(5),
      fc.nat(3),
      fc.integer({ min: 0, max: 9 }),
      fc.boolean(),
    )
    .map(([author, seq, index, days, revokes]) => {
      const until = T0 + days * DAY_MS
      return entry(author, seq, index, revokes ? revocation({ until }) : report({ until }))
    }),
  { maxLength: 20 },
)
const today = dayOf(T0)

function sumOf(some: readonly ClaimEntry[]): StateSums {
  const sums = new StateSums()
  for (const one of some) sums.change(one, 1)
  return sums
}

describe('core/heads: stateHash', () => {
  it('is made of SHA-512 read as sixteen little-endian numbers', () => {
    const one = entry(authors[0]!, 1, 0, report())
    const wire = encode([bytesOf(authors[0]!), 1, 0, toWire(one.statement)])
    const digest = createHash('sha512').update('tocsin/1/claim\0').update(wire).digest('hex')
    assert.equal(sumOf([one]).authorHash(authors[0]!, today), digest)
  })

  it('does not depend on the order', () => {
    const shuffled = entries.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
    )
    fc.assert(
      fc.property(shuffled, ([some, other]) => {
        assert.equal(sumOf(other).stateHash(today), sumOf(some).stateHash(today))
      }),
    )
  })

  it('adding and taking out again leaves nothing', () => {
    fc.assert(
      fc.property(entries, entries, (some, more) => {
        const sums = sumOf([...some, ...more])
        for (const one of more) sums.change(one, -1)
        assert.equal(sums.stateHash(today), sumOf(some).stateHash(today))
        for (const one of some) sums.change(one, -1)
        assert.equal(sums.stateHash(today), new StateSums().stateHash(today))
      }),
    )
  })

  it('does not notice the sweep of what ended before its day', () => {
    fc.assert(
      fc.property(entries, fc.nat(10), (some, days) => {
        const sums = sumOf(some)
        const before = sums.stateHash(today + days)
        sums.dropBefore(today + days)
        assert.equal(sums.stateHash(today + days), before)
        const kept = some.filter((one) => dayOf(one.statement.until) >= today + days)
        assert.equal(sumOf(kept).stateHash(today + days), before)
      }),
    )
  })

  it('differs where author, place, key or anything said differs', () => {
    const [a, b] = authors as [(typeof authors)[0], (typeof authors)[0]]
    const variants = [
      entry(a, 1, 0, report()),
      entry(b, 1, 0, report()),
      entry(a, 2, 0, report()),
      entry(a, 1, 1, report()),
      entry(a, 1, 0, report({ value: '198.51.100.8' })),
      entry(a, 1, 0, report({ confidence: 81 })),
      entry(a, 1, 0, revocation()),
    ]
    const hashes = variants.map((one) => sumOf([one]).stateHash(today))
    assert.equal(new Set(hashes).size, variants.length)
    assert.notEqual(sumOf(variants).authorHash(a, today), sumOf(variants).authorHash(b, today))
  })

  it('can be kept and given back, day by day', () => {
    fc.assert(
      fc.property(entries, (some) => {
        const sums = sumOf(some)
        const again = new StateSums()
        for (const { author, day, lanes } of sums.entries()) again.set(author, day, lanes)
        assert.equal(again.stateHash(today), sums.stateHash(today))
      }),
    )
  })

  it('hands out copies: changing one does not change the sums', () => {
    const sums = sumOf([entry(authors[0]!, 1, 0, report())])
    const before = sums.stateHash(today)
    for (const { lanes } of sums.entries()) lanes.fill(7)
    assert.equal(sums.stateHash(today), before)
  })

  it('lanes add modulo 2^32', () => {
    const lanes = emptyLanes()
    lanes[0] = 0xffffffff
    const one = emptyLanes()
    one[0] = 2
    addLanes(lanes, one)
    assert.deepEqual([lanes[0], lanes[1]], [1, 0])
  })
})

describe('core/heads: logHash', () => {
  it('covers author, seq and id, in any order', () => {
    const heads = authors.map((author, i) => refOf(author, i + 1))
    assert.equal(logHash([...heads].reverse()), logHash(heads))
    const hashes = [heads, heads.slice(1), [...heads.slice(1), refOf(authors[0]!, 9)], []]
    assert.equal(new Set(hashes.map((some) => logHash(some))).size, 4)
  })
})
