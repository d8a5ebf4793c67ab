/** Where the policy comes from: files that appear, change, break and vanish, and starts on them. */
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PACKAGED_POLICY } from '../src/config.js'
import type { Log, Registrar } from '../src/core/ports.js'
import { StoreError } from '../src/core/store-port.js'
import { PolicySource } from '../src/policy-source.js'
import { DEFAULT_POLICY, policyHash } from '../src/policy/rules.js'
import { openLab, type Lab } from './support/lab.js'
import { until } from './support/until.js'

const QUORUM = 'quorum: 3\n'
const BROKEN = 'quorum: 3\npap: {red: block}\n'

describe('policy-source', () => {
  let data: string
  let lab: Lab
  let codes: string[]
  const open = (path?: string, registrar: Registrar = lab.lists) => {
    const log: Log = {
      debug: () => undefined,
      info: (code) => void codes.push(code),
      warn: (code) => void codes.push(code),
      error: (code) => void codes.push(code),
    }
    const clock = () => lab.time.now
    return PolicySource.open({ data, path }, { lists: lab.state.lists, registrar, clock, log })
  }
  const own = () => join(data, 'policy.yaml')
  const recorded = () => lab.state.lists.of('policy').get('now')

  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'tocsin-policy-'))
    lab = await openLab('A')
    codes = []
  })
  afterEach(() => rm(data, { recursive: true, force: true }))

  it('without a file: the packaged one, on record from the start, once', async () => {
    const { policy, source, path } = (await open()).inForce()
    assert.deepEqual([policy, source, path], [DEFAULT_POLICY, 'packaged', own()])
    assert.equal(recorded()?.hash, policyHash(DEFAULT_POLICY))
    assert.equal(recorded()?.text, await readFile(PACKAGED_POLICY, 'utf8'))
    const { number } = lab.state
    lab.time.now += 1_000
    assert.equal((await open()).inForce().sinceMs, recorded()?.sinceMs, 'since the first start')
    assert.equal(lab.state.number, number, 'and no second row')
  })

  it('a file in the data folder, or the one that is named', async () => {
    await writeFile(own(), QUORUM)
    assert.equal((await open()).inForce().policy.quorum, 3)
    const named = join(data, 'other.yaml')
    await writeFile(named, 'quorum: 4\n')
    const { policy, source, path } = (await open(named)).inForce()
    assert.deepEqual([policy.quorum, source, path], [4, 'file', named])
    assert.equal(recorded()?.text, 'quorum: 4\n')
  })

  it('takes over what it finds while it runs; what says the same is no new policy', async () => {
    const source = await open()
    source.start()
    await writeFile(own(), QUORUM)
    await until(() => source.inForce().policy.quorum === 3)
    await until(() => recorded()?.text === QUORUM)
    const { number } = lab.state
    await writeFile(own(), `# said in other words\n${QUORUM}`)
    await until(() => source.inForce().text.startsWith('#'))
    assert.equal(lab.state.number, number)
    await source.stop()
    await writeFile(own(), 'quorum: 5\n')
    await source.reload()
    assert.equal(source.inForce().policy.quorum, 5, 'a reload needs no timer')
  })

  it('a file that breaks or vanishes keeps the last good policy, and says so', async () => {
    await writeFile(own(), QUORUM)
    const source = await open()
    const kept = source.inForce()
    await writeFile(own(), BROKEN)
    await source.reload()
    assert.equal(source.inForce(), kept)
    assert.deepEqual(source.errors(), [
      { key: 'pap.red', message: 'is challenge at most: PAP:RED and AMBER never block' },
    ])
    await source.reload()
    assert.deepEqual(
      codes.filter((code) => code === 'policy-invalid'),
      ['policy-invalid'],
      'told once',
    )
    await rm(own())
    await source.reload()
    assert.equal(source.inForce(), kept)
    assert.match(source.errors()[0]!.message, /no such file/)
    await mkdir(own())
    await source.reload()
    assert.match(source.errors()[0]!.message, /not a file/)
    await rm(own(), { recursive: true })
    await writeFile(own(), `${QUORUM}#${' '.repeat(70_000)}`)
    await source.reload()
    assert.match(source.errors()[0]!.message, /too many/)
    await writeFile(own(), QUORUM)
    await source.reload()
    assert.deepEqual(source.errors(), [])
    assert.equal(recorded()?.text, QUORUM)
  })

  it('starts with the last good one where the file is broken, or not at all', async () => {
    await writeFile(own(), BROKEN)
    await assert.rejects(open(), { code: 'policy-invalid', message: /pap\.red/ })
    await writeFile(own(), QUORUM)
    await open()
    await writeFile(own(), BROKEN)
    const source = await open()
    const { policy, source: from } = source.inForce()
    assert.deepEqual([policy.quorum, from, source.errors().length], [3, 'history', 1])
    const missing = await open(join(data, 'none.yaml'))
    assert.equal(missing.inForce().source, 'history', 'a named file must be there')
  })

  it('applies: writes the file whole, keeps its mode and its link', async () => {
    const source = await open()
    assert.deepEqual(await source.apply(QUORUM), { ok: true })
    assert.deepEqual([await readFile(own(), 'utf8'), source.inForce().policy.quorum], [QUORUM, 3])
    assert.equal((await stat(own())).mode & 0o777, 0o600)
    await chmod(own(), 0o640)
    await source.apply('quorum: 4\n')
    assert.equal((await stat(own())).mode & 0o777, 0o640)
    const link = join(data, 'link.yaml')
    await symlink(own(), link)
    await (await open(link)).apply('quorum: 5\n')
    assert.equal(await readFile(own(), 'utf8'), 'quorum: 5\n')
  })

  it('never writes the packaged file', async () => {
    const link = join(data, 'link.yaml')
    await symlink(PACKAGED_POLICY, link)
    const before = await readFile(PACKAGED_POLICY, 'utf8')
    for (const path of [PACKAGED_POLICY, link]) {
      const applied = await (await open(path)).apply(QUORUM)
      assert.deepEqual(applied, { ok: false, code: 'policy-packaged' })
    }
    assert.equal(await readFile(PACKAGED_POLICY, 'utf8'), before)
  })

  it('a policy is in force on a disk that cannot take its row, which follows', async () => {
    const source = await open()
    let fails = true
    const failing: Registrar = {
      change: (...changes) =>
        fails
          ? Promise.reject(new StoreError('disk-failed', 'full'))
          : lab.lists.change(...changes),
    }
    const other = await open(undefined, failing)
    await writeFile(own(), QUORUM)
    await other.reload()
    assert.equal(other.inForce().policy.quorum, 3)
    assert.ok(codes.includes('policy-unrecorded'))
    assert.equal(recorded()?.hash, policyHash(source.inForce().policy))
    fails = false
    await other.reload()
    assert.equal(recorded()?.text, QUORUM)
  })
})
