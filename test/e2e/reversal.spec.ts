/** Rivals contradict each other and take things back: the real program, four labs, one mesh. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until, type LabProcess } from '../../src/cli/lab-process.js'
import { equal, Fleet } from '../support/fleet.js'

const IP = '203.0.113.7'

describe('reversal: four labs, one mesh', function () {
  this.timeout(180_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess, c: LabProcess, d: LabProcess

  before(async () => {
    fleet = await Fleet.open()
    const names = ['Lab A', 'Lab B', 'Lab C', 'Lab D']
    ;[a, b, c, d] = (await fleet.mesh(...names)) as [LabProcess, LabProcess, LabProcess, LabProcess]
  })
  after(() => fleet.close())

  const action = async (lab: LabProcess, value = IP) => (await lab.check('ip', value))['action']
  const becomes = (lab: LabProcess, wanted: string, value = IP) =>
    until(`${lab.name}: ${wanted}`, async () => (await action(lab, value)) === wanted)
  const fine = async (lab: LabProcess, ...args: string[]) => {
    const ran = await fleet.cli(lab, ...args)
    assert.equal(ran.code, 0, ran.stderr)
    return ran.stdout
  }

  it('B disputes what A reports: off at B, still on elsewhere, and C sees why at two', async () => {
    await fine(a, 'report', 'ip', IP)
    for (const lab of [b, c, d]) await becomes(lab, 'throttle')
    const said = await fine(b, 'dispute', 'ip', IP, '--member', 'Lab A', '--reason', 'own-customer')
    assert.match(said, /^disputed +net\.ipv4 203\.0\.113\.7/)
    assert.equal(await action(b), 'observe')
    assert.match(await fine(b, 'check', 'ip', IP), /Lab A .*held: disputed-here/)
    await equal([a, b, c, d])
    assert.deepEqual([await action(a), await action(c)], ['block', 'throttle'])
    await fine(d, 'dispute', 'ip', IP, '--reason', 'shared-infrastructure')
    await becomes(c, 'observe')
    assert.match(await fine(c, 'check', 'ip', IP), /Lab A .*held: disputed/)
    assert.equal(await action(a), 'block', 'nobody’s dispute lowers an own report')
  })

  it('C has met it, too, and acts again; B and D think better of it', async () => {
    assert.match(await fine(c, 'sighting', 'ip', IP, '--count', '5-19'), /^seen /)
    assert.equal(await action(c), 'throttle')
    await fine(b, 'dispute', 'ip', IP, '--withdraw')
    await fine(d, 'dispute', 'ip', IP, '--withdraw')
    for (const lab of [b, d]) assert.equal(await action(lab), 'throttle')
    const again = await fleet.cli(a, 'dispute', 'ip', IP, '--reason', 'stale')
    assert.deepEqual([again.code, /own-report/.test(again.stderr)], [1, true])
    await equal([a, b, c, d])
  })

  it('a token that reported nonsense is taken back whole, everywhere', async () => {
    const made = await fine(a, 'token', 'create', '--role', 'detector', '--name', 'wild')
    const authorization = `Bearer ${made.trim()}`
    const value = (i: number) => `45.7.${i >> 8}.${i & 255}`
    const body = Array.from({ length: 700 }, (_, i) => ({ type: 'ip', value: value(i) }))
    await a.request('POST', '/v1/reports', body, { authorization })
    await becomes(c, 'throttle', value(699))
    const revoke = ['revoke', '--since', '1h', '--token', 'wild', '--reason', 'reported-in-error']
    const told = await fine(a, ...revoke)
    assert.match(told, /^700 live reports are meant\n/)
    assert.match(told, /\nrevoked 700\n$/)
    for (const lab of [b, c, d]) await becomes(lab, 'allow', value(699))
    for (const i of [0, 350]) assert.equal(await action(c, value(i)), 'allow')
    assert.equal(await action(c), 'throttle', 'what another token said stands')
    assert.match(await fine(a, ...revoke), /^no live report/)
  })

  it('and by a file', async () => {
    const path = join(fleet.folder, 'back.txt')
    await writeFile(path, `# our own customers\n${IP}\n`)
    const told = await fine(a, 'revoke', 'ip', '--file', path, '--reason', 'own-customer')
    assert.equal(told, 'accepted 1, duplicate 0, guarded 0, refused 0\n')
    for (const lab of [b, c, d]) await becomes(lab, 'allow')
    await equal([a, b, c, d])
  })
})
