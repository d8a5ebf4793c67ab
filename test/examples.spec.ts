/** The programs of `scripts/examples` as a user runs them, beside a real node. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { LabProcess } from '../src/cli/lab-process.js'
import { cardOf } from './http/api.js'
import { Fleet } from './support/fleet.js'
import { endOf, freePort } from './support/programs.js'
import { ROOT } from './support/source-tree.js'
import { until } from './support/until.js'

const FOLDER = join(ROOT, 'scripts', 'examples')

describe('examples', function () {
  this.timeout(60_000)
  let fleet: Fleet
  let lab: LabProcess
  const running: ChildProcess[] = []
  const tokens = new Map<string, string>()
  const used = new Set<string>()

  before(async () => {
    fleet = await Fleet.open()
    lab = await fleet.lab('Lab A')
    for (const role of ['gateway', 'detector']) {
      const { body } = await lab.request('POST', '/v1/tokens', { name: role, role })
      tokens.set(role, String(body['token']))
    }
  })
  after(async () => {
    await Promise.all(running.map(endOf))
    await fleet.close()
  })

  const begin = (file: string, role: string, args: readonly string[], more: object = {}) => {
    used.add(file)
    const env = { ...process.env, TOCSIN_URL: lab.api, TOCSIN_TOKEN: tokens.get(role)! }
    const program = file.endsWith('.sh') ? 'sh' : process.execPath
    const child = spawn(program, [join(FOLDER, file), ...args], { env: { ...env, ...more } })
    running.push(child)
    return child
  }
  const ended = async (child: ReturnType<typeof begin>, input = '') => {
    child.stdin.on('error', () => undefined).end(input)
    const said = Promise.all([text(child.stdout), text(child.stderr)])
    const [code] = (await once(child, 'exit')) as [number]
    const [out, err] = await said
    return { code, out, err }
  }
  const action = async (value: string) => (await lab.check('ip', value))['action']

  it('report.sh: once, however often it is run; refused with its code', async () => {
    const report = async (...args: string[]) => {
      return ended(begin('report.sh', 'detector', args))
    }
    const first = await report('ip', '198.51.100.7', 'case-1')
    assert.equal(first.code, 0, first.err)
    assert.equal(await action('198.51.100.7'), 'block')
    assert.equal((JSON.parse(first.out) as { accepted: number }).accepted, 1)
    const again = await report('ip', '198.51.100.7', 'case-1')
    assert.deepEqual([again.code, again.out], [0, first.out])
    const other = await report('ip', '198.51.100.8', 'case-1')
    assert.deepEqual([other.code, /idempotency/.test(other.out)], [1, true], other.out)
    const refused = await report('ip', '300.1.1.1', 'case-3')
    assert.deepEqual([refused.code, /ipv4-malformed/.test(refused.out)], [1, true])
    assert.equal((await report('ip', '1.1.1.1","x":"', 'case-4')).code, 2)
  })

  it('pipeline.mjs: lines become reports, and what is refused is told', async () => {
    const input = [
      { address: '198.51.100.20', score: 0.95, requests: 5_000 },
      { address: '198.51.100.21', score: 0.7, requests: 120 },
      { address: '198.51.100.22', score: 0.2, requests: 9 },
      { address: '300.1.1.1', score: 0.9, requests: 50 },
    ]
    const lines = input.map((one) => JSON.stringify(one)).join('\n')
    const ran = await ended(begin('pipeline.mjs', 'detector', []), lines)
    assert.equal(ran.out, 'accepted 2, duplicate 0, refused 1\n', ran.err)
    assert.deepEqual([ran.code, ran.err], [1, 'report 3: ipv4-malformed\n'])
    const actions = await Promise.all(['20', '21', '22'].map((n) => action(`198.51.100.${n}`)))
    assert.deepEqual(actions, ['block', 'throttle', 'allow'])
  })

  it('gateway.mjs: refuses, slows and serves from a copy of its own', async () => {
    await lab.request('POST', '/v1/reports', [
      { type: 'ip', value: '198.51.100.30' },
      { type: 'ip', value: '198.51.100.31', action: 'throttle' },
    ])
    const port = await freePort()
    const store = join(fleet.folder, 'replica')
    const child = begin('gateway.mjs', 'gateway', [], { PORT: String(port), STORE: store })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until(() => said.includes(String(port)), { timeoutMs: 20_000, what: 'it listens' })
    const visit = async (address: string) => {
      const headers = { 'x-forwarded-for': address, connection: 'close' }
      const answer = await fetch(`http://127.0.0.1:${port}/v1/chat`, { headers })
      await answer.arrayBuffer()
      return answer.status
    }
    await until(async () => (await visit('198.51.100.30')) === 403, { what: 'its copy is there' })
    assert.deepEqual([await visit('198.51.100.31'), await visit('198.51.100.32')], [429, 200])
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })

  it('watch.mjs: silent while all is well, and names what is not', async () => {
    const watch = async (more: object = {}) => ended(begin('watch.mjs', 'gateway', [], more))
    assert.deepEqual(await watch(), { code: 0, out: '', err: '' })
    const card = cardOf('B', ['/ip4/127.0.0.1/tcp/9'])
    await lab.request('POST', '/v1/members', { card, name: 'Lab B', newOrganisation: true })
    const { code, out } = await watch()
    assert.equal(code, 1)
    assert.match(out, /^tocsin_links\{state="down"\} 1: members that cannot be reached$/m)
    const deaf = await watch({ TOCSIN_URL: 'http://127.0.0.1:9' })
    assert.deepEqual([deaf.code, deaf.out], [1, 'http://127.0.0.1:9 gives no answer\n'])
  })

  it('are all run here', async () => {
    assert.deepEqual([...used].sort(), (await readdir(FOLDER)).sort())
  })
})
