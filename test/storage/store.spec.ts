/** The store on both backends: what was committed comes back, and damage is noticed. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile, readdir, unlink, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import type { Far } from '../../src/core/work.js'
import { StoreError } from '../../src/core/store-port.js'
import { openDatabase, type Database } from '../../src/storage/database.js'
import { LevelStore } from '../../src/storage/level-store.js'
import { HighWater, nodeSeed } from '../../src/storage/small-file.js'
import { hand, memoryDatabase, NOW, openLab, ownOf } from '../support/lab.js'

const { networkId } = OPEN_FEDERATION

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-store-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const BACKENDS: readonly [
  string,
  (work: (database: Database) => Promise<void>) => Promise<void>,
][] = [
  ['memory-level', (work) => work(memoryDatabase())],
  [
    'LevelDB',
    (work) =>
      withFolder(async (folder) => {
        const database = await openDatabase(folder, networkId)
        await work(database)
        await database.close()
      }),
  ],
]

for (const [name, withDatabase] of BACKENDS) {
  describe(`store on ${name}`, () => {
    it('gives back everything that was committed', () =>
      withDatabase(async (database) => {
        const lab = await openLab('a', { database })
        await lab.admit('Lab B', 'trusted', 'member', 'b')
        await lab.addToken({ name: 'gw', role: 'gateway', hash: 'ab', createdMs: NOW })
        await lab.voice.report([
          { type: 'ip', value: '198.51.100.7' },
          { type: 'domain', value: 'example.net' },
        ])
        await lab.voice.revoke([{ type: 'ip', value: '198.51.100.7', reason: 'own-customer' }])
        const again = await openLab('a', { database })
        assert.equal(again.doubt, undefined)
        assert.deepEqual(again.broken, [])
        assert.deepEqual(again.state.roster.members, lab.state.roster.members)
        assert.deepEqual(again.state.lists.of('tokens'), lab.state.lists.of('tokens'))
        assert.equal(again.state.logHash, lab.state.logHash)
        assert.equal(again.state.stateHash(NOW), lab.state.stateHash(NOW))
        assert.equal(again.state.number, lab.state.number)
        assert.deepEqual(
          [...again.state.claims.entries()].sort(),
          [...lab.state.claims.entries()].sort(),
        )
      }))

    it('makes the same claims anew from the log', () =>
      withDatabase(async (database) => {
        const lab = await openLab('a', { database })
        const b = await openLab('b')
        await lab.admit('Lab B', 'corroborate', 'member', 'b')
        for (let i = 0; i < 40; i++) {
          await b.voice.report([{ type: 'ip', value: `198.51.100.${i}`, ttl: `${1 + (i % 5)}d` }])
          if (i % 3 === 0) {
            await b.voice.revoke([
              { type: 'ip', value: `198.51.100.${i >> 1}`, reason: 'false-positive' },
            ])
          }
        }
        await hand(b, lab)
        const before = [...lab.state.claims.entries()].sort()
        const hash = lab.state.stateHash(NOW)
        assert.equal(hash, b.state.stateHash(NOW))
        await lab.upkeep.rebuild()
        assert.deepEqual([...lab.state.claims.entries()].sort(), before)
        assert.equal(lab.state.stateHash(NOW), hash)
        assert.equal((await lab.upkeep.verify()).ok, true)
        const again = await openLab('a', { database })
        assert.equal(again.doubt, undefined)
        assert.deepEqual([...again.state.claims.entries()].sort(), before)
      }))

    it('sweeps what ended before today and nothing else', () =>
      withDatabase(async (database) => {
        const lab = await openLab('a', { database })
        await lab.voice.report([
          { type: 'ip', value: '198.51.100.1', ttl: '2h' },
          { type: 'ip', value: '198.51.100.2', ttl: '7d' },
        ])
        lab.time.now += 3 * DAY_MS
        const hash = lab.state.stateHash(lab.time.now)
        await lab.expiry.sweep()
        assert.equal(lab.state.claims.size, 1)
        assert.equal(lab.state.stateHash(lab.time.now), hash)
        assert.equal((await lab.upkeep.verify()).ok, true)
      }))

    it('says while it verifies and rebuilds how many rows it has read, and of how many', () =>
      withDatabase(async (database) => {
        const lab = await openLab('a', { database })
        for (const i of [1, 2, 3]) {
          await lab.voice.report([1, 2].map((j) => ({ type: 'ip', value: `192.0.${i}.${j}` })))
        }
        const told: unknown[] = []
        const tell = ({ rows, of }: Far) => void told.push([rows, of])
        await lab.upkeep.verify(tell)
        // Six claims at once, then three envelopes; or the other way round.
        const twice = [
          [6, 12],
          [12, 12],
        ]
        assert.deepEqual(told.splice(0), twice)
        await lab.upkeep.rebuild(tell)
        assert.deepEqual(told, twice)
      }))

    it('notices a claim row that is gone, changed or moved, and is made whole by the log', () =>
      withDatabase(async (database) => {
        const lab = await openLab('a', { database })
        const values = Array.from({ length: 20 }, (_, i) => ({ type: 'ip', value: `192.0.2.${i}` }))
        await lab.voice.report(values)
        const claims = database.sublevel<Buffer, Buffer>('claims', {
          keyEncoding: 'buffer',
          valueEncoding: 'buffer',
        })
        const [first, second] = await claims.iterator({ limit: 2 }).all()
        const damage = [
          () => claims.del(first![0]),
          () => claims.put(first![0], Buffer.concat([first![1].subarray(1), Buffer.of(1)])),
          () => claims.put(first![0], second![1]),
        ]
        for (const harm of damage) {
          await harm()
          const found = await openLab('a', { database })
          assert.ok(found.doubt, 'the damage was not noticed')
          assert.equal((await found.upkeep.verify()).ok, false)
          await found.upkeep.rebuild()
          assert.equal((await openLab('a', { database })).doubt, undefined)
        }
      }))

    it('ends a log where its chain breaks', () =>
      withDatabase(async (database) => {
        const lab = await openLab('a', { database })
        for (let i = 0; i < 5; i++) await lab.voice.report([{ type: 'ip', value: `192.0.2.${i}` }])
        const headers = database.sublevel<Buffer, Buffer>('headers', {
          keyEncoding: 'buffer',
          valueEncoding: 'buffer',
        })
        const keys = await headers.keys().all()
        await headers.del(keys[2]!)
        const found = await openLab('a', { database, mark: lab.mark })
        assert.deepEqual(found.broken, [lab.own])
        assert.equal(found.state.heads.get(lab.own)?.seq, 2)
        // Speaking now would reuse number 3.
        assert.equal(found.voice.silence(), 'own-log-behind')
      }))
  })
}

describe('data folder', () => {
  it('refuses a second process, another network, and a database that is gone', () =>
    withFolder(async (folder) => {
      const code = (expected: string) => (error: unknown) => {
        assert.ok(error instanceof StoreError)
        return error.code === expected
      }
      const database = await openDatabase(folder, networkId)
      await assert.rejects(openDatabase(folder, networkId), code('data-in-use'))
      await database.close()
      await assert.rejects(openDatabase(folder, 'ab'.repeat(32)), code('data-of-another-network'))
      await unlink(join(folder, 'db', 'CURRENT'))
      const before = await readdir(join(folder, 'db'))
      await assert.rejects(openDatabase(folder, networkId), code('data-missing'))
      assert.deepEqual(await readdir(join(folder, 'db')), before)
      await writeFile(join(folder, 'marker'), JSON.stringify({ format: 99, networkId }))
      await assert.rejects(openDatabase(folder, networkId), code('data-format-newer'))
    }))

  it('keeps the key to its owner', () =>
    withFolder(async (folder) => {
      const seed = await nodeSeed(folder)
      assert.deepEqual(await nodeSeed(folder), seed)
      await chmod(join(folder, 'node.key'), 0o640)
      await assert.rejects(nodeSeed(folder), { code: 'key-exposed' })
    }))

  it('remembers the high-water mark', () =>
    withFolder(async (folder) => {
      const mark = await HighWater.read(folder)
      assert.equal(mark.seq, 0)
      await mark.write(17)
      assert.equal((await HighWater.read(folder)).seq, 17)
    }))
})

describe('store', () => {
  it('reads a log in order within the bytes asked for, at least one row', async () => {
    const lab = await openLab('a')
    for (let i = 0; i < 10; i++) await lab.voice.report([{ type: 'ip', value: `192.0.2.${i}` }])
    assert.equal((await lab.store.logRows(ownOf('a'), 1, 10, Infinity)).length, 10)
    assert.equal((await lab.store.logRows(ownOf('a'), 4, 6, Infinity)).length, 3)
    assert.equal((await lab.store.logRows(ownOf('a'), 1, 10, 1)).length, 1)
    assert.equal((await lab.store.logRows(ownOf('a'), 11, 20, Infinity)).length, 0)
    assert.ok((await lab.store.logRows(ownOf('a'), 1, 10, 900)).length < 5)
  })

  it('throws StoreError, with its code, on a damaged header or payload', async () => {
    const database = memoryDatabase()
    const lab = await openLab('a', { database })
    await lab.voice.report([{ type: 'ip', value: '192.0.2.1' }])
    const payloads = database.sublevel<Buffer, Buffer>('payloads', {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    })
    const [[key, value]] = (await payloads.iterator().all()) as [[Buffer, Buffer]]
    value[3]! ^= 1
    await payloads.put(key, value)
    await assert.rejects(new LevelStore(database).logRows(lab.own, 1, 1, 1), {
      code: 'row-damaged',
    })
    const report = await lab.upkeep.verify()
    assert.equal(report.ok, false)
    assert.equal(report.logs[0]!.problem, 'row-damaged at 1')
  })
})
