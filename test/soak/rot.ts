/**
 * One byte of a database file changes while the node is down. Opened again it gives the answers it
 * gave before, or refuses to start by name, or says that a log is shorter than it was and is made
 * whole by the envelopes that a peer holds: some by a real peer over libp2p, the rest through the
 * door alone, which is quicker. It never gives another answer in silence.
 */
import assert from 'node:assert/strict'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StoreError } from '../../src/core/store-port.js'
import { fetchKnown } from '../support/known-peer.js'
import type { DiskLab } from '../support/disk-lab.js'
import { answersOf, handKnown, makeKnown, openKnown, type Known } from '../support/known-node.js'
import { Random } from '../support/random.js'
import { rounds, runSoak, withFolder, type Figures, type SoakOptions } from '../support/soak-run.js'

const FLIPS_PER_FOLDER = 100
const KINDS = { table: 50, log: 35, manifest: 10, current: 5 } as const
type Kind = keyof typeof KINDS
const FILES: Readonly<Record<Kind, RegExp>> = {
  table: /\.ldb$/,
  log: /\.log$/,
  manifest: /^MANIFEST-/,
  current: /^CURRENT$/,
}

export interface RotOptions extends SoakOptions {
  readonly flips: number
  /** How many of those that need a peer get a real one. */
  readonly peered: number
}

/** What became of a flip. */
type Fate = 'harmless' | 'rebuilt' | 'refetched' | 'refetched from a peer' | `refused ${string}`

/** Changes one byte; says which, so that a failure can be had again. */
export async function flip(db: string, chance: Random): Promise<string> {
  const all = (await readdir(db)).sort()
  const wanted = chance.weighted<Kind>(KINDS)
  // A folder that was never opened again has no table yet.
  const kind = all.some((name) => FILES[wanted].test(name)) ? wanted : 'log'
  const names = all.filter((name) => FILES[kind].test(name))
  // Mostly the newest: older tables may have been merged into it and wait to be deleted.
  const name = chance.chance(0.8) ? names.at(-1)! : chance.pick(names)
  const bytes = await readFile(join(db, name))
  const at = chance.below(bytes.length)
  const mask = chance.between(1, 255)
  bytes[at]! ^= mask
  await writeFile(join(db, name), bytes)
  return `${name} at ${at} of ${bytes.length} by ${mask}`
}

function isShorter(known: Known, lab: DiskLab): boolean {
  return [...known.answers.heads].some(
    ([author, seq]) => (lab.state.heads.get(author)?.seq ?? 0) < seq,
  )
}

/**
 * Opens a folder after the flip, makes it whole, with `peered` by a peer, and holds every answer
 * against the known ones.
 */
export async function outcomeOf(known: Known, folder: string, peered: boolean): Promise<Fate> {
  let lab: DiskLab
  try {
    lab = await openKnown(folder)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return `refused ${error.code}`
  }
  let fate: Fate = lab.doubt === undefined ? 'harmless' : 'rebuilt'
  try {
    const found = answersOf(lab)
    assert.equal(found.lists, known.answers.lists, 'roster, tokens or forks differ in silence')
    if (isShorter(known, lab)) {
      fate = peered ? 'refetched from a peer' : 'refetched'
      const own = lab.state.heads.get(lab.own)?.seq ?? 0
      const behind = own < known.answers.heads.get(lab.own)!
      assert.equal(lab.voice.silence(), behind ? 'own-log-behind' : undefined)
      if (peered) await fetchKnown(known, lab)
      else await handKnown(known, lab)
      assert.equal(lab.voice.silence(), undefined)
    }
    assert.deepEqual(answersOf(lab), known.answers)
    const report = await lab.upkeep.verify()
    assert.ok(report.ok, JSON.stringify(report))
  } finally {
    await lab.close()
  }
  await checkAgain(known, folder)
  return fate
}

/** What was made whole is whole for good. */
async function checkAgain(known: Known, folder: string): Promise<void> {
  const lab = await openKnown(folder)
  try {
    assert.equal(lab.doubt, undefined)
    assert.deepEqual(lab.broken, [])
    assert.deepEqual(answersOf(lab), known.answers)
  } finally {
    await lab.close()
  }
}

export async function rot({ flips, peered, seed, msMax }: RotOptions): Promise<Figures> {
  const chance = new Random(seed)
  const fates = new Map<Fate, number>()
  let done = 0
  const session = async (folder: string, count: number): Promise<void> => {
    const known = await makeKnown(join(folder, 'known'), chance)
    for (let i = 0; i < count; i++) {
      const copy = join(folder, 'copy')
      await cp(known.folder, copy, { recursive: true })
      const what = await flip(join(copy, 'db'), chance)
      const isPeered = (fates.get('refetched from a peer') ?? 0) < peered
      const fate = await outcomeOf(known, copy, isPeered).catch((error: unknown) => {
        throw new Error(`seed ${seed}, flip ${done}: ${what}`, { cause: error })
      })
      fates.set(fate, (fates.get(fate) ?? 0) + 1)
      done++
      await rm(copy, { recursive: true })
    }
  }
  for (const part of rounds(Math.ceil(flips / FLIPS_PER_FOLDER), msMax)) {
    const count = Math.min(FLIPS_PER_FOLDER, flips - part * FLIPS_PER_FOLDER)
    await withFolder((folder) => session(folder, count))
  }
  return { flips: done, ...Object.fromEntries([...fates].sort()), wrongVerdicts: 0 }
}

await runSoak(import.meta.url, 'rot', (options) => rot({ flips: 1000, peered: 50, ...options }))
