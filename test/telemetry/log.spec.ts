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

  it('hide what is named after an indicator or a secret, at every depth', () => {
    const { log, written } = lines('info')
    const fields = {
      value: 'SECRET',
      deep: { list: [{ token: 'SECRET', value: { a: 'SECRET' } }] },
    }
    log.warn('x', fields)
    for (const name of [
      'apiKey',
      'x-api-key',
      'clientSecret',
      'Authorization',
      'set-cookie',
      'prompts',
    ])
      log.warn('x', { deep: [{ [name]: 'SECRET' }, { [name]: ['SECRET'] }] })
    log.warn('x', { a: { b: { c: { d: { e: { f: { g: 'SECRET' } } } } } } })
    assert.equal(written.length, 8)
    assert.ok(!written.join('').includes('SECRET'))
  })

  it('hide tokens in texts and errors, and bytes', () => {
    const { log, parsed, written } = lines('info')
    const token = `tocsin_${'a1-_'.repeat(10)}`
    const error = new Error(`bad header: Bearer abc.def, ${token}`)
    log.warn('x', { error, url: `https://h/?t=${token}&n=1`, seen: Buffer.from('SECRET') })
    assert.ok(!written[0]!.includes('a1-_') && !written[0]!.includes('abc.def'))
    const [line] = parsed()
    assert.equal(line!['url'], 'https://h/?t=[hidden]&n=1')
    assert.equal(line!['seen'], '[6 bytes]')
    assert.equal(line!['level'], 'warn')
  })

  it('keep what is none of these: counts, hashes, members', () => {
    const { log, parsed } = lines('info')
    log.info('x', { keyed: 1, peer: '12D3', hash: 'ab', tokens_left: 3, member: 'Lab B' })
    const { keyed, peer, hash, member, tokens_left: left } = parsed()[0]!
    assert.deepEqual([keyed, peer, hash, left, member], [1, '12D3', 'ab', 3, 'Lab B'])
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
    log.debug('x')
    assert.equal(written.length, 0)
    const chatty = lines('debug')
    for (const level of ['debug', 'info'] as const) chatty.log[level]('x')
    assert.deepEqual(
      chatty.parsed().map(({ level }) => level),
      ['debug', 'info'],
    )
    const silent = lines('silent')
    silent.log.error('x')
    assert.equal(silent.written.length, 0)
  })
})
