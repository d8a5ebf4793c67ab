/**
 * The package as `npm pack` makes it: exactly what runs, and it runs where there is nothing else.
 * Packed as it was built, so that nothing is built under the nodes of other tests.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LabProcess } from '../../src/cli/lab-process.js'
import { codeUnder, ROOT } from '../support/source-tree.js'

const execute = promisify(execFile)
/** What is in it, by folder; the rest of the package is these few files. */
const FILES = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']
const SCRIPTS = ['scripts/build.mjs', 'scripts/tocsin.mjs']
/** What only who works on Tocsin needs. */
const NOT_PACKED = ['config/eslint.config.js']

describe('packaging: npm pack', function () {
  this.timeout(240_000)
  let folder: string
  let packed: string[]
  let home: string
  let installed: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-pack-'))
    home = join(folder, 'empty')
    await mkdir(home)
    await execute(process.execPath, [join(ROOT, 'scripts/build.mjs')])
    const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
    const { stdout } = await execute('npm', words, { cwd: ROOT, maxBuffer: 16 << 20 })
    const [made] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
    packed = made.files.map(({ path }) => path).sort()
    const flags = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund']
    await execute('npm', ['install', ...flags, join(folder, made.filename)], { cwd: home })
    installed = join(home, 'node_modules/tocsin')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  // Where npx runs these tests, it tells those below it by this which package is meant.
  const env = { ...process.env, npm_config_package: undefined }
  const run = (...args: readonly string[]) => execute(args[0]!, args.slice(1), { cwd: home, env })
  const under = async (path: string) =>
    (await readdir(join(ROOT, path), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))

  it('holds what src was built to, the settings, and nothing else', async () => {
    const built = codeUnder('src').flatMap(({ path }) => {
      const name = path.replace(/^src/, 'dist').replace(/\.tsx?$/, '')
      return [`${name}.js`, `${name}.d.ts`]
    })
    // The console's page is no code.
    const page = packed.filter((path) => /^dist\/console\/.*\.(?:html|css|svg|js)$/.test(path))
    const config = (await under('config')).filter((path) => !NOT_PACKED.includes(path))
    const wanted = new Set([...FILES, ...SCRIPTS, ...built, ...page, ...config])
    assert.deepEqual(packed, [...wanted].sort())
    assert.deepEqual(
      packed.filter((path) => /\.map$|\.spec\.|^(?:test|src)\//.test(path)),
      [],
    )
    for (const path of packed) assert.ok(existsSync(join(installed, path)), path)
  })

  it('brings nothing that the lock file has for development alone', async () => {
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>
    }
    const dev = Object.entries(lock.packages).flatMap(([path, { dev }]) => (dev ? [path] : []))
    assert.ok(dev.includes('node_modules/typescript'))
    assert.deepEqual(
      dev.filter((path) => existsSync(join(home, path))),
      [],
    )
  })

  it('is a program: version, a node that starts, is asked, and stops', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      version: string
    }
    const told = await run('npx', '--no-install', 'tocsin', '--version')
    assert.equal(told.stdout.trim(), version)
    const program = join(installed, 'scripts/tocsin.mjs')
    const data = join(folder, 'data')
    const lab = await LabProcess.start({ program, name: 'Lab A', data })
    try {
      await run('npx', '--no-install', 'tocsin', '--data', data, 'report', 'ip', '198.51.100.7')
      const words = ['--data', data, '--json', 'check', 'ip', '198.51.100.7']
      const checked = await run('npx', '--no-install', 'tocsin', ...words)
      assert.equal((JSON.parse(checked.stdout) as { action: string }).action, 'block')
    } finally {
      assert.equal(await lab.end(), 0, lab.output)
    }
  })

  it('is a library: its two entries, and no other way in', async () => {
    const tell = (name: string) =>
      `import(${JSON.stringify(name)}).then((it) => console.log(Object.keys(it).join(' ')))`
    const replica = await run(process.execPath, '-e', tell('tocsin/replica'))
    assert.match(replica.stdout, /\binitReplica\b/)
    const core = await run(process.execPath, '-e', tell('tocsin/core'))
    assert.match(core.stdout, /\bverifySeal\b/)
    await assert.rejects(run(process.execPath, '-e', tell('tocsin')), /ERR_PACKAGE_PATH/)
  })
})
