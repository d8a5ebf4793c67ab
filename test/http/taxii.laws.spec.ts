/**
 * A client that reads in pages, dies and goes on misses nothing and is told nothing twice, while
 * reports, revocations and ends go on and the node starts anew.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Lab } from '../support/lab.js'
import { addressOf, Client, report, revoke } from '../support/taxii-client.js'
import { openApi } from './api.js'

describe('http: TAXII, law of pages', function () {
  this.timeout(60_000)
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('report'), n: fc.nat(11) }) },
    fc.record({ do: fc.constant('revoke'), n: fc.nat(11) }),
    fc.record({ do: fc.constant('pass'), n: fc.nat(40) }),
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('read'), n: fc.integer({ min: 1, max: 4 }) }),
    },
    fc.record({ do: fc.constant('die'), n: fc.nat(1) }),
    fc.record({ do: fc.constant('restart'), n: fc.constant(0) }),
  )

  it('whoever dies and goes on ends with what is there, and was told nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        let api = await openApi()
        const { lab } = api
        const client = new Client()
        try {
          for (const { do: what, n } of [...steps, { do: 'read', n: 1_000 }]) {
            if (what === 'report') await report(lab, addressOf(n), { ttl: `${30 + n}m` })
            if (what === 'revoke') await revoke(lab, addressOf(n))
            if (what === 'pass') lab.time.now += n * 60_000
            if (what === 'read') await client.read(api, n)
            if (what === 'die') client.die(n === 0)
            if (what === 'restart') {
              await api.stop()
              api = await openApi({}, {}, lab)
            }
          }
          await client.rest(api)
          assert.deepEqual(client.held(), live(lab))
        } finally {
          await api.stop()
        }
      }),
      { numRuns: 40 },
    )
  })

  function live(lab: Lab): string[] {
    return Array.from({ length: 12 }, (_, n) => addressOf(n))
      .filter((value) => lab.check('ip', value).reasons.length > 0)
      .sort()
  }
})
