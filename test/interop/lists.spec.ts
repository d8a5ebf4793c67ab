/**
 * Programs that know nothing but lists: CrowdSec's bouncers, HAProxy's map, nginx's geo, nftables
 * with real packets. Each is the real one, told by a real node.
 */
import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crowdsecBlock } from '../../src/cli/gateway-blocks.js'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { Fleet } from '../support/fleet.js'
import { foreign } from '../support/foreign.js'
import { until } from '../support/until.js'
import { freePort, Programs } from '../support/programs.js'

const BAD = '45.77.10.1'
const RANGE = '45.78.0.0/24'
const CLEAN = '45.77.10.2'

describe('interop: lists', function () {
  this.timeout(120_000)
  const programs = new Programs()
  let fleet: Fleet
  let lab: LabProcess
  let token: string
  let api: string

  before(async () => {
    await foreign('crowdsec-custom-bouncer', 'nginx', 'haproxy')
    fleet = await Fleet.open()
    const port = await freePort()
    api = `http://127.0.0.1:${port}`
    lab = await fleet.lab('Lab A', { flags: ['--log-level', 'warn', '--api', `127.0.0.1:${port}`] })
    const made = await lab.request('POST', '/v1/tokens', { name: 'lists', role: 'gateway' })
    token = made.body['token'] as string
    for (const value of [BAD, RANGE]) await report(value)
  })
  after(async () => {
    await programs.stop()
    await fleet?.close()
  })

  const report = (value: string, ttl = '7d') =>
    lab.request('POST', '/v1/reports', { type: 'ip', value, ttl })
  const revoke = (value: string) => {
    const body = { type: 'ip', value, reason: 'false-positive' }
    return lab.request('POST', '/v1/revocations', body)
  }
  const folder = async (name: string) => {
    const path = join(fleet.folder, name)
    await mkdir(path, { recursive: true })
    return path
  }
  const list = async (name: string) => {
    const answer = await fetch(`${api}/export/${name}`, { headers: { 'x-api-key': token } })
    assert.equal(answer.status, 200)
    return answer.text()
  }

  it('crowdsec-custom-bouncer adds, deletes what is revoked or ends, comes back', async () => {
    const cwd = await folder('custom')
    const heard = join(cwd, 'heard')
    await writeFile(join(cwd, 'act'), `#!/bin/sh\necho "$1 $2 $3" >> ${heard}\n`)
    await chmod(join(cwd, 'act'), 0o755)
    await writeFile(
      join(cwd, 'bouncer.yaml'),
      `bin_path: ${cwd}/act
piddir: ${cwd}
log_mode: stdout
log_dir: ${cwd}
log_level: info
cache_retention_duration: 1s
daemonize: false
prometheus: { enabled: false }
${crowdsecBlock({ node: api, token }).replace('10s', '1s')}`,
    )
    const command = ['crowdsec-custom-bouncer', '-c', join(cwd, 'bouncer.yaml')]
    const bouncer = await programs.start(command, { cwd })
    const says = (line: RegExp) =>
      until(async () => line.test(await readFile(heard, 'utf8').catch(() => '')), {
        timeoutMs: 30_000,
        what: `${line.source}: ${bouncer.said()}`,
      })
    await says(/^add 45\.77\.10\.1 \d+$/m)
    await says(/^add 45\.78\.0\.0\/24 \d+$/m)
    await revoke(BAD)
    await says(/^del 45\.77\.10\.1 /m)
    await report('45.77.10.9', '3s')
    await says(/^add 45\.77\.10\.9 /m)
    await says(/^del 45\.77\.10\.9 /m)
    await lab.end('SIGKILL')
    await lab.start()
    await report(BAD)
    await says(/^del 45\.77\.10\.1 [^]*^add 45\.77\.10\.1 /m)
    assert.ok(!(await readFile(heard, 'utf8')).includes(CLEAN))
  })

  it('HAProxy reads the map', async () => {
    const [cwd, port] = [await folder('haproxy'), await freePort()]
    await writeFile(join(cwd, 'tocsin.map'), await list('haproxy.map'))
    await writeFile(
      join(cwd, 'haproxy.cfg'),
      `defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend in
    bind 127.0.0.1:${port}
    http-request set-src req.hdr(X-Test-Visitor)
    http-request deny if { src,map_ip(${cwd}/tocsin.map) -m found }
    http-request return status 200
`,
    )
    await programs.start(['haproxy', '-f', 'haproxy.cfg', '-db'], { cwd, port })
    await visitors(port)
  })

  it('nginx reads the geo list', async () => {
    const [cwd, port] = [await folder('nginx'), await freePort()]
    await writeFile(join(cwd, 'geo.conf'), await list('nginx-geo.conf'))
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    await writeFile(
      join(cwd, 'nginx.conf'),
      `daemon off; master_process off; pid ${cwd}/pid; error_log ${cwd}/error.log;
events {}
http {
  access_log off;
  ${paths.map((name) => `${name}_temp_path ${cwd}/${name};`).join(' ')}
  geo $http_x_test_visitor $blocked { default 0; include ${cwd}/geo.conf; }
  server {
    listen 127.0.0.1:${port};
    location / { if ($blocked) { return 403; } return 200; }
  }
}`,
    )
    const command = [
      'nginx',
      '-c',
      join(cwd, 'nginx.conf'),
      '-p',
      cwd,
      '-e',
      join(cwd, 'error.log'),
    ]
    await programs.start(command, { cwd, port })
    await visitors(port)
  })

  const visitors = async (port: number) => {
    for (const [visitor, status] of [
      [BAD, 403],
      ['45.78.0.77', 403],
      [CLEAN, 200],
      ['45.78.1.1', 200],
    ] as const) {
      const headers = { 'X-Test-Visitor': visitor, connection: 'close' }
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers })
      assert.equal(answer.status, status, visitor)
    }
  }
})
