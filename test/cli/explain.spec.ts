/** `explain` and `verify --proof` as a person types them, and as a third party checks them. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EvidenceFile } from '../../src/core/evidence.js'
import { forkOf } from '../../src/core/fork.js'
import { peerNameOf } from '../../src/core/identity.js'
import { HOUR_MS } from '../../src/core/limits.js'
import { DEFAULT_POLICY } from '../../src/policy/rules.js'
import { hand, openLab, ownOf, type Lab } from '../support/lab.js'
import { authorNamed, report, sealed } from '../support/samples.js'
import { openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { typed } from './terminal.js'

const IP = '198.51.100.7'

describe('cli: explain', () => {
  let folder: string
  let api: Api
  let b: Lab
  let policy = DEFAULT_POLICY
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'tocsin-cli-'))))
  after(() => rm(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    policy = DEFAULT_POLICY
    api = await openApi({ lookup: () => ({ ...api.lab.desk.lookup(), policy }) })
    b = await openLab('B', { time: api.lab.time })
    await api.lab.admit('Lab B', 'corroborate', 'member', 'B')
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
    await b.voice.report([{ type: 'ip', value: IP, ttl: '2h' }])
    await hand(b, api.lab)
  })
  afterEach(() => api.stop())
  const cli = (...args: string[]) => typed(['--data', folder, ...args])

  it('who, why, until when, what would change it and what to type', async () => {
    const { code, out } = await cli('explain', 'ip', IP)
    assert.equal(code, 0)
    const lines = [
      `throttle  net.ipv4 ${IP}  score 0.8  fresh  until 2026-11-23T14:00:00.000Z`,
      `On net.ipv4 ${IP} (one member: up to throttle; several: block)`,
      '  Lab B (corroborate): report asks block, confidence 80, first-hand, until ' +
        '2026-11-23T14:00:00.000Z',
      '    unspecified, tlp amber, pap green',
      `    said 2026-11-23T12:00:00.000Z in envelope 1 of ${peerNameOf(ownOf('B'))}`,
      '    causes throttle by itself (bounds: marks block, type throttle, trust throttle); ' +
        'held: needs-more-members',
      'What would change it',
    ]
    for (const line of lines) assert.ok(out.split('\n').includes(line), `${line}\n\n${out}`)
    assert.match(
      out,
      new RegExp(`^  allow +you allow it +tocsin allow add net.ipv4 ${IP} --reason`, 'm'),
    )
    assert.match(out, /^ {2}block +one more member reports net\.ipv4 198\.51\.100\.7 first-hand$/m)
    assert.match(
      out,
      /^ {2}observe +you trust Lab B as observe +tocsin members trust 'Lab B' observe$/m,
    )
    assert.match(out, /^ {2}allow +2026-11-23T14:00:00\.000Z: Lab B: report ends$/m)
    assert.match(out, /1 signed envelopes: --evidence FILE/)
    assert.match((await cli('explain', 'ip', '203.0.113.9')).out, /Nobody has said anything/)
  })

  it('as of a time gone by, and of a decision', async () => {
    const { lab } = api
    lab.time.now += HOUR_MS
    const decided = lab.check('ip', IP)
    lab.time.now += HOUR_MS / 2
    await api.lab.admit('Lab B', 'observe', 'member', 'B')
    const action = (out: string) => out.replace(/^Now: /, '').split(' ')[0]
    assert.equal(action((await cli('explain', 'ip', IP)).out), 'observe')
    for (const at of ['30m', new Date(lab.time.now - HOUR_MS / 2).toISOString()]) {
      const { code, out } = await cli('explain', 'ip', IP, '--at', at)
      assert.equal(code, 0)
      assert.match(
        out,
        /^throttle {2}net\.ipv4 198\.51\.100\.7 {2}score 0\.8 {2}as of 2026-11-23T13:00/,
      )
    }
    const { out } = await cli('explain', decided.decisionId, '--at', 'decided')
    assert.match(out, /^decided throttle at 2026-11-23T13:00:00\.000Z/)
    assert.match(out, /^Then: throttle /m)
    for (const [at, code] of [
      ['2099-01-01T00:00:00Z', 'time-malformed'],
      ['yesterday', 'time-malformed'],
      ['decided', 'time-malformed'],
      ['40d', 'before-history'],
    ] as const) {
      const failed = await cli('explain', 'ip', IP, '--at', at)
      assert.deepEqual([failed.code, failed.err.includes(code)], [1, true], `${at} ${failed.err}`)
    }
  })

  it('evidence: written, and checked by somebody with nothing but the file', async () => {
    const path = join(folder, 'evidence.json')
    const written = await cli('explain', 'ip', IP, '--evidence', path)
    assert.match(written.err, /1 envelopes; tocsin verify --proof/)
    const nowhere = join(folder, 'nowhere')
    const verify = (file: string, ...more: string[]) =>
      typed(['--data', nowhere, ...more, 'verify', '--proof', file])
    const good = await verify(path)
    assert.equal(good.code, 0, good.err)
    const [meaning, row] = good.out.split('\n')
    assert.match(meaning!, /^proven: /)
    const place = `  ${peerNameOf(ownOf('B'))}  number 1.0  2026-11-23T12:00:00.000Z`
    assert.ok(row!.startsWith(`${place}  report block  net.ipv4 ${IP}  confidence 80`), row)
    const json = JSON.parse((await verify(path, '--json')).out) as { ok: boolean }
    assert.equal(json.ok, true)

    const file = JSON.parse(await readFile(path, 'utf8')) as EvidenceFile
    const forged = JSON.stringify(file).replaceAll(IP, '203.0.113.1\\u001b[2J')
    await writeFile(path, forged)
    const bad = await verify(path)
    assert.equal(bad.code, 1)
    assert.match(bad.err, /^tocsin: evidence-wrong: /)
    assert.match(bad.out, /^wrong: NOT signed/)
    assert.ok(!bad.out.includes('\u001b'))

    await writeFile(path, JSON.stringify({ ...file, format: 'tocsin-evidence/2' }))
    assert.match((await verify(path)).err, /^tocsin: evidence-version-unknown: tocsin-evidence\/2 /)
    await writeFile(path, JSON.stringify({ ...file, envelopes: [] }))
    assert.match((await verify(path)).err, /^tocsin: evidence-empty: /)
    await writeFile(path, JSON.stringify({ ...file, envelopes: 1 }))
    assert.match((await verify(path)).err, /^tocsin: evidence-malformed: /)
    await writeFile(path, '{not json')
    assert.match((await verify(path)).err, /^tocsin: proof-malformed: /)
  })

  it('a fork proof is checked as before, in each of its forms', async () => {
    const key = authorNamed('B')
    const proof = forkOf(sealed(key), sealed(key, [report({ confidence: 1 })]))!
    const base64 = Buffer.from(proof.bytes).toString('base64')
    const hex = Buffer.from(proof.bytes).toString('hex')
    const path = join(folder, 'fork')
    for (const text of [base64, hex, JSON.stringify({ proof: base64 })]) {
      await writeFile(path, text)
      const ran = await typed(['verify', '--proof', path])
      assert.deepEqual(
        [ran.code, ran.out],
        [0, `${peerNameOf(key.author)} signed two histories, from number 1 on\n`],
      )
    }
    await writeFile(path, base64.slice(8))
    assert.match((await typed(['verify', '--proof', path])).err, /^tocsin: fork-unproven: /)
  })

  it('a decision id: what was decided, and what came since', async () => {
    const { decisionId } = api.lab.check('ip', IP)
    const first = await cli('explain', decisionId)
    assert.match(first.out, /^decided throttle at 2026-11-23T12:00:00.000Z on net\.ipv4 198/)
    assert.match(first.out, /the policy of now\n\nNow: throttle/)
    api.lab.time.now += 3 * HOUR_MS
    await api.lab.voice.report([{ type: 'ip', value: IP }])
    policy = { ...DEFAULT_POLICY, quorum: 3 }
    const { out } = await cli('explain', decisionId)
    assert.match(out, /another policy than now/)
    assert.match(out, /^since then a report of Lab A on net\.ipv4 198\.51\.100\.7 arrived/m)
    assert.match(out, /^since then a report of Lab B .* ended 2026-11-23T14:00:00\.000Z$/m)
    assert.match(out, /^Now: block/m)
    assert.match((await cli('explain', 'garbled')).err, /^tocsin: decision-malformed: /)
    const other = `${decisionId.slice(0, -2)}AA`
    assert.match((await cli('explain', other)).err, /^tocsin: decision-unknown: /)
    const json = JSON.parse((await cli('--json', 'explain', decisionId)).out) as object
    assert.ok('since' in json && 'evidence' in json)
  })

  it('ends with what to type to release whom it meets, where somebody is met', async () => {
    const release = (out: string) => out.split('\nTo release a customer\n')[1]?.split('\n')
    const allow =
      /^ {2}tocsin allow add net\.ipv4 198\.51\.100\.7 --reason 'own customer' {2}# lets it/
    const { decisionId } = api.lab.check('ip', IP)
    for (const asked of [['ip', IP], [decisionId]]) {
      const [first, second, ...rest] = release((await cli('explain', ...asked)).out)!
      assert.match(first!, allow)
      assert.match(second!, /^ {2}tocsin dispute net\.ipv4 198\.51\.100\.7 --reason own-customer /)
      assert.match(second!, /# tells Lab B and everybody that it is wrong$/)
      assert.deepEqual(rest, [''])
    }
    assert.equal(release((await cli('explain', decisionId, '--at', 'decided')).out), undefined)
    await b.voice.report([{ type: 'ip', value: '198.51.100.0/24' }])
    await hand(b, api.lab)
    await api.lab.voice.report([{ type: 'ip', value: IP }])
    assert.deepEqual(
      release((await cli('explain', decisionId)).out)!.map((line) => line.split(/ {2,}/)[1]),
      [
        `tocsin allow add net.ipv4 ${IP} --reason 'own customer'`,
        `tocsin revoke net.ipv4 ${IP} --reason own-customer`,
        `tocsin dispute net.ipv4 ${IP} --reason own-customer`,
        'tocsin dispute net.cidr 198.51.100.0/24 --reason shared-infrastructure',
        undefined,
      ],
    )
    await cli('allow', 'add', 'ip', IP, '--reason', 'own customer')
    assert.equal(release((await cli('explain', decisionId)).out), undefined)
  })

  it('check shows the decision id, shadow, guard and pause', async () => {
    const one = await cli('check', 'ip', IP)
    assert.match(one.out, /^ {2}decision [\w-]{100,}$/m)
    policy = { ...DEFAULT_POLICY, shadow: { all: true, members: [], types: [] } }
    assert.match(
      (await cli('check', 'ip', IP)).out,
      /^observe .*\n {2}in shadow: would be throttle\n/,
    )
    policy = DEFAULT_POLICY
    const row = { kind: 'enforce' as const, reason: 'x', sinceMs: 0, by: 'operator' }
    await api.lab.lists.change({ table: 'pauses', name: 'enforce', row })
    assert.match((await cli('check', 'ip', IP)).out, /^observe .*\n {2}enforcement is paused\n/)
    assert.match(
      (await cli('explain', 'ip', IP)).out,
      /throttle +enforcement goes on +tocsin resume/,
    )
    const file = await typed(['--data', folder, 'check', '--file', '-'], `ip ${IP}\nip 10.0.0.1\n`)
    assert.equal(
      file.out,
      `observe net.ipv4 ${IP}  enforcement is paused\n` +
        'allow net.ipv4 10.0.0.1  guarded: special-purpose  enforcement is paused\n',
    )
  })
})
