/** What LevelDB loses or changes without a word is noticed when the folder is opened. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { crc32c } from '../../src/storage/crc32c.js'
import { openDatabase } from '../../src/storage/database.js'
import { unsnappy } from '../../src/storage/snappy.js'
import { hand, memoryDatabase, NOW, openLab, type Lab } from '../support/lab.js'

type Rows = { del(key: Buffer): Promise<void>; keys(): { all(): Promise<Buffer[]> } }

function table(database: ReturnType<typeof memoryDatabase>, name: string): Rows {
  return database.sublevel<Buffer, Buffer>(name, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
}

async function speak(lab: Lab, from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i++) {
    await lab.voice.report([{ type: 'ip', value: `192.0.2.${i}` }])
  }
}

async function heard() {
  const database = memoryDatabase()
  const b = await openLab('b')
  await speak(b, 1, 6)
  const lab = await openLab('a', { database })
  await lab.admit('Lab B', 'trusted', 'member', 'b')
  await hand(b, lab)
  return { database, b, lab }
}

describe('silent loss', () => {
  it('a log that broke is made whole by what a peer holds, also in two goes', async () => {
    const { database, b, lab } = await heard()
    const keys = await table(database, 'headers').keys().all()
    await table(database, 'headers').del(keys[2]!)
    const broken = await openLab('a', { database })
    assert.deepEqual(broken.broken, [b.own])
    assert.ok(broken.doubt)
    await broken.upkeep.rebuild()
    assert.equal(broken.check('ip', '192.0.2.6').action, 'allow')
    // One envelope closes the hole, then the node stops: the rows beyond are in no claim.
    const [third] = await b.store.logRows(b.own, 3, 3, Infinity)
    const { toBytes } = await import('../../src/core/envelope.js')
    const origin = { via: 'catch-up', from: b.own } as const
    await broken.intake.accept(toBytes(third!), origin).committed
    const again = await openLab('a', { database })
    assert.equal(again.state.heads.get(b.own)?.seq, 3)
    await hand(b, again)
    for (const whole of [again, await openLab('a', { database })]) {
      assert.equal(whole.doubt, undefined)
      assert.equal(whole.state.logHash, lab.state.logHash)
      assert.equal(whole.state.stateHash(NOW), lab.state.stateHash(NOW))
      assert.equal(whole.check('ip', '192.0.2.6').action, lab.check('ip', '192.0.2.6').action)
      assert.equal((await whole.upkeep.verify()).ok, true)
    }
  })

  it('a log of which nothing is left is missed', async () => {
    const { database, b } = await heard()
    for (const name of ['headers', 'claims', 'sums']) {
      for (const key of await table(database, name).keys().all()) {
        await table(database, name).del(key)
      }
    }
    assert.deepEqual((await openLab('a', { database })).broken, [b.own])
  })

  it('a member, a token or a fork proof that is gone is not overlooked', async () => {
    const { database, lab } = await heard()
    await lab.addToken({ name: 'gw', role: 'gateway', hash: 'ab', createdMs: NOW })
    for (const name of ['roster', 'tokens']) {
      const [key] = await table(database, name).keys().all()
      const rows = table(database, name) as Rows & {
        get(key: Buffer): Promise<Buffer>
        put(key: Buffer, value: Buffer): Promise<void>
      }
      const row = await rows.get(key!)
      await rows.del(key!)
      await assert.rejects(openLab('a', { database }), { code: 'row-damaged' })
      await rows.put(key!, row)
    }
    assert.equal((await openLab('a', { database })).doubt, undefined)
  })

  it('claims are not made anew from a log that lacks a payload', async () => {
    const { database } = await heard()
    const [key] = await table(database, 'payloads').keys().all()
    await table(database, 'payloads').del(key!)
    const found = await openLab('a', { database })
    const report = await found.upkeep.verify()
    assert.match(report.logs[0]!.problem!, /^payload-missing at 1/)
    await assert.rejects(found.upkeep.rebuild(), { code: 'log-broken' })
    assert.equal((await openLab('a', { database })).doubt, undefined)
  })
})

describe('a table of LevelDB', () => {
  it('with a damaged block is refused by name, wherever the byte is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-table-'))
    const open = () => openDatabase(folder, OPEN_FEDERATION.networkId)
    try {
      const database = await open()
      for (let i = 0; i < 400; i++) {
        await database.put(Buffer.from(`key ${i}`), Buffer.from(`value ${i} `.repeat(20)))
      }
      await database.close()
      await (await open()).close()
      const db = join(folder, 'db')
      const name = (await readdir(db)).find((one) => one.endsWith('.ldb'))!
      const bytes = await readFile(join(db, name))
      const blocks = bytes.length - 48
      for (let at = 3; at < blocks; at += Math.ceil(blocks / 60)) {
        const damaged = Buffer.from(bytes)
        damaged[at]! ^= 0x41
        await writeFile(join(db, name), damaged)
        await assert.rejects(open(), { code: 'row-damaged' }, `byte ${at}`)
      }
      await writeFile(join(db, name), bytes)
      // What a crash left half-written belongs to no database.
      await writeFile(join(db, '000999.ldb'), bytes.subarray(0, 100))
      await (await open()).close()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('is checked with the CRC and the compression LevelDB uses', () => {
    // RFC 3720 B.4, and a copy that overlaps itself.
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
    assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
    const repeated = Buffer.of(11, 4, 0x61, 0x62, ((9 - 4) << 2) | 1, 2)
    assert.equal(unsnappy(repeated).toString(), 'abababababa')
    assert.throws(() => unsnappy(Buffer.of(11, 4, 0x61, 0x62)), RangeError)
  })
})
