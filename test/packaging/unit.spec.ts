/** The systemd unit, as systemd itself reads it, in a root folder that has only what it names. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadConfig } from '../../src/config.js'
import { tocsin } from '../support/command.js'
import { foreign, runForeign, UNPACKED } from '../support/foreign.js'
import { read } from '../support/source-tree.js'

/** Measured: 1.3. What it may still do is reach the network and any address there. */
const EXPOSURE_MAX = 1.5
const UNIT = read('config/tocsin.service').text
const SYSTEMD_UNITS = ['/', UNPACKED].flatMap((root) =>
  ['usr/lib', 'lib'].map((folder) => join(root, folder, 'systemd', 'system')),
)

const valuesOf = (key: string): string[] =>
  UNIT.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.split(/=(.*)/)[1]!] : []))

describe('packaging: the systemd unit', function () {
  this.timeout(60_000)
  let root: string

  async function program(path: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), '', { mode: 0o755 })
  }

  /** systemd's word on a text of the unit: nothing where it is fine. */
  async function verify(text: string): Promise<string> {
    await writeFile(join(root, 'etc/systemd/system/tocsin.service'), text)
    try {
      const words = ['verify', `--root=${root}`, 'tocsin.service']
      return await runForeign('/bin/sh', ['-c', 'systemd-analyze "$@" 2>&1', 'sh', ...words])
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }

  before(async () => {
    await foreign('systemd-analyze')
    root = await mkdtemp(join(tmpdir(), 'tocsin-unit-'))
    const units = SYSTEMD_UNITS.find((folder) => existsSync(folder))!
    await cp(units, join(root, 'usr/lib/systemd/system'), {
      recursive: true,
      verbatimSymlinks: true,
    })
    await mkdir(join(root, 'etc/systemd/system'), { recursive: true })
    for (const key of ['ExecStart', 'ExecReload']) await program(valuesOf(key)[0]!.split(' ')[0]!)
  })
  after(() => rm(root, { recursive: true, force: true }))

  it('systemd has nothing to say against it, and would have', async () => {
    assert.equal(await verify(UNIT), '')
    const misspelt = await verify(UNIT.replace('ProtectHome', 'ProtectHomes'))
    assert.match(misspelt, /Unknown key.*ProtectHomes/)
    assert.match(await verify(UNIT.replace('/usr/bin/node', '/usr/bin/gone')), /not executable/)
  })

  it('leaves the process next to nothing', async () => {
    await verify(UNIT)
    const words = ['security', '--offline=true', '--no-pager', `--root=${root}`, 'tocsin.service']
    const told = await runForeign('systemd-analyze', words)
    const exposure = Number(/Overall exposure level for tocsin\.service: ([\d.]+)/.exec(told)?.[1])
    assert.ok(exposure <= EXPOSURE_MAX, told)
  })

  it('starts the program of this package, and its settings are settings', () => {
    const { name, bin } = JSON.parse(read('package.json').text) as {
      name: string
      bin: Record<string, string>
    }
    const [, file, command] = valuesOf('ExecStart')[0]!.split(' ')
    assert.ok(file!.endsWith(`/node_modules/${name}/${bin['tocsin']!}`), file)
    assert.equal(command, 'start')
    const env = Object.fromEntries(valuesOf('Environment').map((pair) => pair.split('=')))
    const loaded = loadConfig({}, env as Record<string, string>, { cwd: '/' })
    assert.ok('config' in loaded, JSON.stringify(loaded))
    assert.equal(loaded.config.data, `/var/lib/${valuesOf('StateDirectory')[0]!}`)
  })

  it('does not start again what means nothing', async () => {
    const ran = await tocsin(['start', '--no-such-option'])
    assert.deepEqual(valuesOf('RestartPreventExitStatus'), [String(ran.code)])
  })
})
