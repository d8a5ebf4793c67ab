/** Taking back and contradicting as a person types it. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toWire } from '../../src/core/statement.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { openApi, OPERATOR_TOKEN, TOKENS, type Api } from '../http/api.js'
import { tocsin } from '../support/command.js'
import { forge } from '../support/forge.js'
import { hand, NOW, openLab, ownOf, seedOf } from '../support/lab.js'
import { report } from '../support/samples.js'

const IP = '198.51.100.7'

describe('cli: reversal', () => {
  let folder: string
  let api: Api
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'tocsin-cli-'))))
  after(() => rm(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    api = await openApi()
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
  })
  afterEach(() => api.stop())
  const cli = (...args: string[]) => tocsin(['--data', folder, ...args])

  it('dispute and sighting', async () => {
    const b = await openLab('b')
    await api.lab.admit('Lab B', 'corroborate', 'member', 'b')
    await b.voice.report([{ type: 'ip', value: IP }])
    await hand(b, api.lab)
    const named = ['dispute', 'ip', IP, '--member', 'Lab B']
    const disputed = await cli(...named, '--reason', 'own-customer')
    assert.equal(disputed.err, '')
    assert.match(disputed.out, /^disputed +net\.ipv4 198\.51\.100\.7 +envelope [0-9a-f]{64}\n$/)
    assert.match((await cli(...named, '--reason', 'own-customer')).out, /^already disputed/)
    assert.match((await cli('check', 'ip', IP)).out, /^observe .*\n.*held: disputed-here/)
    assert.match((await cli(...named, '--withdraw')).out, /^withdrawn/)
    assert.match((await cli('dispute', 'ip', IP, '--withdraw')).out, /^already withdrawn/)
    assert.match((await cli('check', 'ip', IP)).out, /^throttle/)
    assert.match((await cli('sighting', 'ip', IP, '--count', '5-19')).out, /^seen +net\.ipv4/)
    assert.match((await cli('sighting', 'ip', IP, '--count', '5-19')).out, /^seen: said already/)
    const own = await cli('dispute', 'ip', '198.51.100.8', '--reason', 'stale')
    assert.deepEqual([own.code, /^tocsin: nothing-to-dispute: /.test(own.err)], [1, true])
  })

  it('revoke --file: a line each, what was never said is refused by line', async () => {
    await cli('report', 'ip', IP)
    await cli('report', 'domain', 'actor.example.net')
    const path = join(folder, 'back.csv')
    await writeFile(path, `type,value,reason\nip,${IP},legal\nip,198.51.100.9,\n`)
    const ran = await cli('revoke', '--file', path, '--reason', 'false-positive')
    assert.equal(ran.out, 'accepted 1, duplicate 0, guarded 0, refused 1\n')
    assert.match(ran.err, /^line 3: nothing-to-revoke: /)
    assert.equal(ran.code, 1)
    const text = ['revoke', 'domain', '--file', '-', '--reason', 'legal']
    const second = await tocsin(['--data', folder, ...text], { input: 'actor.example.net\n' })
    assert.deepEqual([second.code, second.out.startsWith('accepted 1,')], [0, true])
    assert.equal(api.lab.check('ip', IP).action, 'allow')
  })

  it('revoke --since: counted, shown, taken back; --token names a token', async () => {
    const body = [10, 11, 12].map((last) => ({ type: 'ip', value: `198.51.100.${last}` }))
    await api.ask('POST', '/v1/reports', { as: 'detector', body })
    await cli('report', 'ip', IP)
    const remote = ['--url', api.address, '--token', TOKENS.operator, 'revoke']
    const ran = await tocsin([
      ...remote,
      '--since',
      '1h',
      '--token',
      'detector',
      '--reason',
      'legal',
    ])
    assert.equal(ran.err, '')
    const lines = ran.out.trimEnd().split('\n')
    assert.deepEqual([lines[0], lines.at(-1)], ['3 live reports are meant', 'revoked 3'])
    assert.match(lines[1]!, /^ +net\.ipv4 +198\.51\.100\.10 +said 2026-/)
    const none = await cli('revoke', '--token', 'detector', '--reason', 'legal')
    assert.deepEqual([none.code, none.out], [0, 'no live report of ours is meant\n'])
    assert.equal(api.lab.check('ip', IP).action, 'block')
    assert.match(
      (await cli('revoke', '--since', 'soon', '--reason', 'legal')).err,
      /since-malformed/,
    )
  })

  it('a question on a terminal; no leaves everything as it is', async () => {
    await cli('report', 'ip', IP)
    const revoke = ['--data', folder, 'revoke', '--since', '1h', '--reason', 'legal']
    const no = await tocsin(revoke, { input: 'n\n', isTTY: true })
    assert.equal(no.code, 1)
    assert.match(no.err, /Revoke 1 reports \(legal\)\? .*not-confirmed/s)
    assert.equal(api.lab.check('ip', IP).action, 'block')
    assert.equal((await tocsin([...revoke, '--yes'], { isTTY: true })).code, 0)
    assert.equal(api.lab.check('ip', IP).action, 'allow')
  })

  it('usage', async () => {
    for (const args of [
      ['revoke', '--reason', 'legal'],
      ['revoke', 'ip', IP],
      ['revoke', 'ip', IP, '--token', 'x', '--reason', 'legal'],
      ['revoke', '--file', 'x.csv', '--since', '1h'],
      ['revoke', 'ip', '--reason', 'legal'],
      ['dispute', 'ip', IP],
      ['dispute', 'ip', IP, '--reason', 'stale', '--withdraw'],
    ]) {
      assert.equal((await cli(...args)).code, 2, args.join(' '))
    }
  })

  it('status counts a member’s void statements', async () => {
    await api.lab.admit('Lab B', 'corroborate', 'member', 'b')
    const until = NOW + DAY_MS
    const statements = [toWire(report({ type: 3, value: '0.0.0.0/1', until }))]
    const place = { seed: seedOf('b'), networkId: OPEN_FEDERATION.networkId, time: NOW }
    const bytes = forge({ ...place, expires: until, statements })
    await api.lab.intake.accept(bytes, { via: 'gossip', from: ownOf('b') }).committed
    assert.match((await cli('status')).out, /Lab B .*1 envelopes.*, void: value-form 1/)
  })
})
