/** A catalogue that rots is made anew, and readers find everything again. */
import assert from 'node:assert/strict'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { StoreError } from '../../src/core/store-port.js'
import { Catalogue } from '../../src/http/catalogue.js'
import { memoryDatabase, openLab, SILENT } from '../support/lab.js'
import { addressOf, all, get, indicatorsIn, objectsPath, report } from '../support/taxii-client.js'
import { openApi } from './api.js'

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

  it('a disk that fails in the middle: nothing is passed over when it is back', async () => {
    const lab = await openLab('Lab A')
    const store = lab.store.catalogue()
    const write = store.write.bind(store)
    let fails = false
    store.write = (change) =>
      fails ? Promise.reject(new StoreError('disk-failed', 'no space')) : write(change)
    const parts = { lookup: () => lab.desk.lookup(), clock: () => lab.time.now, log: SILENT }
    const networkId = OPEN_FEDERATION.networkId
    const api = await openApi({ catalogue: new Catalogue({ ...parts, store, networkId }) }, {}, lab)
    await report(lab, addressOf(1))
    assert.equal(indicatorsIn(await all(api)).length, 1)
    fails = true
    await report(lab, addressOf(2))
    for (let i = 0; i < 3; i++) {
      const { status, body } = await get(api, await objectsPath(api))
      assert.deepEqual([status, body['error_code']], [503, 'store-failed'])
    }
    fails = false
    assert.equal(indicatorsIn(await all(api)).length, 2)
    await api.stop()
  })
})
