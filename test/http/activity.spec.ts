/** What was said over time, as the console and the command line ask for it. */
import assert from 'node:assert/strict'
import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.js'
import type { ActivityMinute } from '../../src/lookup/activity.js'
import { hand, NOW, openLab } from '../support/lab.js'
import { openApi, type Api } from './api.js'

describe('http: activity', () => {
  let api: Api

  before(async () => {
    api = await openApi()
    const b = await openLab('Lab B')
    await api.lab.admit('Lab B')
    await b.voice.report([{ type: 'ip', value: '198.51.100.7' }])
    await hand(b, api.lab)
    api.lab.time.now = NOW + 2 * HOUR_MS
    const body = { type: 'domain', value: 'bad.example' }
    const { status } = await api.ask('POST', '/v1/reports', { as: 'detector', body })
    assert.equal(status, 201)
  })
  after(() => api.stop())

  async function minutes(query = ''): Promise<readonly ActivityMinute[]> {
    const { status, body } = await api.ask('GET', `/v1/activity${query}`, { as: 'operator' })
    assert.equal(status, 200)
    assert.equal(body['asOf'], new Date(api.lab.time.now).toISOString())
    return body['minutes'] as readonly ActivityMinute[]
  }

  it('answers the last hour, or since an instant, or a while back', async () => {
    const hour = await minutes()
    assert.equal(hour.length, 61)
    assert.deepEqual(hour.at(-1), {
      ...{ startMs: api.lab.time.now, reportsIn: 0, reportsOut: 1, takenBackIn: 0 },
      ...{ takenBackOut: 0, otherIn: 0, otherOut: 0, lagMsMedian: null, lagMsMax: null },
    })
    const since = await minutes(`?since=${new Date(NOW).toISOString()}`)
    assert.deepEqual(await minutes('?since=2h'), since)
    assert.equal(since.length, 121)
    assert.deepEqual([since[0]!.startMs, since[0]!.reportsIn], [NOW, 1])
    assert.equal(since[1]!.startMs, NOW + MINUTE_MS)
    assert.equal((await minutes('?since=90d')).length, 24 * 60)
  })

  it('refuses what is neither', async () => {
    const { status, body } = await api.ask('GET', '/v1/activity?since=soon', { as: 'operator' })
    assert.deepEqual([status, body['code']], [422, 'since-malformed'])
  })
})
