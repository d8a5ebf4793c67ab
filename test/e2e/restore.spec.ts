/** What an operator does after losing a folder: a backup, the key alone, or neither. */
import assert from 'node:assert/strict'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { until } from '../../src/cli/lab-process.js'
import { seal } from '../../src/core/envelope.js'
import { forkOf } from '../../src/core/fork.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { equal, Fleet, linked, run } from '../support/fleet.js'
import { NOW, ownOf, seedOf } from '../support/lab.js'

const report = (value: string) => ({ type: 'ip', value })

describe('losing a folder', function () {
  this.timeout(180_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess

  before(async () => {
    fleet = await Fleet.open()
    ;[a, b] = (await fleet.mesh('Lab A', 'Lab B')) as [LabProcess, LabProcess]
    await a.request('POST', '/v1/reports', report('203.0.113.1'))
    await equal([a, b])
  })
  after(() => fleet.close())

  it('a backup of a running node, restored, asks before it speaks and forks nothing', async () => {
    const copy = join(fleet.folder, 'copy')
    const made = await fleet.cli(a, 'backup', copy, '--with-key')
    assert.equal(made.code, 0, made.stderr)
    const full = await fleet.cli(a, 'backup', copy)
    assert.equal(full.code, 1)
    // The node goes on speaking after the backup; B alone knows.
    await a.request('POST', '/v1/reports', report('203.0.113.2'))
    await equal([a, b])
    await a.end('SIGKILL')
    await b.end()

    const data = join(fleet.folder, 'restored')
    const restored = await run(['--data', data, 'restore', copy])
    assert.equal(restored.code, 0, restored.stderr)
    const again = await fleet.moved(a, data)
    const early = await again.request('POST', '/v1/reports', report('203.0.113.3'))
    assert.deepEqual([early.status, early.body['code']], [503, 'own-head-unasked'])
    await b.start()
    await until('it speaks', async () => {
      return (await again.request('POST', '/v1/reports', report('203.0.113.3'))).status < 300
    })
    await equal([again, b])
    const heads = (await b.status())['heads'] as Record<string, number>
    assert.deepEqual(Object.values(heads), [3])
    assert.deepEqual((await b.request('GET', '/v1/forks')).body['forks'], [])
    const twice = await run(['--data', data, 'restore', copy])
    assert.equal(twice.code, 1)
    assert.match(twice.stderr, /data-in-use/)
    a = again
  })

  it('the key alone gets its log back from its peers', async () => {
    const data = join(fleet.folder, 'key-only')
    await a.end()
    await mkdir(data, { recursive: true })
    await copyFile(join(a.data, 'node.key'), join(data, 'node.key'))
    const wiped = await fleet.moved(a, data)
    await wiped.admit(b)
    await linked([wiped, b])
    await equal([wiped, b])
    await wiped.request('POST', '/v1/reports', report('203.0.113.4'))
    await equal([wiped, b])
    assert.equal((await wiped.status())['live'], 4)
    assert.deepEqual((await b.request('GET', '/v1/forks')).body['forks'], [])
    a = wiped
  })

  it('a new key under the same name takes back what the lost one said', async () => {
    await a.end()
    const second = await fleet.lab('Lab A', { data: join(fleet.folder, 'second-key') })
    await b.admit(second)
    await second.admit(b)
    const old = ((await b.request('GET', '/v1/members/Lab%20A')).body as unknown as Member).keys[0]!
      .peerId
    const added = await fleet.cli(second, 'members', 'add', old, '--name', 'Lab A', '--yes')
    assert.equal(added.code, 0, added.stderr)
    await equal([second, b])
    const revoked = await fleet.cli(second, 'revoke', 'ip', '203.0.113.1', '--reason', 'legal')
    assert.equal(revoked.code, 0, revoked.stderr)
    await until('B lets it go', async () => {
      return (await b.check('ip', '203.0.113.1'))['action'] === 'allow'
    })
    assert.equal((await b.check('ip', '203.0.113.2'))['action'], 'throttle')
  })

  it('a proof of equivocation verifies offline', async () => {
    const place = { networkId: OPEN_FEDERATION.networkId, seq: 1, prev: null, time: NOW }
    const says = (reason: number) =>
      seal(
        place,
        [{ kind: 'revocation', until: NOW, type: 1, value: '192.0.2.1', reason, author: null }],
        seedOf('x'),
        ownOf('x'),
      )
    const proof = forkOf(says(1), says(2))!
    const path = join(fleet.folder, 'proof.txt')
    await writeFile(path, Buffer.from(proof.bytes).toString('base64'))
    const good = await run(['verify', '--proof', path])
    assert.equal(good.code, 0, good.stderr)
    assert.match(good.stdout, /signed two histories, from number 1 on/)
    await writeFile(path, Buffer.from(proof.bytes.slice(1)).toString('base64'))
    const bad = await run(['verify', '--proof', path])
    assert.equal(bad.code, 1)
    assert.match(bad.stderr, /fork-unproven/)
  })
})

interface Member {
  readonly keys: readonly { readonly peerId: string }[]
}
