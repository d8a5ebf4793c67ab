/**
 * The short form: as many worlds as a test run can afford, and planted bugs that must be noticed.
 * The long form is `npm run soak simulate`.
 */
import assert from 'node:assert/strict'
import { simulateMany } from '../soak/simulate.js'
import { PLANTS } from './plants.js'
import { simulate, SimulationFailure } from './simulation.js'

const SEEDS = Number(process.env['SEEDS'] ?? 28)
/** Each planted bug is noticed long before; more would only make a failure slow. */
const PLANT_SEEDS = 60

describe('simulation', () => {
  it(`${SEEDS} worlds keep what nodes promise, with every kind of fault`, async () => {
    const figures = await simulateMany({ seed: 1, seeds: SEEDS, workers: 2, msMax: Infinity })
    console.table(figures)
    const { seeds, failedSeeds, blocksWithoutSomeFault } = figures
    assert.deepEqual([seeds, failedSeeds, blocksWithoutSomeFault], [SEEDS, '', 0])
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
