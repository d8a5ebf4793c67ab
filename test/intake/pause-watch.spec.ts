/** What the log is told of pauses, and that rows of pauses that are over go. */
import assert from 'node:assert/strict'
import type { Log } from '../../src/core/ports.js'
import { PauseWatch } from '../../src/intake/pause-watch.js'
import { NOW, openLab, SILENT } from '../support/lab.js'

describe('intake/pause-watch', () => {
  it('tells of every beginning, change and end, once, and takes the row away', async () => {
    const lab = await openLab('A')
    const told: string[] = []
    const log: Log = {
      ...SILENT,
      warn: (code, of) => void told.push(`${code} ${String(of!['what'])}`),
    }
    const { state, lists: registrar } = lab
    const watch = new PauseWatch({ state, registrar, clock: () => lab.time.now, log })
    const pause = (untilMs: number, reason = 'x') =>
      registrar.change({
        table: 'pauses',
        name: 'enforce',
        row: { kind: 'enforce', reason, sinceMs: NOW, untilMs, by: 'operator' },
      })
    await watch.look()
    await pause(NOW + 1_000)
    await watch.look()
    await watch.look()
    assert.deepEqual(told, ['paused enforce'])
    await pause(NOW + 2_000, 'longer')
    lab.time.now = NOW + 1_999
    await watch.look()
    assert.equal(state.lists.of('pauses').size, 1)
    lab.time.now = NOW + 2_000
    await watch.look()
    await watch.look()
    assert.deepEqual(told, ['paused enforce', 'paused enforce', 'resumed enforce'])
    assert.equal(state.lists.of('pauses').size, 0)
  })

  it('a pause of before the start is told at the start', async () => {
    const lab = await openLab('A')
    const told: string[] = []
    const log: Log = { ...SILENT, warn: (code) => void told.push(code) }
    const row = { kind: 'publish', reason: 'x', sinceMs: NOW, by: 'operator' } as const
    await lab.lists.change({ table: 'pauses', name: 'publish', row })
    const { state, lists: registrar } = lab
    const watch = new PauseWatch({ state, registrar, clock: () => lab.time.now, log })
    watch.start()
    await watch.stop()
    assert.deepEqual(told, ['paused'])
  })
})
