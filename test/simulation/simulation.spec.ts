/**
 * The short form: as many worlds as a test run can afford, and planted bugs that must be noticed.
 * The long form is `SEEDS=10000 npm run simulate`.
 */
import assert from 'node:assert/strict'
import { CRASH_POINTS } from './disk.js'
import { PLANTS } from './plants.js'
import { simulate, SimulationFailure } from './simulation.js'

const SEEDS = Number(process.env['SEEDS'] ?? 200)
const BLOCK = 100
/** Each planted bug is noticed long before; more would only make a failure slow. */
const PLANT_SEEDS = 60
const FAULTS = [
  ...[...CRASH_POINTS, 'idle'].map((point) => `crash ${point}`),
  ...['lost', 'delay', 'doubled', 'partition', 'session cut', 'partial trust', 'roster change'],
  ...[
    'clock skew',
    'clock jump',
    'disk full',
    'sweep',
    'repeated request',
    'database put back',
    'years',
  ],
  ...['fork', 'fork proven', 'withhold', 'replay', 'garble', 'future', 'backwards', 'refused'],
  'lying catch-up',
]

describe('simulation', () => {
  it(`${SEEDS} worlds keep what nodes promise, with every kind of fault`, async () => {
    for (let from = 1; from <= SEEDS; from += BLOCK) {
      const seen = new Set<string>()
      const to = Math.min(SEEDS, from + BLOCK - 1)
      for (let seed = from; seed <= to; seed++) {
        for (const kind of (await simulate(seed)).covered) seen.add(kind)
      }
      if (to - from + 1 < BLOCK) continue
      assert.deepEqual(
        FAULTS.filter((kind) => !seen.has(kind)),
        [],
        `kinds of fault that seeds ${from} to ${to} did without`,
      )
    }
  }).timeout(SEEDS * 5_000)

  it('the same seed is the same world', async () => {
    assert.equal((await simulate(7)).trace, (await simulate(7)).trace)
  }).timeout(20_000)

  for (const plant of PLANTS) {
    it(`notices a planted bug: ${plant.name}`, async () => {
      let noticed: SimulationFailure | undefined
      for (let seed = 1; seed <= PLANT_SEEDS && noticed === undefined; seed++) {
        try {
          await simulate(seed, undefined, plant)
        } catch (error) {
          if (!(error instanceof SimulationFailure)) throw error
          noticed = error
        }
      }
      assert.ok(noticed, `${PLANT_SEEDS} worlds went by`)
    }).timeout(120_000)
  }
})
