/**
 * A start from a checkpoint ends with what a start from all rows ends with, whatever came after it;
 * and one that is damaged, or not of this folder, is as if there were none.
 */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import { Checkpoints } from '../../src/intake/checkpoints.js'
import { CheckpointFile, writeCheckpoint } from '../../src/storage/checkpoint.js'
import { hand, memoryDatabase, NOW, openLab, SILENT, type Lab } from '../support/lab.js'
import { Random } from '../support/random.js'
import { withFolder } from '../support/soak-run.js'

const TYPES = ['ip', 'ip', 'asn', 'domain', 'cidr'] as const

function valueOf(type: (typeof TYPES)[number], n: number): string {
  if (type === 'asn') return String(1_000 + n)
  if (type === 'domain') return `d${n}.example.net`
  return type === 'cidr' ? `45.${n}.0.0/24` : n % 3 === 0 ? `2a00:${n + 1}::7` : `46.1.0.${n}`
}

/** One step of what happens on a mesh, by chance. */
async function step(random: Random, labs: readonly Lab[], us: Lab): Promise<void> {
  const lab = labs[random.below(labs.length)]!
  const type = TYPES[random.below(TYPES.length)]!
  const item = { type: type === 'cidr' ? 'ip' : type, value: valueOf(type, random.below(60)) }
  if (random.below(4) === 0) await lab.voice.revoke([{ ...item, reason: 'false-positive' }])
  else await lab.voice.report([{ ...item, ttl: `${1 + random.below(7)}h` }])
  if (random.below(3) > 0) for (const from of labs) if (from !== us) await hand(from, us)
}

function heldBy({ state }: Lab): unknown {
  const claims = [...state.claims.entries()].map(([key, said]) => [
    key,
    said.map((one) => JSON.stringify(one)).sort(),
  ])
  return {
    claims: claims.sort(),
    sums: state.sums
      .entries()
      .sort((a, b) => (`${a.author}${a.day}` < `${b.author}${b.day}` ? -1 : 1)),
    authors: [...state.claims.occupancy.authors]
      .map((author) => [author, state.claims.occupancy.total(author)])
      .sort(),
    lengths: [state.claims.networkLengths(4), state.claims.networkLengths(6)],
    number: state.number,
  }
}

async function world(folder: string, time: { now: number }) {
  const database = memoryDatabase()
  const us = await openLab('a', { database, time })
  const others = [await openLab('b', { time }), await openLab('c', { time })]
  for (const name of ['b', 'c']) await us.admit(name)
  const checkpoints = (lab: Lab, keysMin = 1) => {
    const { state, writer } = lab
    const write = (chunks: Iterable<Uint8Array>) => writeCheckpoint(folder, chunks)
    return new Checkpoints(lab.checkpoint?.number, { state, writer, write, log: SILENT }, keysMin)
  }
  const checkpoint = () => CheckpointFile.open(folder)
  const again = () => openLab('a', { database, time, checkpoint })
  const byRows = () => openLab('a', { database, time })
  return { us, labs: [us, ...others], checkpoints, again, byRows }
}

describe('checkpoints', function () {
  this.timeout(60_000)

  it('a start from one, at once or later, holds what a start from all rows holds', async () => {
    for (const seed of [1, 2, 3, 4]) {
      await withFolder(async (folder) => {
        const random = new Random(seed)
        const time = { now: NOW }
        const { us, labs, checkpoints, again, byRows } = await world(folder, time)
        for (let i = 0; i < 60; i++) await step(random, labs, us)
        await checkpoints(us).stop()
        for (const later of [0, 1, 40]) {
          for (let i = 0; i < later; i++) await step(random, labs, us)
          const [quick, slow] = [await again(), await byRows()]
          assert.notEqual(quick.checkpoint, undefined)
          assert.deepEqual(heldBy(quick), heldBy(slow))
          assert.equal((await quick.upkeep.verify()).ok, true)
        }
      })
    }
  })

  it('is written once where nothing was committed since', async () => {
    await withFolder(async (folder) => {
      const { us, checkpoints, again } = await world(folder, { now: NOW })
      await us.voice.report([{ type: 'ip', value: '192.0.2.1' }])
      await checkpoints(us).stop()
      const written = await stat(join(folder, 'checkpoint'))
      const later = await again()
      await checkpoints(later).stop()
      assert.equal((await stat(join(folder, 'checkpoint'))).ino, written.ino)
      await later.voice.report([{ type: 'ip', value: '192.0.2.2' }])
      await checkpoints(later).stop()
      assert.notEqual((await stat(join(folder, 'checkpoint'))).ino, written.ino)
    })
  })

  it('is kept up to date where so few are left that none would be begun', async () => {
    await withFolder(async (folder) => {
      const { us, checkpoints, again } = await world(folder, { now: NOW })
      await us.voice.report([{ type: 'ip', value: '192.0.2.1' }])
      await checkpoints(us, 50).stop()
      assert.equal((await again()).checkpoint, undefined)
      await checkpoints(us).stop()
      const later = await again()
      await later.voice.report([{ type: 'ip', value: '192.0.2.2' }])
      await checkpoints(later, 50).stop()
      assert.equal((await again()).checkpoint?.number, later.state.number)
    })
  })

  it('any damage to it, and one of another folder, ends in a start from all rows', async () => {
    await withFolder(async (folder) => {
      const random = new Random(6)
      const { us, labs, checkpoints, again, byRows } = await world(folder, { now: NOW })
      for (let i = 0; i < 30; i++) await step(random, labs, us)
      await checkpoints(us).stop()
      const path = join(folder, 'checkpoint')
      const whole = await readFile(path)
      const expected = heldBy(await byRows())
      for (let i = 0; i < 200; i++) {
        const bytes = Buffer.from(whole)
        const at = random.below(bytes.length)
        bytes[at]! ^= 1 << random.below(8)
        await writeFile(path, i % 4 === 0 ? whole.subarray(0, at) : bytes)
        const lab = await again()
        assert.equal(lab.checkpoint, undefined, `byte ${at}`)
        assert.deepEqual(heldBy(lab), expected)
      }
      // Whole, but of a state that this folder never had.
      const other = await world(folder, { now: NOW })
      for (let i = 0; i < 10; i++) await step(random, other.labs, other.us)
      await other.checkpoints(other.us).stop()
      const lab = await again()
      assert.equal(lab.checkpoint, undefined)
      assert.deepEqual(heldBy(lab), expected)
    })
  })

  it('one that cannot be read is as if there were none', async () => {
    await withFolder(async (folder) => {
      const { us, again, byRows } = await world(folder, { now: NOW })
      await us.voice.report([{ type: 'ip', value: '192.0.2.1' }])
      // Opens, and every read of it is an error of the system.
      await mkdir(join(folder, 'checkpoint'))
      const lab = await again()
      assert.equal(lab.checkpoint, undefined)
      assert.deepEqual(heldBy(lab), heldBy(await byRows()))
    })
  })

  it('what a crash has left of one is gone with the next', async () => {
    await withFolder(async (folder) => {
      const { us, checkpoints } = await world(folder, { now: NOW })
      await us.voice.report([{ type: 'ip', value: '192.0.2.1' }])
      await writeFile(join(folder, 'checkpoint.4711.tmp'), 'half of it')
      await checkpoints(us).stop()
      assert.deepEqual(await readdir(folder), ['checkpoint'])
    })
  })

  it('does not bring back what was swept since, and a clock set back finds it again', async () => {
    await withFolder(async (folder) => {
      const time = { now: NOW }
      const { us, checkpoints, again } = await world(folder, time)
      await us.voice.report([{ type: 'ip', value: '192.0.2.1', ttl: '2h' }])
      await us.voice.report([{ type: 'ip', value: '192.0.2.2', ttl: '7d' }])
      await checkpoints(us).stop()
      time.now += 3 * DAY_MS
      await us.expiry.sweep()
      const later = await again()
      assert.notEqual(later.checkpoint, undefined)
      assert.deepEqual([...later.state.claims.entries()].length, 1)
      time.now = NOW + HOUR_MS
      await later.expiry.sweep()
      assert.equal(later.state.claims.size, 2)
      assert.equal((await later.upkeep.verify()).ok, true)
    })
  })

  it('rows that were not swept before such a start are swept after it', async () => {
    await withFolder(async (folder) => {
      const time = { now: NOW }
      const { us, checkpoints, again, byRows } = await world(folder, time)
      await us.voice.report([{ type: 'ip', value: '192.0.2.1', ttl: '2h' }])
      await checkpoints(us).stop()
      time.now += 3 * DAY_MS
      const later = await again()
      assert.equal(later.state.claims.size, 0)
      await later.expiry.sweep()
      assert.equal((await byRows()).state.claims.size, 0)
    })
  })
})
