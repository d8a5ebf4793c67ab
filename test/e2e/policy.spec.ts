/** A policy file edited under a running node, and pauses, with the real program. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until, type LabProcess } from '../../src/cli/lab-process.js'
import { Fleet, linked } from '../support/fleet.js'

const VALUE = '198.51.100.7'

describe('policy and pauses', function () {
  this.timeout(120_000)
  let fleet: Fleet
  let lab: LabProcess

  before(async () => {
    fleet = await Fleet.open()
    lab = await fleet.lab('Lab A')
    assert.equal((await fleet.cli(lab, 'report', 'ip', VALUE)).code, 0)
  })
  after(() => fleet.close())

  const action = async () => (await lab.check('ip', VALUE))['action']
  const becomes = (wanted: string, timeoutMs?: number) =>
    until(`verdict ${wanted}`, async () => (await action()) === wanted, timeoutMs)
  const file = () => join(lab.data, 'policy.yaml')

  it('an edit turns the verdict within two seconds; a broken file keeps it', async () => {
    assert.equal(await action(), 'block')
    await writeFile(file(), 'types: {ip: {together: throttle}}\n')
    await becomes('throttle', 2_000)
    await writeFile(file(), 'types: {ip: {together: challenge}}\npap: {amber: block}\n')
    const errors = async () => (await lab.status())['policyErrors'] as { key: string }[]
    await until('the mistake is told', async () => (await errors()).length > 0)
    assert.deepEqual(
      (await errors()).map(({ key }) => key),
      ['pap.amber'],
    )
    assert.equal(await action(), 'throttle', 'nothing of it is in force')
    assert.match(lab.output, /"code":"policy-invalid"/)
    assert.match((await fleet.cli(lab, 'status')).stdout, /policy .*its file has mistakes/)
    const shown = await fleet.cli(lab, 'policy', 'show')
    assert.equal(shown.stdout, 'types: {ip: {together: throttle}}\n')
    assert.match(shown.stderr, /pap\.amber: .*never block/)
  })

  it('over a restart, too; SIGHUP has the mended file read at once', async () => {
    await lab.end()
    await lab.start()
    assert.equal(await action(), 'throttle')
    await writeFile(file(), 'types: {ip: {together: challenge}}\n')
    process.kill(lab.pid!, 'SIGHUP')
    await becomes('challenge', 2_000)
    assert.deepEqual((await lab.status())['policyErrors'], [])
  })

  it('test says what would turn, apply turns it, and the file says so', async () => {
    const other = join(fleet.folder, 'other.yaml')
    await writeFile(other, 'types: {ip: {together: observe}}\nshadow: {members: [Lab Z]}\n')
    const tried = await fleet.cli(lab, 'policy', 'test', other)
    assert.equal(tried.code, 0, tried.stderr)
    assert.match(
      tried.stdout,
      /^1 live value judged, 1 would turn\n +challenge → observe +1 +net\.ipv4 1\n/,
    )
    assert.match(tried.stderr, /no member is named Lab Z/)
    assert.equal(await action(), 'challenge')
    const applied = await fleet.cli(lab, 'policy', 'apply', other)
    assert.match(applied.stdout, /^policy [0-9a-f]{16} in force; written to .*policy\.yaml$/m)
    assert.equal(await action(), 'observe')
    await writeFile(other, 'qorum: 1\ntlp: {red: {export: true}}\n')
    const refused = await fleet.cli(lab, 'policy', 'apply', other)
    assert.equal(refused.code, 1)
    assert.match(
      refused.stderr,
      /^qorum: .*\ntlp\.red\.export: .*\ntocsin: policy-invalid: .*2 mistakes/,
    )
    await writeFile(file(), '\n')
    await becomes('block')
  })

  it('pause enforce acts within a second, and over a restart', async () => {
    const from = performance.now()
    const paused = await lab.request('POST', '/v1/admin/pause', {
      what: 'enforce',
      reason: 'wrong blocks',
    })
    assert.equal(paused.status, 200)
    assert.equal(await action(), 'observe')
    assert.ok(performance.now() - from < 1_000)
    assert.match(
      (await fleet.cli(lab, 'check', 'ip', VALUE)).stdout,
      /^observe .*\n +enforcement is paused/,
    )
    assert.match((await fleet.cli(lab, 'status')).stdout, /^PAUSED +enforce: .*wrong blocks$/m)
    await lab.end('SIGKILL')
    await lab.start()
    assert.equal(await action(), 'observe')
    assert.equal((await fleet.cli(lab, 'resume')).stdout, 'resumed enforce\n')
    assert.equal(await action(), 'block')
    await until('the log says so', () => Promise.resolve(/"code":"resumed"/.test(lab.output)))
    assert.equal(
      (await fleet.cli(lab, 'pause', 'enforce', '--for', '1s', '--reason', 'drill')).code,
      0,
    )
    assert.equal(await action(), 'observe')
    await becomes('block', 2_000)
  })

  it('pause publish: nothing new leaves; what others say arrives and is caught up', async () => {
    const other = await fleet.lab('Lab B')
    await lab.admit(other)
    await other.admit(lab)
    await linked([lab, other])
    await until(
      'B has caught up',
      async () => (await other.check('ip', VALUE))['action'] === 'throttle',
    )
    const paused = await fleet.cli(lab, 'pause', 'publish', '--for', '1h', '--reason', 'leak')
    assert.match(paused.stdout, /^PAUSED +publish: nothing new is published.*: leak\n$/)
    const refused = await fleet.cli(lab, 'report', 'ip', '198.51.100.8')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /^tocsin: publish-paused: /)
    const { stateHash } = await lab.status()
    await fleet.cli(other, 'report', 'ip', '198.51.100.9')
    await until(
      'A hears B',
      async () => (await lab.check('ip', '198.51.100.9'))['action'] === 'throttle',
    )
    assert.notEqual((await lab.status())['stateHash'], stateHash)
    assert.equal((await other.check('ip', '198.51.100.8'))['action'], 'allow')
    await fleet.cli(lab, 'resume', 'publish')
    assert.equal((await fleet.cli(lab, 'report', 'ip', '198.51.100.8')).code, 0)
    await until(
      'B hears A',
      async () => (await other.check('ip', '198.51.100.8'))['action'] === 'throttle',
    )
  })
})
