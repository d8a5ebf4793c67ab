/** The staircase against the definition it stands for, over random logs, orders and moments. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  actsFrom,
  actsUntil,
  claimAt,
  endOf,
  standing,
  take,
  type ClaimEntry,
  type Staircase,
} from '../../src/core/claims.js'
import { DAY_MS, LIMITS, MINUTE_MS } from '../../src/core/limits.js'
import { authorNamed, entry, report, revocation, T0 } from '../support/samples.js'

const { author } = authorNamed('A')

/** Few distinct times and places, so that ties and repeats are common. */
const entries: fc.Arbitrary<ClaimEntry[]> = fc
  .uniqueArray(
    fc.record({
      seq: fc.integer({ min: 1, max: 6 }),
      index: fc.nat(3),
      until: fc.integer({ min: 1, max: 12 }),
      revokes: fc.boolean(),
    }),
    { maxLength: 14, selector: ({ seq, index }) => `${seq}/${index}` },
  )
  .map((rows) =>
    rows.map(({ seq, index, until, revokes }) =>
      entry(author, seq, index, revokes ? revocation({ until }) : report({ until }), 0),
    ),
  )
const moment = fc.integer({ min: 0, max: 13 })
const fold = (some: readonly ClaimEntry[]): Staircase => some.reduce(take, [] as Staircase)

const isNewer = (a: ClaimEntry, b: ClaimEntry): boolean =>
  a.envelope.seq - b.envelope.seq > 0 || (a.envelope.seq === b.envelope.seq && a.index > b.index)

/** DESIGN.md §4 word for word: the newest among those whose `until` is still ahead. */
function newestAhead(some: readonly ClaimEntry[], now: number): ClaimEntry | undefined {
  return some
    .filter((one) => one.statement.until > now)
    .reduce<ClaimEntry | undefined>((best, one) => {
      return best === undefined || isNewer(one, best) ? one : best
    }, undefined)
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, i) =>
    permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]),
  )
}

describe('core/claims: the staircase', () => {
  it('does not depend on order or repetition', () => {
    const shuffled = entries.chain((some) =>
      fc.tuple(
        fc.constant(some),
        fc.shuffledSubarray([...some, ...some], { minLength: some.length * 2 }),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([some, again]) => assert.deepEqual(fold(again), fold(some))),
      { numRuns: 1_000 },
    )
  })

  it('is the same for every permutation of a small log', () => {
    fc.assert(
      fc.property(
        entries.filter((some) => some.length <= 5),
        (some) => {
          const expected = fold(some)
          for (const order of permutations(some)) assert.deepEqual(fold(order), expected)
        },
      ),
    )
  })

  it('stands for the newest statement whose until is ahead, at any moment', () => {
    fc.assert(
      fc.property(entries, moment, (some, now) => {
        const expected = newestAhead(some, now)
        assert.equal(standing(fold(some), now), expected)
        const claim = claimAt(fold(some), now)
        if (expected?.statement.kind !== 'report') return assert.equal(claim, undefined)
        assert.deepEqual(claim, {
          envelope: expected.envelope,
          index: expected.index,
          report: expected.statement,
        })
      }),
      { numRuns: 2_000 },
    )
  })

  it('dropping what has expired changes no later answer, before or after it is folded', () => {
    fc.assert(
      fc.property(entries, moment, moment, (some, now, later) => {
        const at = Math.max(now, later)
        const kept = fold(some.filter((one) => one.statement.until > now))
        assert.deepEqual(claimAt(kept, at), claimAt(fold(some), at))
        const pruned = fold(some).filter((one) => one.statement.until > now)
        assert.deepEqual(claimAt(pruned, at), claimAt(fold(some), at))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is newest first with rising until, and ends with the last', () => {
    fc.assert(
      fc.property(entries, (some) => {
        const stairs = fold(some)
        stairs.slice(1).forEach((older, i) => {
          assert.ok(isNewer(stairs[i]!, older))
          assert.ok(stairs[i]!.statement.until < older.statement.until)
        })
        assert.equal(endOf(stairs), Math.max(0, ...some.map((one) => one.statement.until)))
      }),
    )
  })

  it('answers the same object where nothing changes', () => {
    fc.assert(
      fc.property(entries, (some) => {
        const stairs = fold(some)
        for (const one of some) assert.equal(take(stairs, one), stairs)
      }),
    )
  })

  it('a revocation with the largest until of what it withdraws leaves no claim, ever', () => {
    fc.assert(
      fc.property(entries, moment, (some, now) => {
        const until = Math.max(1, ...some.map((one) => one.statement.until))
        const stairs = take(fold(some), entry(author, 99, 0, revocation({ until }), 0))
        assert.equal(claimAt(stairs, now), undefined)
      }),
    )
  })
})

describe('core/claims: when a claim acts', () => {
  const claim = (until: number) =>
    claimAt([entry(author, 1, 0, report({ until }))], T0 - DAY_MS) ?? assert.fail()

  it('a life over the type’s maximum is clipped', () => {
    assert.equal(actsUntil(claim(T0 + 100 * DAY_MS)), T0 + 7 * DAY_MS)
    assert.equal(actsUntil(claim(T0 + DAY_MS)), T0 + DAY_MS)
  })

  it('a report from ahead waits, but for ten minutes of clock error', () => {
    assert.equal(actsFrom(claim(T0 + DAY_MS)), T0 - 10 * MINUTE_MS)
    assert.equal(LIMITS.futureMsMax, 10 * MINUTE_MS)
  })
})
