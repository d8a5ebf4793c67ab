/**
 * A real Redis beside a real node: it comes to hold what acts and nothing else, whatever becomes of
 * it, and the node never waits for it. The node's user there may do what `integrate redis` names
 * and nothing more, so nothing can have been flushed.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { readExposition } from '../support/exposition.js'
import { foreign, runForeign } from '../support/foreign.js'
import { Fleet } from '../support/fleet.js'
import { endOf, freePort, Programs } from '../support/programs.js'
import { until } from '../support/until.js'

type Server = Awaited<ReturnType<Programs['start']>>

const addressOf = (n: number) => `45.7.${n >> 8}.${n & 255}`
const ACL =
  'user tocsin on >secret ~blocklist:* -@all +get +set +del +scan +select\n' +
  'user default on nopass ~* +@all\n'

describe('interop: Redis', function () {
  this.timeout(120_000)
  let fleet: Fleet
  let lab: LabProcess
  let server: Server
  let port: number
  const programs = new Programs()

  before(async () => {
    await foreign('redis-server', 'redis-cli', 'python3')
    fleet = await Fleet.open()
    port = await freePort()
    await writeFile(join(fleet.folder, 'users.acl'), ACL)
    server = await startRedis()
    const env = { TOCSIN_REDIS: `redis://tocsin:secret@127.0.0.1:${port}/3` }
    lab = await fleet.lab('Lab A', { env })
  })
  after(async () => {
    await programs.stop()
    await fleet.close()
  })

  function startRedis(): Promise<Server> {
    const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '']
    const acl = ['--aclfile', join(fleet.folder, 'users.acl'), '--dir', fleet.folder]
    return programs.start(['redis-server', ...flags, ...acl], { cwd: fleet.folder, port })
  }

  const redis = async (...words: string[]) =>
    (await runForeign('redis-cli', ['-p', String(port), '-n', '3', ...words])).trim()
  const keys = async () =>
    (await redis('--scan', '--pattern', '*'))
      .split('\n')
      .filter((key) => key !== '' && !key.includes('#'))
      .sort()
  const report = (...items: object[]) => lab.request('POST', '/v1/reports', items)
  const blocked = async () => {
    const { text } = await lab.request('GET', '/export/plain.txt')
    const values = text.split('\n').filter((line) => line !== '')
    return values.map((value) => `blocklist:${value}`).sort()
  }
  const converges = (what: string) =>
    until(
      async () => {
        const [held, wanted] = [await keys(), await blocked()]
        return held.join() === wanted.join() && wanted.length > 0
      },
      { timeoutMs: 40_000, what },
    )
  const metric = async (name: string) => {
    const { text } = await lab.request('GET', '/metrics')
    return readExposition(text).value(name)
  }

  it('holds addresses and networks with their ends; what is taken back is gone', async () => {
    await report(
      { type: 'ip', value: addressOf(1), ttl: '2h' },
      { type: 'ip', value: addressOf(2) },
      { type: 'ip', value: '2001:db8:7::1' },
      { type: 'ip', value: '45.8.0.0/24' },
      { type: 'ip', value: addressOf(3), action: 'observe' },
    )
    await converges('what acts is there')
    assert.deepEqual(
      await keys(),
      [
        `blocklist:${addressOf(1)}`,
        `blocklist:${addressOf(2)}`,
        'blocklist:2001:db8:7::/64',
        'blocklist:45.8.0.0/24',
      ].sort(),
    )
    assert.equal(await redis('GET', `blocklist:${addressOf(1)}`), 'block')
    const lifeMs = Number(await redis('PTTL', `blocklist:${addressOf(1)}`))
    assert.ok(lifeMs > 7_190_000 && lifeMs <= 7_200_000, `${lifeMs}`)
    const gone = { type: 'ip', value: addressOf(2), reason: 'false-positive' }
    await lab.request('POST', '/v1/revocations', gone)
    await converges('what is taken back is not')
    await until(async () => (await metric('tocsin_mirror_lag_seconds')) < 3)
    assert.deepEqual(
      [await metric('tocsin_mirror_up'), await metric('tocsin_mirror_entries')],
      [1, 3],
    )
  })

  it('what it was told not to hold is taken away; what is not ours stays', async () => {
    await redis('SET', 'blocklist:203.0.113.99', 'old')
    await redis('SET', 'sessions:7', 'somebody’s')
    await redis('DEL', 'blocklist:#mirror')
    await until(async () => (await redis('EXISTS', 'blocklist:203.0.113.99')) === '0', {
      timeoutMs: 10_000,
      what: 'a stale key is gone',
    })
    assert.equal(await redis('GET', 'sessions:7'), 'somebody’s')
    await redis('DEL', 'sessions:7')
  })

  it('is asked as `integrate redis` says: an address, or any network around it', async () => {
    const { stdout } = await fleet.cli(lab, 'integrate', 'redis')
    assert.ok(ACL.includes(/~blocklist:\* .*/.exec(stdout)![0]), 'the user that this test gives it')
    const code = stdout.slice(stdout.indexOf('from ipaddress'), stdout.indexOf('blocked ='))
    const asked = async (ip: string) => {
      const print = `${code}\nprint(*keys("${ip}"))`
      const names = (await runForeign('python3', ['-c', print])).trim().split(' ')
      return Number(await redis('EXISTS', ...names))
    }
    assert.equal(await asked(addressOf(1)), 1)
    assert.equal(await asked(`::ffff:${addressOf(1)}`), 1)
    assert.equal(await asked('45.8.0.200'), 1)
    assert.equal(await asked('2001:db8:7::abcd'), 1)
    assert.equal(await asked('45.9.0.1'), 0)
    assert.equal(await asked('2001:db8:8::1'), 0)
  })

  it('flushed: everything is there again', async () => {
    const before = await metric('tocsin_mirror_resyncs_total')
    await redis('FLUSHALL')
    await converges('after FLUSHALL')
    assert.ok((await metric('tocsin_mirror_resyncs_total')) > before)
  })

  it('killed, and another, empty one in its place', async () => {
    await endOf(server)
    await report({ type: 'ip', value: addressOf(4) })
    await until(async () => (await metric('tocsin_mirror_up')) === 0, {
      timeoutMs: 15_000,
      what: 'the node knows',
    })
    const { body } = await lab.request('GET', '/v1/doctor')
    const checks = body['checks'] as { name: string; state: string; says: string }[]
    const found = checks.find(({ name }) => name === 'redis')!
    assert.equal(found.state, 'fail')
    assert.match(found.says, /^unreachable/)
    assert.doesNotMatch(lab.output, /secret/)
    server = await startRedis()
    await converges('with an empty one')
  })

  it('stopped in the middle: look-ups do not wait, and it catches up', async () => {
    const ask = async () => {
      const from = performance.now()
      await lab.check('ip', addressOf(1))
      return performance.now() - from
    }
    const median = async (times: number) => {
      const all: number[] = []
      for (let i = 0; i < times; i++) all.push(await ask())
      return all.sort((a, b) => a - b)[times >> 1]!
    }
    await median(50)
    const usual = await median(100)
    server.kill('SIGSTOP')
    const many = Array.from({ length: 500 }, (_, n) => ({ type: 'ip', value: addressOf(300 + n) }))
    assert.equal((await report(...many)).status, 201)
    const meanwhile = await median(100)
    assert.ok(meanwhile < 5 * usual + 5, `${meanwhile} ms where ${usual} ms is usual`)
    server.kill('SIGCONT')
    await converges('after it was stopped')
    assert.ok((await keys()).length > 500)
  })

  it('a pause of enforcement empties it; its end fills it', async () => {
    await lab.request('POST', '/v1/admin/pause', { what: 'enforce', reason: 'a drill' })
    await until(async () => (await keys()).length === 0, { timeoutMs: 15_000, what: 'empty' })
    await lab.request('POST', '/v1/admin/resume', { what: 'enforce' })
    await converges('after the pause')
  })

  it('a second node under the same prefix keeps out, and says so', async () => {
    const env = { TOCSIN_REDIS: `redis://127.0.0.1:${port}/3` }
    const other = await fleet.lab('Lab B', { env })
    await until(() => Promise.resolve(other.output.includes('mirror-down')), {
      timeoutMs: 10_000,
      what: 'the second one says so',
    })
    assert.match(other.output, /"problem":"shared"/)
    await other.end()
    await converges('the first one goes on')
  })

  it('a node that stops leaves what it wrote, which ends on its time', async () => {
    const before = await keys()
    await lab.end()
    assert.deepEqual(await keys(), before)
    for (const key of before.slice(0, 5)) assert.ok(Number(await redis('PTTL', key)) > 0)
    await lab.start()
    await converges('after a start')
  })
})
