/** A bucket that empties: the burst at once, the rest in its own time. */
import assert from 'node:assert/strict'
import { Pace } from '../../src/mesh/pace.js'

const SIGNAL = new AbortController().signal

describe('mesh pace', () => {
  it('lets the burst through at once and paces what follows', async () => {
    const pace = new Pace(1_000_000, 50_000)
    const start = performance.now()
    for (let i = 0; i < 5; i++) await pace.take(10_000, SIGNAL)
    assert.ok(performance.now() - start < 30)
    await pace.take(100_000, SIGNAL)
    const tookMs = performance.now() - start
    assert.ok(tookMs >= 90, `${tookMs} ms`)
  })

  it('gives up waiting when told to', async () => {
    const pace = new Pace(1_000, 1_000)
    await pace.take(1_000, SIGNAL)
    const control = new AbortController()
    const waiting = pace.take(100_000, control.signal)
    control.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
  })
})
