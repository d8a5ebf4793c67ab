/**
 * Gateways as labs run them before a real node: who is blocked is stopped, who is not passes, and
 * what becomes of both when the node is gone, hangs, fails or is stale is what was declared. The
 * table of that is generated from what visitors saw, and the documentation must say the same.
 */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { Fleet, linked, PROGRAM } from '../support/fleet.js'
import { foreign, foreignPackage } from '../support/foreign.js'
import { ROOT } from '../support/source-tree.js'
import { until } from '../support/until.js'
import { caddy, haproxy, nginx, portkey, startPortkey, type Gateway } from './gateways.js'
import { answering, endOf, freePort, Programs } from '../support/programs.js'

const BAD = '45.77.10.1'
const CLEAN = '45.77.10.2'
const TABLE = join(ROOT, 'config', 'gateways.md')
const UPSTREAM = JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm', choices: [] })

describe('interop: gateways', function () {
  this.timeout(240_000)
  const programs = new Programs()
  let fleet: Fleet
  let a: LabProcess
  let others: readonly LabProcess[]
  let port: number
  let token: string
  let gateways: readonly Gateway[]
  let upstream: Awaited<ReturnType<typeof answering>>
  /** What a blocked and what a clean visitor sees, by gateway, then state. */
  const seen = new Map<string, Map<string, string>>()

  before(async () => {
    await foreign('nginx', 'haproxy', 'caddy')
    const main = await foreignPackage('@portkey-ai/gateway', 'build/start-server.js')
    fleet = await Fleet.open()
    port = await freePort()
    const flags = ['--log-level', 'warn', '--api', `127.0.0.1:${port}`]
    a = await fleet.lab('Lab A', { flags })
    others = await Promise.all([fleet.lab('Lab B'), fleet.lab('Lab C')])
    for (const lab of [a, ...others]) {
      for (const other of [a, ...others]) if (lab !== other) await lab.admit(other)
    }
    await linked([a, ...others])
    const made = await a.request('POST', '/v1/tokens', { name: 'gw', role: 'gateway' })
    token = made.body['token'] as string
    upstream = await answering(200, UPSTREAM)
    const host = await startPortkey(programs, { folder: fleet.folder, main })
    const common = {
      ...{ programs, folder: fleet.folder, token },
      node: `http://127.0.0.1:${port}`,
      upstream: `127.0.0.1:${upstream.port}`,
    }
    const kinds = [nginx, caddy, haproxy] as const
    const made2 = await Promise.all(
      [false, true].flatMap((failOpen) => [
        ...kinds.map((kind) => kind({ ...common, failOpen })),
        Promise.resolve(portkey({ ...common, failOpen }, host)),
      ]),
    )
    gateways = made2
  })
  after(async () => {
    await programs.stop()
    await upstream?.stop()
    await fleet?.close()
  })

  const visitAll = async (state: string) => {
    for (const gateway of gateways) {
      const [bad, clean] = await Promise.all([gateway.visit(BAD), gateway.visit(CLEAN)])
      const key = `${gateway.name} | ${gateway.failOpen ? 'pass' : 'decline'}`
      const states = seen.get(key) ?? new Map<string, string>()
      seen.set(key, states.set(state, `${bad} / ${clean}`))
    }
  }
  /** Whether the visitors of a state passed. */
  const passed = (state: string) =>
    [...seen].map(([key, states]) => {
      const [bad, clean] = states
        .get(state)!
        .split(' / ')
        .map((status) => status === '200')
      return [key, bad, clean]
    })
  const asDeclared = (state: string) => {
    for (const [key, bad, clean] of passed(state)) {
      const passes = String(key).endsWith('pass')
      assert.deepEqual([bad, clean], [passes, passes], `${state}: ${key}`)
    }
  }

  it('who two labs report is stopped, who nobody reports passes, a revocation frees', async () => {
    for (const lab of others) await lab.request('POST', '/v1/reports', { type: 'ip', value: BAD })
    const isBlocked = async () => {
      const { body } = await a.request('GET', `/v1/check?type=ip&value=${BAD}`)
      return body['action'] === 'block'
    }
    await until(isBlocked, { what: 'both reports have come' })
    await visitAll('answers')
    for (const [key, bad, clean] of passed('answers')) {
      assert.deepEqual([bad, clean], [false, true], String(key))
    }
    const [b] = others
    const taken = { type: 'ip', value: BAD, reason: 'false-positive' }
    await b!.request('POST', '/v1/revocations', taken)
    for (const gateway of gateways) {
      await until(async () => (await gateway.visit(BAD)) === 200, { what: `${gateway.name} frees` })
    }
    await b!.request('POST', '/v1/reports', { type: 'ip', value: BAD })
    await until(isBlocked, { what: 'the report has come again' })
  })

  it('hung, killed, failing: what was declared', async () => {
    const store = join(fleet.folder, 'edge')
    const edge = await startEdge({ store, port: await freePort(), stale: 'last-known', ms: '60s' })
    process.kill(a.pid!, 'SIGSTOP')
    await visitAll('hangs')
    process.kill(a.pid!, 'SIGCONT')
    await until(async () => (await readFile(join(store, 'snapshot')).catch(() => '')) !== '', {
      what: 'the edge has kept a copy',
    })
    await endOf(edge)
    await a.end('SIGKILL')
    await visitAll('is gone')
    const broken = await answering(500, '{}', port)
    await visitAll('answers 500')
    await broken.stop()
    for (const state of ['hangs', 'is gone', 'answers 500']) asDeclared(state)
  })

  for (const [rule, bad, clean] of [
    ['last-known', false, true],
    ['allow', true, true],
    ['deny', false, false],
  ] as const) {
    it(`stale, and ${rule} declared for it`, async () => {
      const store = join(fleet.folder, 'edge')
      const edge = await startEdge({ store, port, stale: rule, ms: '1s' })
      const state = `is stale: ${rule}`
      const isAsDeclared = async () => {
        await visitAll(state)
        // An error of the gateway's own is no answer of the edge's.
        const answers = [...seen.values()].every((states) => !/\b5\d\d\b/.test(states.get(state)!))
        return answers && passed(state).every(([, ...told]) => told[0] === bad && told[1] === clean)
      }
      // HAProxy looks twice a second whether there is a node again.
      await until(isAsDeclared, { timeoutMs: 15_000, what: 'every gateway does as declared' })
      await endOf(edge)
    })
  }

  it('the documentation says what visitors saw', async () => {
    const states = [...[...seen.values()][0]!.keys()]
    const rows = [...seen].map(
      ([key, told]) => `| ${key} | ${states.map((one) => told.get(one)).join(' | ')} |`,
    )
    const head = ['gateway', 'node fails', ...states.map((state) => `node ${state}`)]
    const table = [
      `| ${head.join(' | ')} |`,
      `|${' --- |'.repeat(head.length)}`,
      ...rows.sort(),
    ].join('\n')
    const text = await readFile(TABLE, 'utf8')
    const [before, , after] = text.split(/<!-- (?:generated|end) -->\n/)
    const expected = `${before}<!-- generated -->\n\n${table}\n\n<!-- end -->\n${after}`
    if (process.env['UPDATE'] === '1') await writeFile(TABLE, expected)
    const squeezed = (one: string) => one.replace(/ +/g, ' ').replace(/-{3,}/g, '---')
    assert.equal(squeezed(text), squeezed(expected), 'UPDATE=1 writes it anew')
  })

  interface EdgeSetup {
    readonly store: string
    readonly port: number
    readonly stale: string
    readonly ms: string
  }

  function startEdge({ store, port: at, stale, ms }: EdgeSetup) {
    const args = ['edge', '--node', `http://127.0.0.1:${port}`, '--api', `127.0.0.1:${at}`]
    const command = [process.execPath, PROGRAM, ...args, '--store', store, '--stale-after', ms]
    const env = { TOCSIN_TOKEN: token, TOCSIN_API_DIALECTS_STALE: stale }
    return programs.start(command, { cwd: fleet.folder, port: at, env })
  }
})
