/**
 * Commands as a person types them, against a real API over a lab in memory: words, codes, exits.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { proquint } from '../../src/core/fingerprint.js'
import { wordsOf } from '../../src/cli/id.js'
import { versionOf } from '../../src/cli/program.js'
import { peerNameOf } from '../../src/core/identity.js'
import { ownOf } from '../support/lab.js'
import { cardOf, openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { tocsin } from '../support/command.js'

describe('cli: commands', () => {
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

  it('report, check, revoke', async () => {
    const reported = await cli('report', 'ip', '198.51.100.7', '--ttl', '2h', '--label', 'drill')
    assert.deepEqual([reported.code, reported.err], [0, ''])
    assert.match(reported.out, /^accepted +net\.ipv4 198\.51\.100\.7/)
    assert.match(
      (await cli('report', 'ip', '198.51.100.7', '--ttl', '2h', '--label', 'drill')).out,
      /^duplicate/,
    )
    const checked = await cli('check', 'ip', '198.51.100.7', '--exit-code')
    assert.equal(checked.code, 10)
    assert.match(checked.out, /^block .*\n +Lab A .*confidence 80 .*first-hand/)
    const revoke = ['revoke', 'ip', '198.51.100.7', '--reason', 'own-customer']
    assert.match((await cli(...revoke)).out, /^revoked/)
    const again = await cli(...revoke)
    assert.deepEqual([again.code, again.out.startsWith('already revoked')], [0, true])
    const never = await cli('revoke', 'ip', '198.51.100.8', '--reason', 'legal')
    assert.equal(never.code, 1)
    assert.match(never.err, /^tocsin: nothing-to-revoke: /)
  })

  it('--json prints the API’s answer unchanged, problems too', async () => {
    const { out } = await cli('--json', 'report', 'ip', '198.51.100.7', '--second-hand')
    const answer = JSON.parse(out) as { accepted: number; results: unknown[] }
    assert.deepEqual([answer.accepted, answer.results.length], [1, 1])
    const refused = await cli('report', 'ip', '300.1.2.3', '--json')
    assert.equal((JSON.parse(refused.out) as { status: number }).status, 422)
    assert.match(refused.err, /ipv4-malformed/)
    const verdict = await cli('check', 'ip', '198.51.100.7', '--json')
    assert.equal((JSON.parse(verdict.out) as { action: string }).action, 'observe')
    assert.equal((JSON.parse((await cli('status', '--json')).out) as { live: number }).live, 1)
  })

  it('a value as - comes from stdin', async () => {
    const ran = await tocsin(['--data', folder, 'report', 'ip', '-'], { input: '198.51.100.9\n' })
    assert.match(ran.out, /198\.51\.100\.9/)
    const none = await tocsin(['--data', folder, 'check', 'ip', '-'])
    assert.deepEqual([none.code, /value-missing/.test(none.err)], [1, true])
  })

  it('a file: counts, lines with their numbers, exit by the refused', async () => {
    const path = join(folder, 'feed.txt')
    await writeFile(path, '198.51.100.1\n127.0.0.1\n198.51.100.2\n')
    const args = ['report', '--file', path, '--type', 'ip']
    const first = await cli(...args)
    assert.equal(first.code, 0, first.err)
    assert.equal(first.out, 'accepted 2, duplicate 0, guarded 1, refused 0\n')
    assert.match(first.err, /^line 2: guarded: /)
    assert.equal(api.lab.check('ip', '198.51.100.1').action, 'observe')
    const { seq } = api.lab.state.heads.get(api.lab.own)!
    assert.equal((await cli(...args)).out, first.out)
    assert.match((await cli(...args, '--again')).out, /accepted 0, duplicate 2/)
    assert.equal(api.lab.state.heads.get(api.lab.own)!.seq, seq)

    const wrong = Array.from({ length: 30 }, (_, i) => `300.0.0.${i}`).join('\n')
    const input = `# list\n${wrong}\n`
    const second = await tocsin(['--data', folder, 'report', 'ip', '--file', '-', '--first-hand'], {
      input,
    })
    assert.equal(second.code, 1)
    assert.match(second.err, /^line 2: ipv4-malformed/)
    assert.equal(second.err.match(/^line /gm)?.length, 20)
    assert.match(second.err, /and 10 more refused/)
    const lines = (
      await tocsin(['--data', folder, '--json', 'report', 'ip', '--file', '-'], { input })
    ).out
    const told = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.equal(told.length, 31)
    assert.deepEqual(told.at(-1), { accepted: 0, duplicate: 0, guarded: 0, refused: 30 })
  })

  it('an export cannot come back as reports of one’s own', async () => {
    await cli('report', 'ip', '198.51.100.7')
    const { out } = await cli('export')
    const path = join(folder, 'export.ndjson')
    await writeFile(path, out)
    const back = await cli('report', '--file', path)
    assert.deepEqual([back.code, /line-malformed/.test(back.err)], [1, true])
    assert.equal((await cli('export', '--format', 'text')).out, '198.51.100.7\n')
    assert.match((await cli('export', '--format', 'csv')).out, /^type,value,/)
  })

  it('check --file: a verdict a line, refused lines named', async () => {
    await cli('report', 'ip', '198.51.100.7')
    const input = 'ip 198.51.100.7\n# no\nip 300.1.1.1\nlonely\nip 198.51.100.8\n'
    const args = ['--data', folder, 'check', '--file', '-']
    const ran = await tocsin(args, { input })
    assert.equal(ran.out, 'block net.ipv4 198.51.100.7\nallow net.ipv4 198.51.100.8\n')
    assert.match(ran.err, /ipv4-malformed: line 3/)
    assert.match(ran.err, /line-malformed: line 4/)
    assert.equal(ran.code, 1)
    const exit = await tocsin([...args, '--type', 'ip', '--exit-code'], {
      input: '198.51.100.8\n198.51.100.7\n',
    })
    assert.deepEqual([exit.code, exit.err], [10, ''])
    const bad = await tocsin([...args, '--type', 'ip'], { input: '300.1.1.1\n' })
    assert.deepEqual([bad.code, /line 1/.test(bad.err)], [1, true])
  })

  it('members: add, list, show, trust, remove, apply', async () => {
    const added = await cli('members', 'add', cardOf('B', [], 'Lab B'), '--trust', 'trusted')
    assert.match(added.out, /^Lab B: member, trusted; 0 live claims/)
    assert.match((await cli('members', 'list')).out, /Lab B +member +trusted +down/)
    assert.match((await cli('members', 'show', 'Lab B')).out, /^name +Lab B/)
    assert.match((await cli('members', 'trust', 'Lab B', 'observe')).out, /observe/)
    const key = peerNameOf(ownOf('B'))
    const held = await cli('members', 'release', 'Lab B', '--key', key)
    assert.match(held.err, /key-not-forked/)
    const removed = await cli('members', 'remove', 'Lab B', '--yes')
    assert.match(removed.out, /act no longer/)
    assert.match((await cli('members', 'show', 'Lab B')).err, /member-unknown/)
    const path = join(folder, 'members.yaml')
    const entries = [
      { card: cardOf('B', [], 'Lab B') },
      { card: 'nonsense' },
      { card: cardOf('C', [], 'Lab C') },
    ]
    await writeFile(path, JSON.stringify(entries))
    const applied = await cli('members', 'apply', '-f', path)
    assert.equal(applied.code, 1)
    assert.match(applied.err, /card-malformed: entry 2/)
    assert.equal(api.lab.state.roster.members.length, 2)
  })

  it('status, peers, token, id, verify, rebuild', async () => {
    assert.match((await cli('status')).out, /^node +Lab A/)
    assert.match((await cli('peers')).out, /no members yet/)
    const made = await cli('token', 'create', '--role', 'gateway', '--name', 'edge')
    assert.match(made.out, /^tocsin_\S{43}\n$/)
    assert.match((await cli('token', 'list')).out, /edge +gateway/)
    assert.equal((await cli('token', 'revoke', 'edge')).code, 0)
    assert.match((await cli('token', 'revoke', 'edge')).err, /token-unknown/)
    assert.match((await cli('id')).out, /^tocsin:12D3/)
    assert.match((await cli('id', '--words')).out, /^([a-z]{5} ?){8}\n$/)
    assert.match((await cli('verify')).out, /^ok/m)
    assert.match((await cli('rebuild')).out, /^0 keys/)
  })

  it('--url and --token name a node without its folder', async () => {
    const remote = ['--url', api.address, '--token', OPERATOR_TOKEN]
    assert.equal((await tocsin([...remote, 'status'])).code, 0)
    const env = { TOCSIN_URL: api.address, TOCSIN_TOKEN: 'tocsin_wrong' }
    const wrong = await tocsin(['status'], { env })
    assert.deepEqual([wrong.code, wrong.err.startsWith('tocsin: token-wrong: ')], [1, true])
  })
})

describe('cli: exits', () => {
  it('usage is 2, no node is 3, help and version are 0', async () => {
    for (const args of [
      ['no-such-command'],
      ['report', '--no-such-flag'],
      ['report', 'ip', '1.2.3.4', '--confidence', 'high'],
      ['report', 'ip'],
      ['report', '--file', 'x.txt'],
      ['members', 'trust', 'B', 'blindly'],
      ['report', 'ip', '1.2.3.4', '--first-hand', '--second-hand'],
      ['check'],
      [],
    ]) {
      assert.equal((await tocsin(['--data', '/nonexistent', ...args])).code, 2, args.join(' '))
    }
    const none = await tocsin(['--data', '/nonexistent', 'status'])
    assert.deepEqual([none.code, none.err.startsWith('tocsin: no-node: ')], [3, true])
    assert.equal((await tocsin(['--url', 'http://127.0.0.1:1', '--token', 'x', 'status'])).code, 3)
    assert.equal((await tocsin(['--help'])).code, 0)
    const version = await tocsin(['--version'])
    assert.deepEqual([version.code, version.out], [0, `${versionOf()}\n`])
  })

  it('every error of the settings is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-cli-'))
    const config = join(folder, 'c.yaml')
    await writeFile(config, 'nmae: x\napi: {lisen: 1}\n')
    const ran = await tocsin(['start', '--config', config])
    assert.equal(ran.code, 1)
    assert.match(
      ran.err,
      /^tocsin: config-invalid: nmae: .*name.*\ntocsin: config-invalid: api\.lisen: .*listen/,
    )
    await rm(folder, { recursive: true })
  })

  it('a node that died mid-way is 3, and the same command continues', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-cli-'))
    await writeFile(join(folder, 'operator.token'), 'x')
    await writeFile(join(folder, 'api.addr'), 'http://127.0.0.1:1\n')
    const args = ['--data', folder, 'report', 'ip', '--file', '-']
    const ran = await tocsin(args, { input: '1.2.3.4\n' })
    assert.equal(ran.code, 3)
    assert.match(ran.err, /same command again continues/)
    await rm(folder, { recursive: true })
  })
})

describe('cli: words of a fingerprint', () => {
  it('are proquints, as their paper gives them', () => {
    assert.equal(`${proquint(0x7f00)}-${proquint(0x0001)}`, 'lusab-babad')
    assert.equal(`${proquint(0x3f54)}-${proquint(0xdcc1)}`, 'gutih-tugad')
  })

  it('name the key and nothing else of the card', () => {
    assert.equal(wordsOf(cardOf('B', [], 'x')), wordsOf(cardOf('B', ['/ip4/192.0.2.1/tcp/1'], 'y')))
    assert.notEqual(wordsOf(cardOf('B')), wordsOf(cardOf('C')))
    assert.throws(() => wordsOf('nonsense'))
  })
})
