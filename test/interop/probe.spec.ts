/**
 * `tocsin probe` before a real nginx with the block that `tocsin integrate` prints: silent while
 * all is well, and an alarm of its own for each way in which it is not.
 */
import assert from 'node:assert/strict'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { CANARY, TWIN } from '../../src/cli/probe-round.js'
import { tocsin } from '../support/command.js'
import { Fleet } from '../support/fleet.js'
import { foreign } from '../support/foreign.js'
import { answering, freePort, Programs } from '../support/programs.js'
import { nginx, VISITOR, type Gateway } from './gateways.js'

describe('interop: probe', function () {
  this.timeout(90_000)
  const programs = new Programs()
  let fleet: Fleet
  let lab: LabProcess
  let gateway: Gateway
  let upstream: Awaited<ReturnType<typeof answering>>
  let metrics: string
  let alarms: string

  before(async () => {
    await foreign('nginx')
    fleet = await Fleet.open()
    const port = await freePort()
    lab = await fleet.lab('Lab A', {
      flags: ['--log-level', 'warn', '--api', `127.0.0.1:${port}`],
    })
    const made = await lab.request('POST', '/v1/tokens', { name: 'gw', role: 'gateway' })
    upstream = await answering(200, '{}')
    gateway = await nginx({
      ...{ programs, folder: fleet.folder, failOpen: false },
      token: made.body['token'] as string,
      node: `http://127.0.0.1:${port}`,
      upstream: `127.0.0.1:${upstream.port}`,
    })
    await mkdir(join(fleet.folder, 'metrics'))
    metrics = join(fleet.folder, 'metrics', 'tocsin.prom')
    alarms = join(fleet.folder, 'alarms')
  })
  after(async () => {
    await programs.stop()
    await upstream?.stop()
    await fleet?.close()
  })

  const probe = (...more: readonly string[]) => {
    const out = ['--textfile', metrics, '--alarm-command', `echo "$TOCSIN_PROBE_CODE" >> ${alarms}`]
    const args = ['--gateway', gateway.url, '--client-header', VISITOR, ...out, ...more]
    return fleet.cli(lab, 'probe', ...args)
  }
  const metric = async (name: string) => {
    const text = await readFile(metrics, 'utf8')
    return Number(new RegExp(`^tocsin_probe_${name} (\\S+)$`, 'm').exec(text)?.[1])
  }
  const heard = async () => (await readFile(alarms, 'utf8').catch(() => '')).trim().split('\n')
  const ownHead = async () => {
    const { heads, peerId } = (await lab.status()) as unknown as {
      heads: Record<string, number>
      peerId: string
    }
    return heads[peerId] ?? 0
  }

  it('all is well: the canary is refused, its twin served, and nothing is said twice', async () => {
    const began = Date.now()
    const ran = await probe()
    assert.deepEqual([ran.code, ran.stderr], [0, ''])
    assert.match(ran.stdout, /^ok {5}canary {2}403 refused .*\nok {5}twin {4}200 served /)
    const { keys } = (await lab.request('POST', '/v1/explain', { type: 'ip', value: CANARY }))
      .body as { keys: readonly [{ said: readonly [{ says: Record<string, unknown> }] }] }
    const { labels, tlp } = keys[0].said[0].says
    assert.deepEqual([labels, tlp], [['synthetic', 'drill'], 'amber+strict'])
    assert.deepEqual([await metric('ok'), await metric('gateway_reachable')], [1, 1])
    assert.ok((await metric('last_run_timestamp_seconds')) * 1000 >= began)
    const head = await ownHead()
    const again = await probe('--json', '--every', '1s', '--count', '2')
    assert.equal(again.code, 0, again.stderr)
    const rows = again.stdout.trim().split('\n')
    const told = rows.map((row) => JSON.parse(row) as { who: string; status: number; ok: boolean })
    assert.deepEqual(
      told.map(({ who, status, ok }) => [who, status, ok]),
      [1, 2].flatMap(() => [
        ['canary', 403, true],
        ['twin', 200, true],
      ]),
    )
    assert.equal(await ownHead(), head)
    assert.deepEqual(await readdir(join(fleet.folder, 'metrics')), ['tocsin.prom'])
    assert.deepEqual(await heard(), [''])
  })

  it('a pause: the canary passes, and one alarm is raised while it lasts', async () => {
    await fleet.cli(lab, 'pause', 'enforce', '--reason', 'drill')
    const ran = await probe('--every', '1s', '--count', '2')
    assert.equal(ran.code, 1)
    assert.match(ran.stdout, /^WRONG {2}canary {2}200 served /)
    assert.equal(ran.stderr.match(/^tocsin: probe-canary-passed: /gm)?.length, 2)
    assert.deepEqual(await heard(), ['probe-canary-passed'])
    assert.deepEqual(
      [await metric('ok'), await metric('canary_refused'), await metric('twin_served')],
      [0, 0, 1],
    )
    await fleet.cli(lab, 'resume')
  })

  it('the twin is reported by mistake: whoever is clean is refused', async () => {
    await lab.request('POST', '/v1/reports', { type: 'ip', value: TWIN })
    const ran = await probe()
    assert.equal(ran.code, 1)
    assert.match(ran.stderr, /^tocsin: probe-twin-refused: who is clean is answered 403$/m)
    assert.deepEqual((await heard()).at(-1), 'probe-twin-refused')
    assert.equal(await metric('twin_served'), 0)
    const taken = { type: 'ip', value: TWIN, reason: 'reported-in-error' }
    await lab.request('POST', '/v1/revocations', taken)
  })

  it('a gateway that goes by a header of its own, and what counts as a refusal', async () => {
    const [bad, clean] = ['192.0.2.251', '192.0.2.252']
    const own = ['--canary-header', `${VISITOR}: ${bad}`, '--clean-header', `${VISITOR}: ${clean}`]
    const ran = await probe(...own, '--value', bad)
    assert.deepEqual([ran.code, ran.stderr], [0, ''])
    const other = await probe('--refused', '401')
    assert.match(other.stderr, /^tocsin: probe-canary-passed: 403 is none of 401$/m)
  })

  it('takes its canary back', async () => {
    const ran = await fleet.cli(lab, 'probe', '--clean-up')
    assert.equal(ran.code, 0, ran.stderr)
    assert.match(ran.stdout, new RegExp(`^revoked {2}net\\.ipv4 ${CANARY} `))
    assert.equal((await lab.check('ip', CANARY))['action'], 'allow')
  })

  it('an alarm command that fails, a gateway that is stopped, a node that is gone', async () => {
    await programs.stop()
    const unreachable = await probe('--alarm-command', 'exit 7')
    assert.equal(unreachable.code, 1)
    assert.match(unreachable.stderr, /^tocsin: probe-gateway-unreachable: http/m)
    assert.match(unreachable.stderr, /^tocsin: probe-alarm-failed: the alarm command ended with 7/m)
    assert.equal(await metric('gateway_reachable'), 0)
    await lab.end()
    const gone = await probe()
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /^tocsin: probe-not-reported: no-node: /m)
  })

  it('what it cannot work with is told before anything is said', async () => {
    const gate = ['--gateway', 'http://127.0.0.1:9/']
    for (const args of [
      [],
      ['--gateway', 'here'],
      [...gate, '--refused', 'no'],
      [...gate, '--every', 'often'],
      [...gate, '--canary-header', 'Name: value'],
      [...gate, '--canary-header', 'nameless'],
      [...gate, '--value', '192.0.2.1'],
    ]) {
      const { code, err } = await tocsin(['--data', fleet.folder, 'probe', ...args])
      assert.deepEqual([code, /usage/.test(err)], [2, true], `${args.join(' ')} ${err}`)
    }
  })
})
