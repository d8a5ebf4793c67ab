/**
 * The Dockerfile's steps, executed in clean Debian folders, and what comes of them started as a
 * container would: another user, nothing to write to but the volume. Where a Docker daemon
 * answers, it builds the image, too.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config.js'
import { read, ROOT } from '../support/source-tree.js'
import { until } from '../support/until.js'
import { asRoot, runInside, startInside, type Inside } from './clean-debian.js'
import { lastOf, stagesOf } from './dockerfile.js'
import { Build, type Image } from './image.js'

const STAGES = stagesOf(read('config/Dockerfile').text)
const LAST = STAGES.at(-1)!

interface Service {
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  readonly networks: readonly string[]
  readonly ports: readonly string[]
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly build: { readonly context: string; readonly dockerfile: string }
}
type Names = Readonly<Record<string, unknown>>

function composed() {
  return parse(read('config/compose.yaml').text, { merge: true }) as {
    readonly services: Readonly<Record<string, Service>>
    readonly volumes: Names
    readonly networks: Names
  }
}

describe('packaging: the container', function () {
  this.timeout(300_000)
  let build: Build
  let image: Image
  let volume: string
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-image-'))
    build = new Build(folder)
    image = await build.image(STAGES)
    volume = join(folder, 'volume')
    // As Docker fills a new volume: what the image has there, and whose it is.
    await asRoot('cp', '-a', join(image.root, lastOf(LAST, 'VOLUME')!), volume)
  })
  after(() => build.remove())

  const sealed = (env: Readonly<Record<string, string>> = {}): Inside => ({
    env: { ...image.env, ...env },
    cwd: image.cwd,
    user: image.user,
    isSealed: true,
    bind: { [lastOf(LAST, 'VOLUME')!]: volume },
  })

  it('runs as its own user, writes to its volume alone, is healthy, stops cleanly', async () => {
    const env = composed().services['a']!.environment
    const { child, pid } = await startInside(image.root, sealed(env), image.command)
    let said = ''
    const hear = (chunk: Buffer) => (said += chunk.toString())
    child.stdout!.on('data', hear)
    child.stderr!.on('data', hear)
    const ended = once(child, 'exit')
    const inside = (...command: string[]) => runInside(image.root, sealed(), command)
    const isHealthy = () =>
      inside(...image.healthCheck).then(
        () => true,
        () => false,
      )
    await assert.rejects(inside('node', '-e', 'fs.writeFileSync("/opt/x", "")'), /EROFS/)
    await until(async () => child.exitCode !== null || (await isHealthy()), { timeoutMs: 30_000 })
    assert.equal(child.exitCode, null, said)
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    assert.match(status, /^Uid:\t10001\t10001\t10001\t10001$/m)
    assert.match(status, /^CapEff:\t0+$/m)
    assert.equal((await stat(join(volume, 'db'))).uid, 10_001)
    const [node, program] = image.command
    assert.match(await inside(node!, program!, 'id'), /@\/dns4\/a\/tcp\/4717\?.*name=Lab\+A/)
    process.kill(pid, 'SIGTERM')
    assert.deepEqual(await ended, [0, null], said)
    assert.doesNotMatch(said, /EROFS|read-only file system/i)
    assert.equal(await isHealthy(), false)
  })

  it('holds what the package holds, without compiler, tests and sources', async () => {
    const found = await runInside(image.root, sealed(), ['/bin/ls', '-A', '/opt/tocsin'])
    assert.deepEqual(found.trim().split('\n').sort(), [
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'config', 'dist', 'node_modules'],
      ...['package.json', 'scripts'],
    ])
    const compiler = join(image.root, 'opt/tocsin/node_modules/typescript')
    await assert.rejects(stat(compiler), /ENOENT/)
  })
})

describe('packaging: what the container files say', () => {
  it('the image names the owner of its volume, and the ports that are listened on', () => {
    const made = LAST.steps.find(({ word, rest }) => word === 'RUN' && rest.includes('chown'))!
    assert.ok(made.rest.includes(`chown ${lastOf(LAST, 'USER')!} ${lastOf(LAST, 'VOLUME')!}`))
    const env = { TOCSIN_DATA: lastOf(LAST, 'VOLUME')! }
    const loaded = loadConfig({}, env, { cwd: '/' })
    assert.ok('config' in loaded)
    const { listen, api } = loaded.config
    const ports = [...listen, api.listen].map((address) => /\d+$/.exec(address)![0])
    assert.deepEqual(lastOf(LAST, 'EXPOSE')!.split(' '), ports)
  })

  it('three labs, each by itself, with its API on this machine alone', () => {
    const { services, volumes, networks } = composed()
    assert.deepEqual(Object.keys(services), ['a', 'b', 'c'])
    const [data, ports] = [lastOf(LAST, 'VOLUME')!, lastOf(LAST, 'EXPOSE')!.split(' ')]
    const published = new Set<string>()
    for (const [name, lab] of Object.entries(services)) {
      assert.deepEqual(lab.build, { context: '..', dockerfile: 'config/Dockerfile' })
      assert.deepEqual([lab.read_only, lab.cap_drop], [true, ['ALL']])
      assert.deepEqual(lab.security_opt, ['no-new-privileges:true'])
      assert.deepEqual(lab.volumes, [`${name}:${data}`])
      assert.deepEqual(lab.networks, ['mesh', `gateways-${name}`])
      assert.ok(name in volumes && lab.networks.every((network) => network in networks))
      const [host, port, inner] = lab.ports[0]!.split(':')
      assert.deepEqual([lab.ports.length, host, ports.includes(inner!)], [1, '127.0.0.1', true])
      published.add(port!)
      const loaded = loadConfig({}, lab.environment, { cwd: '/' })
      assert.ok('config' in loaded, JSON.stringify(loaded))
      assert.deepEqual(loaded.config.api.hosts, [name])
      assert.deepEqual(loaded.config.announce, [`/dns4/${name}/tcp/${ports[0]!}`])
      assert.equal(/\d+$/.exec(loaded.config.api.listen)![0], inner)
    }
    assert.equal(published.size, 3)
  })

  if (hasDaemon()) {
    it('Docker builds the image', async function () {
      this.timeout(600_000)
      const execute = promisify(execFile)
      const words = ['build', '--quiet', '--file', 'config/Dockerfile', '.']
      const id = (await execute('docker', words, { cwd: ROOT })).stdout.trim()
      const ran = await execute('docker', ['run', '--rm', '--read-only', id, '--version'])
      const { version } = JSON.parse(read('package.json').text) as { version: string }
      assert.equal(ran.stdout.trim(), version)
    })
  }
})

function hasDaemon(): boolean {
  try {
    const words = ['info', '--format', '{{.ServerVersion}}']
    return execFileSync('docker', words, { stdio: ['ignore', 'pipe', 'ignore'] }).length > 1
  } catch {
    return false
  }
}
