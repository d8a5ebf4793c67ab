/** What plugs into a node, as its operator sets it up: a gateway, lists on disk, an edge. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { endEdges, startEdge } from '../support/edge-process.js'
import { Fleet } from '../support/fleet.js'
import { until } from '../support/until.js'

const BAD = '45.77.10.1'

describe('plug in', function () {
  this.timeout(90_000)
  let fleet: Fleet
  let lab: LabProcess
  let lists: string
  before(async () => {
    fleet = await Fleet.open()
    lists = join(fleet.folder, 'lists')
    const hook = join(fleet.folder, 'hook')
    await writeFile(hook, `#!/bin/sh\necho reloaded >> ${fleet.folder}/reloads\n`)
    await chmod(hook, 0o755)
    const env = {
      TOCSIN_EXPORTS_FOLDER: lists,
      TOCSIN_EXPORTS_FILES: 'plain.txt,haproxy.map',
      TOCSIN_EXPORTS_RELOAD: hook,
    }
    lab = await fleet.lab('Lab A', { env })
    await lab.request('POST', '/v1/reports', { type: 'ip', value: BAD })
  })
  after(async () => {
    // One that a failed test left behind would keep the whole run from ending.
    endEdges()
    await fleet.close()
  })

  it('integrate prints a block with the address and a token that works', async () => {
    const ran = await fleet.cli(lab, 'integrate', 'nginx', '--fail-open')
    assert.equal(ran.code, 0)
    assert.ok(ran.stdout.includes(`server ${new URL(lab.api).host};`), ran.stdout)
    assert.match(ran.stderr, /requests pass unchecked/)
    const token = /X-Api-Key "([^"]+)"/.exec(ran.stdout)![1]!
    const headers = { 'x-api-key': token, 'x-real-ip': BAD }
    assert.equal((await fetch(`${lab.api}/authz`, { headers })).status, 403)
    const again = await fleet.cli(lab, 'integrate', 'nginx')
    assert.deepEqual([again.code, /token-exists/.test(again.stderr)], [1, true])
    for (const gateway of [
      'haproxy',
      'caddy',
      'envoy',
      'crowdsec',
      'litellm',
      'portkey',
      'express',
      'fastify',
    ]) {
      const { code, stdout } = await fleet.cli(lab, 'integrate', gateway)
      assert.equal(code, 0, gateway)
      assert.match(stdout, /tocsin_[\w-]{40}/, gateway)
    }
    assert.equal((await fleet.cli(lab, 'integrate', 'squid')).code, 2)
  })

  it('lists are on disk, and the program that reads them is told', async () => {
    const has = async (value: string) =>
      (await readFile(join(lists, 'plain.txt'), 'utf8').catch(() => '')).includes(value)
    await until(() => has(BAD), { timeoutMs: 20_000 })
    // Each list is written by itself.
    const map = () => readFile(join(lists, 'haproxy.map'), 'utf8')
    await until(async () => (await map()) === '45.77.10.1 block\n# end 1\n', { timeoutMs: 20_000 })
    const reloads = async () => (await readFile(join(fleet.folder, 'reloads'), 'utf8')).length
    const before = await reloads()
    await lab.request('POST', '/v1/reports', { type: 'ip', value: '45.77.10.2' })
    await until(() => has('45.77.10.2'), { timeoutMs: 20_000 })
    await until(async () => (await reloads()) > before)
  })

  it('an edge answers as its node does, also once that is gone, and says so', async () => {
    const made = await lab.request('POST', '/v1/tokens', { name: 'edge', role: 'gateway' })
    const token = made.body['token'] as string
    const edge = startEdge(lab.api, token, ['--stale-after', '3s'])
    const address = await edge.address
    const ask = async (path: string) => {
      const answer = await fetch(`${address}${path}`, { headers: { 'x-api-key': token } })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    }
    const question = `/v1/check?type=ip&value=${BAD}`
    const isFresh = async () => (await ask('/readyz?fresh=60s')).status === 200
    await until(isFresh, { timeoutMs: 20_000 })
    const [here, there] = [await ask(question), await lab.check('ip', BAD)]
    for (const field of ['action', 'score', 'expiresAt', 'policy', 'reasons']) {
      assert.deepEqual(here.body[field], there[field], field)
    }
    const id = here.body['decisionId'] as string
    const explained = await lab.request('GET', `/v1/decisions/by-id/${id}`)
    assert.equal(explained.status, 200)
    await lab.end()
    await until(async () => !(await isFresh()), { timeoutMs: 20_000 })
    const late = await ask(question)
    assert.deepEqual([late.body['action'], late.body['freshness']], ['block', 'stale'])
    assert.equal(
      (await fetch(`${address}/v1/status`, { headers: { 'x-api-key': token } })).status,
      404,
    )
    edge.child.kill('SIGTERM')
    assert.deepEqual(await once(edge.child, 'exit'), [0, null])
    assert.doesNotMatch(edge.output(), new RegExp(token))
  })
})
