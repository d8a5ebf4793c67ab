/** The short form of `npm run bench start`: ten times as much costs nearly the same. */
import assert from 'node:assert/strict'
import { benchStart } from './start.js'

/** The larger one has a checkpoint. */
const SIZES = [6_000, 60_000] as const

describe('bench: start', () => {
  it('a look-up, a report and a start cost little more with ten times as much live', async () => {
    const figures = await benchStart({ sizes: SIZES, seconds: 1, isShort: true }, 20261125)
    const told = JSON.stringify(figures)
    const times = (name: string) => {
      return Number(figures[`${name}@${SIZES[1]}`]) / Number(figures[`${name}@${SIZES[0]}`])
    }
    assert.ok(times('briefPerSecond') >= 0.4, told)
    assert.ok(times('reportMs') <= 4, told)
    assert.ok(times('startSeconds') <= 4, told)
    assert.ok(Number(figures[`rssMiB@${SIZES[1]}`]) <= 400, told)
  }).timeout(180_000)
})
