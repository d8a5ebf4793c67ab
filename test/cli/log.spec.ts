/** Log lines: one JSON object each with its code, and never a value or a token. */
import assert from 'node:assert/strict'
import { createLog, type LogLevel } from '../../src/telemetry/log.js'

function lines(level: LogLevel) {
  const written: string[] = []
  const log = createLog(level, { write: (line) => written.push(line) })
  return {
    log,
    written,
    parsed: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

describe('log lines', () => {
  it('have a code, a level and a time', () => {
    const { log, parsed } = lines('info')
    log.info('mesh-started', { addresses: 1 })
    log.error('disk-failed')
    const [first, second] = parsed()
    assert.deepEqual(
      [first!['code'], first!['level'], first!['addresses']],
      ['mesh-started', 'info', 1],
    )
    assert.ok(!Number.isNaN(Date.parse(String(first!['time']))))
    assert.deepEqual([second!['code'], second!['level']], ['disk-failed', 'error'])
  })

  it('hide values and tokens at every depth', () => {
    const { log, written } = lines('info')
    const fields = {
      value: 'SECRET',
      deep: { list: [{ token: 'SECRET', value: { a: 'SECRET' } }] },
    }
    log.warn('x', fields)
    log.warn('x', { a: { b: { c: { d: { e: { f: { g: 'SECRET' } } } } } } })
    assert.equal(written.length, 2)
    assert.ok(!written.join('').includes('SECRET'))
  })

  it('keep their own code, and show errors without a stack', () => {
    const { log, parsed, written } = lines('info')
    log.warn('publish-failed', {
      code: 'other',
      error: Object.assign(new Error('why'), { code: 'E' }),
    })
    const [line] = parsed()
    assert.deepEqual([line!['code'], line!['cause']], ['publish-failed', 'other'])
    assert.deepEqual(line!['error'], { name: 'Error', message: 'why', code: 'E' })
    assert.ok(!written[0]!.includes('at '))
  })

  it('below the level are not written', () => {
    const { log, written } = lines('warn')
    log.info('x')
    assert.equal(written.length, 0)
    const silent = lines('silent')
    silent.log.error('x')
    assert.equal(silent.written.length, 0)
  })
})
