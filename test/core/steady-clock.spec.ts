/** Whose word a node takes for the time, and when it takes nobody's. */
import assert from 'node:assert/strict'
import type { AuthorId } from '../../src/core/identity.js'
import { DAY_MS, MINUTE_MS } from '../../src/core/limits.js'
import { SteadyClock } from '../../src/core/steady-clock.js'

const START = Date.UTC(2026, 10, 23)

function world(offsets: number[] = []) {
  const time = { wall: START, monotonic: 500 }
  const clock = new SteadyClock({
    wall: () => time.wall,
    monotonic: () => time.monotonic,
  })
  offsets.forEach((offset, i) => clock.hear(`peer ${i}` as AuthorId, START + offset))
  const pass = (ms: number) => {
    time.wall += ms
    time.monotonic += ms
  }
  return { time, clock, pass }
}

describe('core/steady-clock', () => {
  it('follows the wall clock and its small corrections', () => {
    const { time, clock, pass } = world([0, 0, 0])
    pass(5_000)
    assert.equal(clock.now(), START + 5_000)
    time.wall -= 900
    assert.equal(clock.now(), START + 4_100)
    assert.equal(clock.fault(), undefined)
  })

  it('does not follow a jump that peers do not confirm, and says so until it is undone', () => {
    for (const jump of [365 * DAY_MS, -365 * DAY_MS, 2 * MINUTE_MS]) {
      const { time, clock, pass } = world([10, -20, 30, 0])
      pass(1_000)
      time.wall += jump
      assert.equal(clock.now(), START + 1_000)
      assert.equal(clock.fault(), 'clock-jumped')
      pass(60_000)
      assert.equal(clock.now(), START + 61_000)
      time.wall -= jump
      assert.equal(clock.fault(), undefined)
      assert.equal(clock.now(), START + 61_000)
    }
  })

  it('follows a jump that peers confirm: the machine slept', () => {
    const { time, clock, pass } = world([DAY_MS, DAY_MS + 5, DAY_MS - 7])
    pass(10)
    time.wall += DAY_MS
    assert.equal(clock.now(), START + 10 + DAY_MS)
  })

  it('believes the wall clock where there is nobody to ask', () => {
    const { time, clock } = world([0, 0])
    time.wall += DAY_MS
    assert.equal(clock.now(), START + DAY_MS)
    assert.equal(clock.fault(), undefined)
  })

  it('is off by the median of peers, so that one liar moves nothing', () => {
    const off = 11 * MINUTE_MS
    assert.equal(world([off, off, 0]).clock.fault(), 'clock-off')
    assert.equal(world([-off, -off, -off]).clock.fault(), 'clock-off')
    assert.equal(world([365 * DAY_MS, 0, 5]).clock.fault(), undefined)
    assert.equal(world([off, off]).clock.fault(), undefined)
  })
})
