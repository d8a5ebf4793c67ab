/**
 * kill -9 of whole nodes, the real program with mesh and API, while they report and take in each
 * other's envelopes: everything acknowledged is on every node afterwards, once.
 */
import assert from 'node:assert/strict'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { equal, Fleet, linked } from '../support/fleet.js'
import { Random } from '../support/random.js'
import { rounds, type Figures, type SoakOptions } from '../support/soak-run.js'

const LABS = ['Lab A', 'Lab B', 'Lab C']
const ITEMS = 100
const KILL_MS_MAX = 400

export interface NodeKillsOptions extends SoakOptions {
  readonly kills: number
}

/** What one lab was asked to report, and what of it was acknowledged. */
class Reporter {
  readonly acknowledged: string[] = []
  readonly lab: LabProcess
  readonly #first: number
  #next = 0

  constructor(lab: LabProcess, index: number) {
    this.lab = lab
    this.#first = 45 + index
  }

  /** Reports until `over`; answers at the first failure, which a kill is. */
  async run(over: () => boolean, began: () => void): Promise<void> {
    while (!over()) {
      const values = Array.from({ length: ITEMS }, () => {
        const n = this.#next++
        return `${this.#first}.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
      })
      const items = values.map((value) => ({ type: 'ip', value }))
      const answer = await this.lab.request('POST', '/v1/reports', items).catch(() => undefined)
      if (answer?.status !== 201) return
      began()
      this.acknowledged.push(...values)
    }
  }
}

/** All report; one is killed at a random moment after its first answer, and started again. */
async function killOne(reporters: readonly Reporter[], chance: Random): Promise<void> {
  const victim = chance.pick(reporters)
  const afterMs = chance.below(KILL_MS_MAX)
  let timer: NodeJS.Timeout | undefined
  let dead = false
  const kill = () => {
    dead = true
    void victim.lab.end('SIGKILL')
  }
  await Promise.all(
    reporters.map((reporter) =>
      reporter.run(
        () => dead,
        () => {
          if (reporter === victim) timer ??= setTimeout(kill, afterMs)
        },
      ),
    ),
  )
  assert.ok(timer !== undefined, `${victim.lab.name} took no report:\n${victim.lab.output}`)
  await victim.lab.end('SIGKILL')
  await victim.lab.start()
}

async function check(fleet: Fleet, lab: LabProcess, values: ReadonlySet<string>): Promise<void> {
  const exported = await fleet.cli(lab, 'export', '--format', 'ndjson')
  assert.equal(exported.code, 0, exported.stderr)
  const lines = exported.stdout.split('\n').filter((line) => line !== '')
  const rows = lines.map((line) => (JSON.parse(line) as { value: string }).value)
  const held = new Set(rows)
  assert.equal(held.size, rows.length, `${lab.name}: a report is there twice`)
  assert.deepEqual(
    [...values].filter((value) => !held.has(value)),
    [],
    `${lab.name}: acknowledged reports are gone`,
  )
  const verified = await fleet.cli(lab, 'verify', '--json')
  assert.equal(verified.code, 0, verified.stdout + verified.stderr)
}

export async function nodeKills({ kills, seed, msMax }: NodeKillsOptions): Promise<Figures> {
  const chance = new Random(seed)
  const fleet = await Fleet.open()
  try {
    const labs = await fleet.mesh(...LABS)
    const reporters = labs.map((lab, index) => new Reporter(lab, index))
    let killed = 0
    for (const round of rounds(kills, msMax)) {
      await killOne(reporters, chance)
      killed = round + 1
    }
    await linked(labs)
    await equal(labs, 300_000)
    const acknowledged = new Set(reporters.flatMap((reporter) => reporter.acknowledged))
    for (const lab of labs) await check(fleet, lab, acknowledged)
    return { nodeKills: killed, nodeReports: acknowledged.size, nodeLost: 0, nodeTwice: 0 }
  } finally {
    await fleet.close()
  }
}
