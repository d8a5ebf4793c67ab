/**
 * A node that something is taken away from while it reports: the room on its disk, or file
 * descriptors. It acknowledges nothing it could not keep, answers look-ups all the time, and goes
 * on by itself once it has back what was taken. Prints its figures as JSON. Arguments: `disk` or
 * `fds`, folder, times, seed, milliseconds.
 */
import assert from 'node:assert/strict'
import { closeSync, openSync, statfsSync, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { VoiceError } from '../../src/core/ports.js'
import { StoreError } from '../../src/core/store-port.js'
import { openDiskLab, type DiskLab } from '../support/disk-lab.js'
import { Random } from '../support/random.js'
import { rounds } from '../support/soak-run.js'
import { until } from '../support/until.js'

/** Before the folder is begun anew: LevelDB's log alone may grow to as much as the small disk. */
const ROUNDS_PER_FOLDER = 8
const RECOVERY_MS_MAX = 10_000
const FAILURE_MS_MAX = 20_000
/** Left free when the disk is filled: an envelope more, or a table more. */
const LEFT_BYTES_MAX = 400_000
const CHUNK = Buffer.alloc(64 << 10)

/** Takes something away; answers how to give it back. */
type Squeeze = (folder: string, chance: Random) => () => Promise<void>

const fillDisk: Squeeze = (folder, chance) => {
  const path = join(folder, 'filler')
  const left = chance.below(LEFT_BYTES_MAX)
  const file = openSync(path, 'w')
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(folder)
      const room = bavail * bsize - left
      if (room <= 0) break
      writeSync(file, CHUNK.subarray(0, Math.min(CHUNK.length, room)))
    }
  } finally {
    closeSync(file)
  }
  return () => rm(path)
}

const takeFiles: Squeeze = () => {
  const files: number[] = []
  try {
    for (;;) files.push(openSync('/dev/null', 'r'))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE')
  }
  return () => {
    for (const file of files) closeSync(file)
    return Promise.resolve()
  }
}

const SQUEEZES: Readonly<Record<string, Squeeze>> = { disk: fillDisk, fds: takeFiles }

/** A node and what it has acknowledged. */
class Reporter {
  readonly acknowledged: string[] = []
  lab: DiskLab
  #next = 0

  constructor(lab: DiskLab) {
    this.lab = lab
  }

  /** Whether some reports were acknowledged; anything but a named failure is thrown. */
  async report(count: number): Promise<boolean> {
    const values = Array.from({ length: count }, () => {
      const n = this.#next++
      return `45.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
    })
    try {
      const results = await this.lab.voice.report(values.map((value) => ({ type: 'ip', value })))
      assert.ok(results.every(({ status }) => status === 'accepted'))
      this.acknowledged.push(...values)
      return true
    } catch (error) {
      if (error instanceof StoreError || error instanceof VoiceError) return false
      throw error
    }
  }

  answers(): boolean {
    return this.acknowledged.every((value) => this.lab.check('ip', value).action !== 'allow')
  }
}

class Squeezed {
  readonly #folder: string
  readonly #squeeze: Squeeze
  readonly #chance: Random
  readonly figures = { times: 0, acknowledged: 0, recoveryMsMax: 0 }

  constructor(folder: string, squeeze: Squeeze, chance: Random) {
    this.#folder = folder
    this.#squeeze = squeeze
    this.#chance = chance
  }

  /** One folder: squeezed a few times, then looked through and opened again. */
  async life(times: number): Promise<void> {
    const data = join(this.#folder, 'data')
    const reporter = new Reporter(await openDiskLab(data, 'own'))
    await this.#reportFor(reporter, 5)
    for (let i = 0; i < times; i++) await this.#once(reporter)
    const report = await reporter.lab.upkeep.verify()
    assert.ok(report.ok, JSON.stringify(report))
    await reporter.lab.close()
    reporter.lab = await openDiskLab(data, 'own')
    assert.equal(reporter.lab.doubt, undefined)
    assert.ok(reporter.answers(), 'acknowledged reports are gone after a restart')
    await reporter.lab.close()
    await rm(data, { recursive: true })
    this.figures.acknowledged += reporter.acknowledged.length
  }

  async #reportFor(reporter: Reporter, reports: number): Promise<void> {
    for (let i = 0; i < reports; i++) assert.ok(await reporter.report(20), 'nothing was taken yet')
  }

  async #once(reporter: Reporter): Promise<void> {
    const { figures } = this
    await this.#reportFor(reporter, this.#chance.below(10))
    const giveBack = this.#squeeze(this.#folder, this.#chance)
    try {
      const failed = async () => !(await reporter.report(this.#chance.between(1, 200)))
      await until(failed, { timeoutMs: FAILURE_MS_MAX, what: 'a report fails' })
      assert.ok(reporter.answers(), 'a look-up went wrong meanwhile')
    } finally {
      await giveBack()
    }
    const began = performance.now()
    await until(() => reporter.report(1), { timeoutMs: RECOVERY_MS_MAX, what: 'recovery' })
    figures.recoveryMsMax = Math.max(figures.recoveryMsMax, Math.round(performance.now() - began))
    assert.ok(reporter.answers(), 'acknowledged reports are gone')
    figures.times++
  }
}

async function main(): Promise<void> {
  const [kind, folder, times, seed, msMax] = process.argv.slice(2) as [string, ...string[]]
  const squeezed = new Squeezed(folder!, SQUEEZES[kind]!, new Random(Number(seed)))
  for (const life of rounds(Math.ceil(Number(times) / ROUNDS_PER_FOLDER), Number(msMax))) {
    await squeezed.life(Math.min(ROUNDS_PER_FOLDER, Number(times) - life * ROUNDS_PER_FOLDER))
  }
  console.log(JSON.stringify(squeezed.figures))
}

// Whoever loads a folder of tests loads this file, too.
if (process.argv[1]?.includes('squeeze-child') === true) await main()
