/**
 * kill -9 of a node at any moment: while it opens, commits, marks or publishes. Afterwards the
 * folder opens, holds everything that was acknowledged, nothing by half and nothing twice, and no
 * seq was ever given to two envelopes.
 */
import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { EnvelopeId } from '../../src/core/identity.js'
import { canonicalise } from '../../src/core/canonical-form.js'
import { claimRegister } from '../../src/core/claims.js'
import { keyOf } from '../../src/core/indicator.js'
import { compiled } from '../support/compiled.js'
import { openDiskLab } from '../support/disk-lab.js'
import { LongLog } from '../support/long-log.js'
import { Random } from '../support/random.js'
import { rounds, runSoak, withFolder, type Figures, type SoakOptions } from '../support/soak-run.js'
import type { Place, Told } from './crash-child.js'
import { nodeKills } from './node-kills.js'

const OPEN_MS_MAX = 60_000
/** A folder is left after so many kills, or opening it would become most of the work. */
const KILLS_PER_FOLDER = 125
const FOREIGN_PER_ROUND = 60
const KILL_MS_MAX = 120
const VERIFY_EVERY = 25

export interface CrashOptions extends SoakOptions {
  readonly kills: number
}

/** One log as everybody but the node has seen it. */
class Seen {
  readonly #ids = new Map<number, EnvelopeId>()
  readonly #acknowledged = new Set<EnvelopeId>()
  #last = 0

  /** The first seq that need not be looked at again. */
  get next(): number {
    return this.#last + 1
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  acknowledge(id: EnvelopeId): void {
    this.#acknowledged.add(id)
  }

  place([seq, id]: Place): void {
    assert.equal(this.#ids.get(seq) ?? id, id, `seq ${seq} was used twice`)
    this.#ids.set(seq, id)
  }

  /** What the folder holds from `next` on, after a kill. */
  check(places: readonly Place[], what: string): void {
    places.forEach((place, i) => {
      assert.equal(place[0], this.#last + 1 + i, `${what}: the log has a hole`)
      this.place(place)
    })
    this.#last += places.length
    const last = Math.max(0, ...this.#ids.keys())
    assert.equal(this.#last, last, `${what}: published up to ${last}, held up to ${this.#last}`)
    const held = new Set(this.#ids.values())
    for (const id of this.#acknowledged) assert.ok(held.has(id), `${what}: lost ${id}`)
  }
}

/** A folder and what was heard from the programs that were killed on it. */
class Victim {
  readonly own = new Seen()
  readonly foreign = new Seen()
  readonly values = new Set<string>()
  readonly #log = new LongLog('other')
  readonly #folder: string
  readonly #entry: string
  #foreignHead = 0
  verified = 0
  early = 0

  constructor(folder: string, entry: string) {
    this.#folder = folder
    this.#entry = entry
  }

  /** Starts the program, lets it work for a while, kills it. */
  async round(number: number, chance: Random): Promise<void> {
    const verify = number % VERIFY_EVERY === VERIFY_EVERY - 1
    const places = [this.own.next, this.foreign.next].map(String)
    const args = [this.#folder, String(number), ...places, verify ? 'verify' : '']
    const child = fork(this.#entry, args, {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let errors = ''
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const kill = () => child.kill('SIGKILL')
    const late = setTimeout(kill, OPEN_MS_MAX)
    const early = !verify && chance.chance(0.15)
    const afterMs = chance.below(early ? 500 : KILL_MS_MAX)
    if (early) setTimeout(kill, afterMs)
    let opened = false
    let broken: unknown
    child.on('message', (told: Told) => {
      try {
        this.#hear(told, child)
        if (told.kind !== 'opened') return
        opened = true
        if (!early) setTimeout(kill, afterMs)
      } catch (error) {
        broken ??= error
        kill()
      }
    })
    await gone
    clearTimeout(late)
    if (broken !== undefined) throw broken
    assert.equal(child.signalCode, 'SIGKILL', `the program ended by itself:\n${errors}`)
    assert.ok(opened || early, `the folder did not open in time:\n${errors}`)
    if (!opened) this.early++
  }

  #hear(told: Told, child: ChildProcess): void {
    if (told.kind === 'published') this.own.place(told.place)
    else if (told.kind === 'took') this.foreign.acknowledge(told.id)
    else if (told.kind === 'said') {
      for (const { status, value, envelope } of told.results) {
        assert.equal(status, 'accepted')
        this.values.add(value!)
        this.own.acknowledge(envelope!)
      }
    } else {
      this.#checkOpened(told)
      const envelopes = this.#log.after(this.#foreignHead, FOREIGN_PER_ROUND)
      // It may be dead already; what it was sent is sent again to the next one.
      child.send(
        envelopes.map((bytes) => Buffer.from(bytes).toString('base64')),
        () => undefined,
      )
    }
  }

  #checkOpened(told: Told & { readonly kind: 'opened' }): void {
    assert.equal(told.doubt, undefined, 'claims and log disagree')
    assert.deepEqual(told.broken, [])
    assert.equal(told.silence, undefined)
    this.own.check(told.own, 'own log')
    this.foreign.check(told.foreign, 'foreign log')
    this.#foreignHead = this.foreign.next - 1
    for (const [seq, id] of told.foreign) assert.equal(id, this.#log.id(seq))
    if (told.report === undefined) return
    assert.ok(told.report.ok, JSON.stringify(told.report))
    this.verified++
  }

  /** The last look: everything, in this process. */
  async end(): Promise<void> {
    const lab = await openDiskLab(this.#folder, 'own')
    try {
      assert.equal(lab.doubt, undefined)
      const report = await lab.upkeep.verify()
      assert.ok(report.ok, JSON.stringify(report))
      for (const { envelopes, seq } of report.logs) assert.equal(envelopes, seq)
      const lost = [...this.values].filter((value) => !this.#claims(lab, value))
      assert.deepEqual(lost, [], 'acknowledged reports are gone')
    } finally {
      await lab.close()
    }
  }

  #claims(lab: Awaited<ReturnType<typeof openDiskLab>>, value: string): boolean {
    const indicator = canonicalise('ip', value)
    if (!indicator.ok) throw new Error(indicator.code)
    return lab.state.claims.of(claimRegister(keyOf(indicator.value), lab.own)).length === 1
  }
}

export async function crash({ kills, seed, msMax }: CrashOptions): Promise<Figures> {
  const chance = new Random(seed)
  const program = await compiled('test/soak/crash-child.ts')
  const sum = { kills: 0, beforeOpen: 0, folders: 0, verified: 0 }
  const acknowledged = { ownEnvelopes: 0, ownReports: 0, foreignEnvelopes: 0 }
  const end = performance.now() + msMax
  const life = async (folder: string, count: number): Promise<void> => {
    const victim = new Victim(join(folder, 'data'), program.entry)
    for (const round of rounds(count, end - performance.now())) {
      await victim.round(round, chance)
      sum.kills++
    }
    await victim.end()
    sum.folders++
    sum.beforeOpen += victim.early
    sum.verified += victim.verified + 1
    acknowledged.ownEnvelopes += victim.own.acknowledged
    acknowledged.ownReports += victim.values.size
    acknowledged.foreignEnvelopes += victim.foreign.acknowledged
  }
  try {
    for (const part of rounds(Math.ceil(kills / KILLS_PER_FOLDER), msMax)) {
      const count = Math.min(KILLS_PER_FOLDER, kills - part * KILLS_PER_FOLDER)
      await withFolder((folder) => life(folder, count))
    }
  } finally {
    await program.remove()
  }
  return { ...sum, ...acknowledged, lost: 0, halfApplied: 0, twice: 0, failedOpens: 0, reused: 0 }
}

await runSoak(import.meta.url, 'crash', async (options) => ({
  ...(await crash({ kills: 1000, ...options })),
  ...(await nodeKills({ kills: 50, ...options })),
}))
