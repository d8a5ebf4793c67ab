/** `revoke --wait`: who has applied it, by signed word, and who has not. */
import assert from 'node:assert/strict'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { Fleet } from '../support/fleet.js'
import { until } from '../support/until.js'

describe('receipts by the command line', function () {
  this.timeout(180_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess, c: LabProcess
  before(async () => {
    fleet = await Fleet.open()
    const names = ['Lab A', 'Lab B', 'Lab C']
    ;[a, b, c] = (await fleet.mesh(...names)) as [LabProcess, LabProcess, LabProcess]
  })
  after(() => fleet.close())

  const revoke = (...args: readonly string[]) => {
    return fleet.cli(a, 'revoke', ...args, '--reason', 'false-positive', '--wait')
  }
  const report = (value: string) => a.request('POST', '/v1/reports', { type: 'ip', value })

  it('names each as it applies the revocation, and whoever is away', async () => {
    await report('203.0.113.8')
    const ran = await revoke('ip', '203.0.113.8')
    assert.equal(ran.code, 0, ran.stderr)
    for (const name of ['Lab B', 'Lab C']) {
      assert.match(ran.stdout, new RegExp(`^applied {2}${name} {2}within \\d+\\.\\d s$`, 'm'))
    }
    await c.end()
    const isAway = async () => /"link":"(?!up)/.test((await a.request('GET', '/v1/receipts')).text)
    await until(isAway, { timeoutMs: 30_000 })
    await report('203.0.113.9')
    const late = await revoke('--since', '1h')
    assert.equal(late.code, 0, late.stderr)
    assert.match(late.stdout, /^applied {2}Lab B/m)
    assert.match(late.stderr, /not reachable now, told when back: Lab C \(link down\)/)
  })

  it('tells a member that hangs from one that is away', async () => {
    process.kill(b.pid!, 'SIGSTOP')
    try {
      await report('203.0.113.10')
      const { body } = await a.request('POST', '/v1/revocations', {
        ...{ type: 'ip', value: '203.0.113.10', reason: 'false-positive' },
      })
      const [{ envelope }] = body['results'] as [{ envelope: string }]
      const { body: told } = await a.request('GET', `/v1/receipts?envelope=${envelope}`)
      const [first] = told['members'] as [{ name: string; state: string; lagMs: unknown }]
      assert.deepEqual([first.name, first.state, first.lagMs], ['Lab B', 'waiting', null])
    } finally {
      process.kill(b.pid!, 'SIGCONT')
    }
    const isLevel = async () => (await a.request('GET', '/v1/receipts')).body['applied'] === 1
    await until(isLevel, { timeoutMs: 30_000 })
    const { keys } = ((await a.status())['members'] as { keys: { appliedLagMs: number }[] }[])[0]!
    assert.ok(keys[0]!.appliedLagMs >= 0)
  })

  it('an envelope that is none of ours has no receipts', async () => {
    const other = await b.request('GET', '/v1/receipts')
    for (const id of ['ab'.repeat(32), 'x']) {
      const { status, body } = await a.request('GET', `/v1/receipts?envelope=${id}`)
      assert.equal(status, id === 'x' ? 400 : 404, JSON.stringify(body))
    }
    assert.deepEqual([other.status, other.body['code']], [404, 'envelope-unknown'])
  })
})
