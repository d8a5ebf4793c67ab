/**
 * A client that reads in pages, dies and goes on misses nothing and is told nothing twice, while
 * reports, revocations and ends go on and the node starts anew.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { memoryDatabase, openLab, type Lab } from '../support/lab.js'
import {
  addressOf,
  all,
  Client,
  get,
  objectsPath,
  report,
  revoke,
} from '../support/taxii-client.js'
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

describe('http: TAXII, a damaged catalogue', () => {
  for (const table of ['catalogue', 'catalogue-keys', 'catalogue-ids', 'catalogue-events']) {
    it(`${table}: it is made anew, and every object is there again`, async () => {
      const database = memoryDatabase()
      const lab = await openLab('Lab A', { database })
      const api = await openApi({}, {}, lab)
      for (const n of [1, 2, 3]) await report(lab, addressOf(n))
      const before = await all(api)
      const rows = database.sublevel<Buffer, Buffer>(table, {
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
      })
      for (const key of await rows.keys().all()) await rows.put(key, Buffer.from('rot'))
      lab.time.now += 1_990
      // Whoever meets it is told to come again; then it has been mended.
      const path = await objectsPath(api)
      for (const to of [path, `${path}${before.at(-1)!.id}/`, '/misp/manifest.json']) {
        const { status } = await get(api, to)
        assert.ok(status === 200 || status === 503, `${to} ${status}`)
      }
      await all(api)
      lab.time.now += 1_000
      const events = await get(api, '/misp/manifest.json')
      assert.equal(Object.keys(events.body).length, 1)
      assert.deepEqual(new Set(await all(api)), new Set(before))
      await api.stop()
    })
  }
})
