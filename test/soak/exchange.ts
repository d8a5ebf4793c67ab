/**
 * A TAXII client that reads in pages, dies and goes on misses nothing and is told nothing twice,
 * while reports, revocations and ends go on and the node starts anew. Seeded, and shrunk where it
 * fails.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { openApi } from '../http/api.js'
import { rounds, runSoak, type Figures, type SoakOptions } from '../support/soak-run.js'
import { addressOf, Client, report, revoke } from '../support/taxii-client.js'
import type { Lab } from '../support/lab.js'

export interface ExchangeOptions extends SoakOptions {
  /** Rounds of so many stories. */
  readonly rounds: number
  readonly stories: number
}

const VALUES = 12
const MINUTE_MS = 60_000

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('report'), n: fc.nat(VALUES - 1) }) },
  fc.record({ do: fc.constant('revoke'), n: fc.nat(VALUES - 1) }),
  fc.record({ do: fc.constant('pass'), n: fc.nat(40) }),
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('read'), n: fc.integer({ min: 1, max: 4 }) }),
  },
  fc.record({ do: fc.constant('die'), n: fc.nat(1) }),
  fc.record({ do: fc.constant('restart'), n: fc.constant(0) }),
)
type Step = { readonly do: string; readonly n: number }

export async function exchange(options: ExchangeOptions): Promise<Figures> {
  const counts = { stories: 0, steps: 0, deaths: 0, restarts: 0, told: 0 }
  for (const round of rounds(options.rounds, options.msMax)) {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        counts.stories++
        counts.steps += steps.length
        counts.deaths += steps.filter((one) => one.do === 'die').length
        counts.restarts += steps.filter((one) => one.do === 'restart').length
        counts.told += await story(steps)
      }),
      { numRuns: options.stories, seed: options.seed + round },
    )
  }
  return counts
}

/** Answers how many versions of objects the client was told. */
async function story(steps: readonly Step[]): Promise<number> {
  let api = await openApi()
  const { lab } = api
  const client = new Client()
  try {
    for (const { do: what, n } of steps) {
      if (what === 'report') await report(lab, addressOf(n), { ttl: `${30 + n}m` })
      if (what === 'revoke') await revoke(lab, addressOf(n))
      if (what === 'pass') lab.time.now += n * MINUTE_MS
      if (what === 'read') await client.read(api, n)
      if (what === 'die') client.die(n === 0)
      if (what === 'restart') {
        await api.stop()
        api = await openApi({}, {}, lab)
      }
    }
    await client.rest(api)
    assert.deepEqual(client.held(), live(lab))
    return client.told
  } finally {
    await api.stop()
  }
}

function live(lab: Lab): string[] {
  return Array.from({ length: VALUES }, (_, n) => addressOf(n))
    .filter((value) => lab.check('ip', value).reasons.length > 0)
    .sort()
}

await runSoak(import.meta.url, 'exchange', ({ seed, msMax }) =>
  exchange({ rounds: 1_000, stories: 100, seed, msMax }),
)
