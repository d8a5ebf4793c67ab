/**
 * Damage found while the node runs: named, neither served nor used, mended by the same envelope
 * from whoever has it, and what the node answers stays what it was.
 */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBytes } from '../../src/core/envelope.js'
import { DAY_MS } from '../../src/core/limits.js'
import type { LogRow } from '../../src/core/store-port.js'
import { openDiskLab } from '../support/disk-lab.js'
import { hand, memoryDatabase, NOW, openLab, ownOf, type Lab } from '../support/lab.js'
import { damageRow, rowsOf } from '../support/rot.js'

const B = ownOf('b')
const FROM_C = { via: 'catch-up', from: ownOf('c') } as const
const pass = (lab: Lab) => lab.scrub.pass(new AbortController().signal)
const damagedIn = (lab: Lab) => [...(lab.damage.places.get(B) ?? [])]

async function heard() {
  const database = memoryDatabase()
  const b = await openLab('b')
  for (let i = 1; i <= 6; i++) await b.voice.report([{ type: 'ip', value: `192.0.2.${i}` }])
  const rows = await b.store.logRows(B, 1, 6, Infinity)
  const a = await openLab('a', { database })
  await a.admit('Lab B', 'trusted', 'member', 'b')
  await hand(b, a)
  const hashes = () => `${a.state.logHash} ${a.state.stateHash(NOW)}`
  return { a, database, rows, hashes, before: hashes() }
}

async function give(lab: Lab, row: LogRow): Promise<string> {
  const outcome = await lab.intake.accept(toBytes(row), FROM_C).committed
  return 'code' in outcome ? outcome.code : outcome.status
}

describe('scrub', () => {
  it('finds nothing in a whole database', async () => {
    const { a } = await heard()
    await pass(a)
    const { passes, damaged, finding, running } = a.scrub.status()
    assert.deepEqual([passes, damaged, finding, running], [1, [], undefined, undefined])
  })

  for (const [what, table, change] of [
    ['a header', 'headers', 'flip'],
    ['a header that is gone', 'headers', 'delete'],
    ['a payload', 'payloads', 'flip'],
    ['a payload that is gone', 'payloads', 'delete'],
  ] as const) {
    for (const seq of [1, 3, 6]) {
      it(`names ${what} at ${seq}, and takes it again through the door`, async () => {
        const { a, database, rows, hashes, before } = await heard()
        await damageRow(database, table, seq - 1, change)
        await pass(a)
        assert.deepEqual(damagedIn(a), [seq])
        assert.match(a.scrub.status().finding!.what, new RegExp(`^log-broken \\w+ ${seq}$`))
        assert.deepEqual(a.lines.at(-1)?.[0], 'log-broken')
        // The answers are those of the state in memory, which was made when all was whole.
        assert.equal(a.check('ip', `192.0.2.${seq}`).action, 'throttle')
        assert.equal(await give(a, rows[seq - 1]!), 'duplicate')
        assert.deepEqual(a.damage.places.size, 0)
        const [row] = await a.store.logRows(B, seq, seq, 0)
        assert.deepEqual(toBytes(row!), toBytes(rows[seq - 1]!))
        await pass(a)
        assert.deepEqual(damagedIn(a), [])
        assert.equal(hashes(), before)
        const again = await openLab('a', { database })
        assert.deepEqual([again.doubt, again.broken], [undefined, []])
        assert.ok((await again.upkeep.verify()).ok)
      })
    }
  }

  it('keeps the number under which a row came', async () => {
    const { a, database, rows } = await heard()
    const number = (await a.store.logRows(B, 4, 4, 0))[0]!.number
    await damageRow(database, 'headers', 3, 'flip')
    await pass(a)
    await give(a, rows[3]!)
    assert.equal((await a.store.logRows(B, 4, 4, 0))[0]!.number, number)
  })

  it('mends neighbours from the newest on; any other order has to wait', async () => {
    const { a, database, rows } = await heard()
    for (const at of [1, 2, 3]) await damageRow(database, 'headers', at, 'flip')
    await pass(a)
    assert.deepEqual(damagedIn(a), [2, 3, 4])
    assert.equal(await give(a, rows[1]!), 'gap')
    for (const at of [3, 2, 1]) assert.equal(await give(a, rows[at]!), 'duplicate')
    assert.deepEqual(damagedIn(a), [])
  })

  it('notices on the way that the row after it is gone as well', async () => {
    const { a, database, rows } = await heard()
    for (const at of [1, 2]) await damageRow(database, 'headers', at, 'flip')
    a.damage.note(B, 2)
    assert.equal(await give(a, rows[1]!), 'gap')
    assert.deepEqual(damagedIn(a), [2, 3])
  })

  it('takes no other envelope in its place, nor one without a payload that is needed', async () => {
    const { a, database, rows } = await heard()
    await damageRow(database, 'payloads', 5, 'flip')
    await pass(a)
    assert.equal(await give(a, { ...rows[5]!, payload: null }), 'payload-missing')
    assert.deepEqual(damagedIn(a), [6])
    await assert.rejects(a.damage.logRows(B, 6, 6, 0), { code: 'row-damaged' })
  })

  it('is met by a read for a peer, too: what is before it is served, it is not', async () => {
    const { a, database } = await heard()
    await damageRow(database, 'payloads', 3, 'flip')
    assert.equal((await a.damage.logRows(B, 1, 6, Infinity)).length, 3)
    await assert.rejects(a.damage.logRows(B, 4, 6, Infinity), { code: 'row-damaged' })
    assert.deepEqual(damagedIn(a), [4])
  })

  it('does not take for damage what was dropped in its time', async () => {
    const { a } = await heard()
    a.time.now = NOW + 60 * DAY_MS
    await a.expiry.sweep()
    await pass(a)
    assert.deepEqual(a.damage.places.size, 0)
  })

  for (const [table, change] of [
    ['claims', 'flip'],
    ['claims', 'delete'],
    ['sums', 'flip'],
  ] as const) {
    it(`writes ${table} anew from memory (${change})`, async () => {
      const { a, database, hashes, before } = await heard()
      await damageRow(database, table, 0, change)
      await pass(a)
      assert.equal(a.scrub.status().finding?.what, 'claims-doubtful')
      await pass(a)
      assert.equal(a.lines.filter(([code]) => code === 'claims-doubtful').length, 1)
      assert.equal((await rowsOf(database, 'claims')).length, 6)
      const again = await openLab('a', { database })
      assert.equal(again.doubt, undefined)
      assert.equal(hashes(), before)
      assert.ok((await again.upkeep.verify()).ok)
    })
  }

  it('is not misled by what is committed meanwhile', async () => {
    const { a } = await heard()
    const passing = pass(a)
    for (let i = 10; i < 40; i++) await a.voice.report([{ type: 'ip', value: `192.0.2.${i}` }])
    await passing
    assert.equal(a.scrub.status().finding, undefined)
  })

  it('starts and stops as often as it is told', async () => {
    const { a } = await heard()
    a.scrub.start()
    a.scrub.start()
    await a.scrub.stop()
    await a.scrub.stop()
  })

  it('halts before LevelDB reads a damaged table, and the node answers on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-scrub-'))
    const time = { now: NOW }
    const say = (lab: Lab, i: number) => lab.voice.report([{ type: 'ip', value: `192.0.2.${i}` }])
    const first = await openDiskLab(folder, 'a', undefined, time)
    for (let i = 1; i <= 20; i++) await say(first, i)
    await first.close()
    const lab = await openDiskLab(folder, 'a', undefined, time)
    try {
      await pass(lab)
      assert.equal(lab.scrub.status().finding, undefined)
      const db = join(folder, 'db')
      const table = (await readdir(db)).find((name) => name.endsWith('.ldb'))!
      const bytes = await readFile(join(db, table))
      bytes[40]! ^= 1
      await writeFile(join(db, table), bytes)
      await pass(lab)
      assert.match(lab.scrub.status().finding!.what, new RegExp(`^table-damaged ${table}`))
      assert.equal(lab.writer.fault?.code, 'row-damaged')
      await assert.rejects(say(lab, 21), { code: 'store-failed' })
      // Nobody reads the block any more.
      await assert.rejects(lab.damage.logRows(lab.own, 1, 20, Infinity), { code: 'disk-failed' })
      assert.equal(lab.check('ip', '192.0.2.7').action, 'block')
    } finally {
      await lab.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
