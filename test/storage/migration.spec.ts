/**
 * A folder of an older format: backed up, migrated step by step, and whole whatever happens in
 * between. The steps are the test's own, because format 1 is the first; the rest is the real thing.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import type { Log } from '../../src/core/ports.js'
import { restoreFolder } from '../../src/storage/backup.js'
import { openDatabase, STORE_FORMAT, type Database } from '../../src/storage/database.js'
import type { Formats } from '../../src/storage/migration.js'
import { MIGRATIONS } from '../../src/storage/migrations.js'
import { LevelStore } from '../../src/storage/level-store.js'
import { nodeSeed } from '../../src/storage/small-file.js'
import { NOW, openLab } from '../support/lab.js'
import { ROOT } from '../support/source-tree.js'
import { STEPS } from '../support/migration-steps.js'

const { networkId } = OPEN_FEDERATION
const NEXT: Formats = { current: 3, migrations: STEPS }

async function rowsOf(database: Database): Promise<[string, string][]> {
  const rows = await database.iterator().all()
  return rows.map(([key, value]) => [key.toString('hex'), value.toString('hex')])
}

describe('storage: formats', function () {
  this.timeout(60_000)
  let data: string
  let before: [string, string][]

  /** A folder of today with something in it. */
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'tocsin-format-'))
    await nodeSeed(data)
    const database = await openDatabase(data, networkId)
    const store = new LevelStore(
      database,
      () => NOW,
      () => Promise.resolve(database),
    )
    const lab = await openLab('a', { store })
    const items = Array.from({ length: 20 }, (_, i) => ({ type: 'ip', value: `192.0.2.${i}` }))
    await lab.voice.report(items)
    before = await rowsOf(database)
    assert.ok(before.length > 20)
    await database.close()
    await writeFile(join(data, 'checkpoint'), 'of the rows as they were')
  })
  afterEach(() => rm(data, { recursive: true, force: true }))

  const open = (formats: Formats, log?: Log) => openDatabase(data, networkId, log, formats)
  const markerFormat = async () =>
    (JSON.parse(await readFile(join(data, 'marker'), 'utf8')) as { format: number }).format
  const backups = async () => (await readdir(data)).filter((name) => name.startsWith('backup'))

  /** What an older version finds in a backup. */
  async function restored(name: string): Promise<[string, string][]> {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-older-'))
    try {
      await restoreFolder(join(data, name), folder)
      assert.deepEqual(await nodeSeed(folder), await nodeSeed(data))
      const database = await openDatabase(folder, networkId)
      const rows = await rowsOf(database)
      await database.close()
      return rows
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async function assertMigrated(): Promise<void> {
    const lines: unknown[] = []
    const log = {
      info: (...line: unknown[]) => void lines.push(line),
      warn() {},
      error() {},
      debug() {},
    }
    const database = await open(NEXT, log)
    const after = await rowsOf(database)
    await database.close()
    const step = (key: string, times: number) => after.filter(([k]) => k === key).length === times
    assert.ok(step(Buffer.from('step 2').toString('hex'), 1), 'the first step')
    assert.ok(step(Buffer.from('step 3').toString('hex'), 1), 'the second step')
    const told = Buffer.from('step 2, step 3').toString('hex')
    assert.ok(
      after.some(([, value]) => value === told),
      'each once, in order',
    )
    assert.equal(after.length, before.length + 2)
    assert.equal(await markerFormat(), 3)
    await assert.rejects(access(join(data, 'checkpoint')), /ENOENT/)
    await assert.rejects(access(join(data, 'migrating')), /ENOENT/)
    const backup = join(data, 'backup-format-1-1')
    assert.deepEqual(lines, [['data-migrated', { from: 1, to: 3, backup }]])
    assert.deepEqual(await backups(), ['backup-format-1-1'])
    assert.deepEqual(await restored('backup-format-1-1'), before)
    const again = await open(NEXT, log)
    assert.deepEqual(await rowsOf(again), after)
    await again.close()
    assert.equal(lines.length, 1)
  }

  it('older: a backup that the older version restores, every step once, the marker last', () =>
    assertMigrated())

  it('a step that fails, and one that is killed, begin again from the backup', async () => {
    const failing = STEPS.map((step) => ({
      ...step,
      run: async (database: Database) => {
        await step.run(database)
        if (step.to === 3) throw new Error('no more')
      },
    }))
    await assert.rejects(open({ ...NEXT, migrations: failing }), /no more/)
    assert.equal(await markerFormat(), 1)
    const words = ['--import', 'tsx', join(ROOT, 'test/support/migration-child.ts'), data]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'inherit'] })
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
    assert.equal(await markerFormat(), 1)
    await assertMigrated()
  })

  it('a backup that fails leaves the folder as it was', async () => {
    await mkdir(join(data, 'local.key'))
    await assert.rejects(open(NEXT), { code: 'EISDIR' })
    await rm(join(data, 'local.key'), { recursive: true })
    assert.deepEqual(await backups(), [])
    const database = await openDatabase(data, networkId)
    assert.deepEqual(await rowsOf(database), before)
    await database.close()
  })

  it('newer is refused by name, also where a newer version has only begun', async () => {
    const newer = { code: 'data-format-newer' }
    const failing = { to: 2, run: () => Promise.reject(new Error('no more')) }
    await assert.rejects(open({ current: 2, migrations: [failing] }), /no more/)
    await assert.rejects(openDatabase(data, networkId), newer)
    await assert.rejects(openDatabase(data, networkId), /backup-format-1-1/)
    await (await open(NEXT)).close()
    await assert.rejects(openDatabase(data, networkId), newer)
    await assert.rejects(open({ current: 2, migrations: STEPS }), newer)
    assert.equal(await markerFormat(), 3)
  })

  it('one that no list of steps leads from is refused by name, untouched', async () => {
    const missing = { current: 3, migrations: STEPS.filter(({ to }) => to !== 2) }
    await assert.rejects(open(missing), { code: 'data-format-older' })
    assert.deepEqual(await backups(), [])
    const database = await openDatabase(data, networkId)
    assert.deepEqual(await rowsOf(database), before)
    await database.close()
  })

  it('a marker that is none is damage', async () => {
    for (const text of ['', 'null', '{}', JSON.stringify({ format: '1', networkId })]) {
      await writeFile(join(data, 'marker'), text)
      await assert.rejects(openDatabase(data, networkId), { code: 'row-damaged' })
    }
  })

  it('the list of this version leads from the first format to its own', () => {
    assert.deepEqual(
      MIGRATIONS.map(({ to }) => to),
      Array.from({ length: STORE_FORMAT - 1 }, (_, i) => i + 2),
    )
  })
})
