/**
 * The power goes: of the newest log file only a part is there, or its end holds something else, and
 * sometimes MANIFEST or CURRENT are hit too. A node that comes back so holds everything of its own
 * that it acknowledged, or refuses to start by name, or is silent until its own envelopes came back
 * from others. It never gives a seq a second time.
 */
import assert from 'node:assert/strict'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../src/core/store-port.js'
import type { DiskLab } from '../support/disk-lab.js'
import { handKnown, idOf, makeKnown, openKnown, type Known } from '../support/known-node.js'
import { Random } from '../support/random.js'
import { rounds, runSoak, withFolder, type Figures, type SoakOptions } from '../support/soak-run.js'

const CUTS_PER_FOLDER = 25
const TAIL_BYTES_MAX = 40_000

export interface PowerOptions extends SoakOptions {
  readonly cuts: number
}

type Fate = 'whole' | 'reconciled' | `refused ${string}`

/** Takes away, zeroes or garbles the end of a file, as an interrupted write would. */
function torn(bytes: Buffer, chance: Random): Buffer {
  const tail = chance.below(Math.min(TAIL_BYTES_MAX, bytes.length) + 1)
  const start = bytes.length - tail
  const kept = Buffer.from(bytes)
  const how = chance.weighted({ cut: 2, zero: 1, garble: 2 })
  if (how === 'cut') return kept.subarray(0, start)
  for (let at = start; at < kept.length; at++) kept[at] = how === 'zero' ? 0 : chance.below(256)
  return kept
}

async function cut(db: string, chance: Random): Promise<void> {
  const names = (await readdir(db)).sort()
  const newest = (pattern: RegExp) => names.filter((name) => pattern.test(name)).at(-1)!
  const hit = [newest(/\.log$/)]
  if (chance.chance(0.1)) hit.push(newest(/^MANIFEST-/))
  if (chance.chance(0.05)) hit.push('CURRENT')
  for (const name of hit) {
    const path = join(db, name)
    await writeFile(path, torn(await readFile(path), chance))
  }
}

/** Opens a folder after the cut, and lets it speak once it may. */
export async function afterCut(known: Known, folder: string): Promise<Fate> {
  let lab: DiskLab
  try {
    lab = await openKnown(folder)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return `refused ${error.code}`
  }
  try {
    const ids = known.ids.get(lab.own)!
    const held = lab.state.heads.get(lab.own)?.seq ?? 0
    const fate: Fate = held === ids.length ? 'whole' : 'reconciled'
    if (fate === 'reconciled') {
      assert.equal(lab.voice.silence(), 'own-log-behind')
      const early = lab.voice.report([{ type: 'ip', value: '192.0.2.1' }])
      await assert.rejects(early, { code: 'own-log-behind' })
      await handKnown(known, lab)
    }
    assert.equal(lab.voice.silence(), undefined)
    const [said] = await lab.voice.report([{ type: 'ip', value: '192.0.2.1' }])
    assert.equal(said!.status, 'accepted')
    const rows = await lab.store.logRows(lab.own, 1, Number.MAX_SAFE_INTEGER, Infinity)
    // What was acknowledged is there under its old number, and the new word has a fresh one.
    assert.deepEqual(
      rows.map((row) => idOf(row.header)),
      [...ids, said!.envelope],
    )
    const report = await lab.upkeep.verify()
    assert.ok(report.ok, JSON.stringify(report))
    return fate
  } finally {
    await lab.close()
  }
}

export async function power({ cuts, seed, msMax }: PowerOptions): Promise<Figures> {
  const chance = new Random(seed)
  const fates = new Map<Fate, number>()
  let done = 0
  const session = async (folder: string, count: number): Promise<void> => {
    const known = await makeKnown(join(folder, 'known'), chance)
    for (let i = 0; i < count; i++) {
      const copy = join(folder, 'copy')
      await cp(known.folder, copy, { recursive: true })
      await cut(join(copy, 'db'), chance)
      const fate = await afterCut(known, copy).catch((error: unknown) => {
        throw new Error(`seed ${seed}, cut ${done}`, { cause: error })
      })
      fates.set(fate, (fates.get(fate) ?? 0) + 1)
      done++
      await rm(copy, { recursive: true })
    }
  }
  for (const part of rounds(Math.ceil(cuts / CUTS_PER_FOLDER), msMax)) {
    const count = Math.min(CUTS_PER_FOLDER, cuts - part * CUTS_PER_FOLDER)
    await withFolder((folder) => session(folder, count))
  }
  const counted = Object.fromEntries([...fates].sort())
  return { cuts: done, ...counted, acknowledgedLost: 0, seqReused: 0 }
}

await runSoak(import.meta.url, 'power', (options) => power({ cuts: 200, ...options }))
