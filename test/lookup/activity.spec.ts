/** What was said over time: a ring of minutes and totals, in memory that does not grow. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.js'
import { Activity, LAG_SECONDS } from '../../src/lookup/activity.js'
import { NOW } from '../support/lab.js'

const QUIET = {
  ...{ reportsIn: 0, reportsOut: 0, takenBackIn: 0, takenBackOut: 0, otherIn: 0, otherOut: 0 },
  ...{ lagMsMedian: null, lagMsMax: null },
}
const report = { direction: 'in', kind: 'report', count: 1 } as const

describe('activity', () => {
  it('counts by minute, direction and kind, the quiet minutes too, oldest first', () => {
    const activity = new Activity()
    activity.note({ ...report, count: 3 }, NOW)
    activity.note({ direction: 'out', kind: 'report', count: 2 }, NOW + 1)
    activity.note({ direction: 'in', kind: 'revocation', count: 4 }, NOW + 2 * MINUTE_MS)
    activity.note({ direction: 'out', kind: 'revocation', count: 5 }, NOW + 2 * MINUTE_MS)
    activity.note({ direction: 'in', kind: 'sighting', count: 6 }, NOW + 2 * MINUTE_MS)
    activity.note({ direction: 'in', kind: 'dispute', count: 7 }, NOW + 2 * MINUTE_MS)
    activity.note({ direction: 'out', kind: 'dispute', count: 8 }, NOW + 2 * MINUTE_MS)
    assert.deepEqual(activity.minutes(NOW, NOW + 2 * MINUTE_MS + 59_999), [
      { ...QUIET, startMs: NOW, reportsIn: 3, reportsOut: 2 },
      { ...QUIET, startMs: NOW + MINUTE_MS },
      {
        ...{ ...QUIET, startMs: NOW + 2 * MINUTE_MS },
        ...{ takenBackIn: 4, takenBackOut: 5, otherIn: 13, otherOut: 8 },
      },
    ])
    assert.deepEqual(activity.totals.said, {
      in: { report: 3, revocation: 4, sighting: 6, dispute: 7 },
      out: { report: 2, revocation: 5, sighting: 0, dispute: 8 },
    })
  })

  it('holds the last day and no more; what is to come is nothing', () => {
    const activity = new Activity()
    activity.note(report, NOW)
    const day = 24 * HOUR_MS
    assert.equal(activity.minutes(NOW, NOW + day - 1)[0]!.reportsIn, 1)
    const later = activity.minutes(0, NOW + day)
    assert.equal(later.length, 24 * 60)
    assert.ok(later.every(({ reportsIn }) => reportsIn === 0))
    activity.note(report, NOW + day)
    assert.equal(activity.minutes(NOW + day, NOW + day)[0]!.reportsIn, 1)
    assert.deepEqual(activity.minutes(NOW + MINUTE_MS, NOW), [])
    assert.equal(activity.totals.said.in.report, 2)
  })

  it('tells how late a minute was, and all of them as Prometheus wants it', () => {
    const activity = new Activity()
    for (const lagMs of [50, 51, 400, 20_000, 900_000]) activity.note({ ...report, lagMs }, NOW)
    activity.note({ ...report, count: 9 }, NOW)
    const [{ lagMsMedian, lagMsMax, reportsIn }] = activity.minutes(NOW, NOW) as [
      ReturnType<Activity['minutes']>[number],
    ]
    assert.equal(reportsIn, 14)
    assert.ok(Math.abs(lagMsMedian! - 400) <= 40, String(lagMsMedian))
    assert.equal(lagMsMax, 900_000)
    const { buckets, sumSeconds, count } = activity.totals.lag
    assert.deepEqual(
      buckets.map(({ seconds }) => seconds),
      [...LAG_SECONDS, Infinity],
    )
    assert.deepEqual(
      buckets.map((bucket) => bucket.count),
      [1, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 5],
    )
    assert.equal(count, 5)
    assert.ok(Math.abs(sumSeconds - 920.501) < 1e-9)
  })

  it('a lag is never negative', () => {
    const activity = new Activity()
    activity.note({ ...report, lagMs: -5 }, NOW)
    assert.deepEqual(activity.minutes(NOW, NOW), [
      { ...QUIET, startMs: NOW, reportsIn: 1, lagMsMedian: 0, lagMsMax: 0 },
    ])
    assert.equal(activity.totals.lag.sumSeconds, 0)
  })

  it('law: the median is right to a tenth, whatever the lags', () => {
    const lags = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(lags, (all) => {
        const activity = new Activity()
        for (const lagMs of all) activity.note({ ...report, lagMs }, NOW)
        const sorted = all.toSorted((a, b) => a - b)
        const middle = sorted[Math.ceil(all.length / 2) - 1]!
        const { lagMsMedian, lagMsMax } = activity.minutes(NOW, NOW)[0]!
        assert.equal(lagMsMax, sorted.at(-1))
        const isBeyond = middle > 300_000 && lagMsMedian! >= 300_000
        assert.ok(isBeyond || Math.abs(lagMsMedian! - middle) <= 1 + middle / 10)
      }),
    )
  })
})
