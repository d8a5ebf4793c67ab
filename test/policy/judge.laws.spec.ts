/** What holds of a verdict whatever the evidence. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ACTION, type Action } from '../../src/core/codes.js'
import { typeOf, type Indicator } from '../../src/core/indicator.js'
import { LIMITS } from '../../src/core/limits.js'
import type { Trust } from '../../src/core/roster.js'
import { judged, type Said } from '../support/evidence.js'
import { T0 } from '../support/samples.js'

const domain = { type: 5, value: 'example.com' }
const wide = { type: 3, value: '198.51.0.0/16' }
const HOUR = 3_600_000
const saidBy = (by: fc.Arbitrary<string>): fc.Arbitrary<Said> =>
  fc.record({
    by,
    key: fc.nat(1),
    action: fc.integer({ min: 1, max: 4 }),
    confidence: fc.integer({ min: 0, max: 100 }),
    pap: fc.integer({ min: 1, max: 4 }),
    firstHand: fc.boolean(),
    until: fc.integer({ min: 1, max: 400 }).map((hours) => T0 + hours * HOUR),
    time: fc.integer({ min: -20, max: 2 }).map((hours) => T0 + hours * HOUR),
  })
const key = fc.constantFrom<Indicator>(
  { type: 1, value: '198.51.100.7' },
  domain,
  wide,
  { type: 3, value: '2001:db8::/48' },
  { type: 13, value: 'example.com' },
)
/** A member has one trust level; its keys share it. */
const levels: fc.Arbitrary<Record<string, Trust>> = fc.record({
  B: fc.constantFrom('observe', 'corroborate', 'trusted'),
  C: fc.constantFrom('observe', 'corroborate', 'trusted'),
  D: fc.constantFrom('observe', 'corroborate', 'trusted'),
  own: fc.constant('trusted'),
})
const anySaid = fc
  .tuple(fc.array(saidBy(fc.constantFrom('B', 'C', 'D', 'own')), { maxLength: 7 }), levels)
  .map(([said, trust]) => said.map((one) => ({ ...one, trust: trust[one.by!]! })))
const moment = fc.integer({ min: -30, max: 420 }).map((hours) => T0 + hours * HOUR)
const rank = (action: Action): number => ACTION.code(action)

describe('policy/judge: laws', () => {
  it('the order of the evidence does not matter', () => {
    const shuffled = anySaid.chain((said) =>
      fc.tuple(fc.constant(said), fc.shuffledSubarray(said, { minLength: said.length })),
    )
    fc.assert(
      fc.property(shuffled, key, moment, ([said, other], on, now) => {
        const [a, b] = [judged(said, { now, key: on }), judged(other, { now, key: on })]
        assert.deepEqual([a.action, a.endsMs], [b.action, b.endsMs])
        assert.ok(Math.abs(a.score - b.score) < 1e-9)
      }),
      { numRuns: 1_000 },
    )
  })

  it('nothing acts above its type’s together cap, or above what was asked', () => {
    fc.assert(
      fc.property(anySaid, key, moment, (said, on, now) => {
        const { action } = judged(said, { now, key: on })
        assert.ok(rank(action) <= rank(typeOf(on.type).together(on.value)))
        assert.ok(rank(action) <= Math.max(0, ...said.map((one) => one.action!)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('what one member says acts no further than its alone cap, with any number of keys', () => {
    fc.assert(
      fc.property(fc.array(saidBy(fc.constant('B')), { maxLength: 5 }), key, (said, on) => {
        const { action } = judged(said, { now: T0, key: on })
        assert.ok(rank(action) <= rank(typeOf(on.type).alone(on.value)))
      }),
    )
  })

  it('members only observed, and second-hand reports, never do more than observe', () => {
    fc.assert(
      fc.property(anySaid, key, moment, (said, on, now) => {
        const watched = said.filter((one) => one.by !== 'own')
        const observed = watched.map((one) => ({ ...one, trust: 'observe' as const }))
        assert.ok(rank(judged(observed, { now, key: on }).action) <= rank('observe'))
        const secondHand = said.map((one) => ({ ...one, firstHand: false }))
        assert.ok(rank(judged(secondHand, { now, key: on }).action) <= rank('observe'))
      }),
    )
  })

  it('more evidence never weakens a verdict', () => {
    fc.assert(
      fc.property(anySaid, key, moment, (said, on, now) => {
        const fewer = judged(said.slice(1), { now, key: on }).action
        assert.ok(rank(fewer) <= rank(judged(said, { now, key: on }).action))
      }),
    )
  })

  it('holds until the end it names, and not a millisecond longer', () => {
    fc.assert(
      fc.property(anySaid, key, (said, on) => {
        const made = judged(said, { now: T0, key: on })
        if (made.action === 'allow') return
        assert.ok(made.endsMs > T0)
        assert.ok(rank(judged(said, { now: made.endsMs - 1, key: on }).action) >= rank(made.action))
        // Only a report that was still to come may keep it up.
        const begun = said.filter((one) => one.time! - LIMITS.futureMsMax <= T0)
        assert.ok(rank(judged(begun, { now: made.endsMs, key: on }).action) < rank(made.action))
      }),
      { numRuns: 1_000 },
    )
  })
})
