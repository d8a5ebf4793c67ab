/** Taking back by selection: what is meant, counted first, in pages, and once only. */
import assert from 'node:assert/strict'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import { selectionOf } from '../../src/core/selection.js'
import { memoryDatabase, NOW, openLab, type Lab } from '../support/lab.js'

const CAMPAIGN = 'ca'.repeat(16)

/** Reports with two tokens, at two times, of two types and of one campaign among others. */
async function spoken(database = memoryDatabase()): Promise<Lab> {
  const lab = await openLab('a', { database })
  const ip = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ type: 'ip', value: `45.0.${from}.${i}`, ttl: '7d' }))
  await lab.voice.report(ip(0, 5), { by: 'siem' })
  lab.time.now += DAY_MS
  const campaign = { type: 'email-domain', value: 'example.com', campaign: CAMPAIGN }
  await Promise.all([
    lab.voice.report(ip(1, 3), { by: 'siem' }),
    lab.voice.report([...ip(2, 4), campaign], { by: 'analyst' }),
  ])
  return lab
}

const CASES = [
  [{ since: '1h' }, 8],
  [{ since: '2d' }, 13],
  [{ since: new Date(NOW + DAY_MS).toISOString() }, 8],
  [{ token: 'siem' }, 8],
  [{ token: 'siem', since: '1h' }, 3],
  [{ token: 'analyst', type: 'ip' }, 4],
  [{ campaign: CAMPAIGN }, 1],
  [{ type: 'email-domain' }, 1],
  [{ token: 'nobody' }, 0],
] as const

describe('bulk revocation', () => {
  for (const [item, count] of CASES) {
    it(`${JSON.stringify(item)} means ${count} reports`, async () => {
      const lab = await spoken()
      const selection = selectionOf(item, lab.time.now)
      assert.ok(selection.ok)
      const before = lab.state.heads.get(lab.own)!.seq
      assert.equal((await lab.bulkRevoker.count(selection.value)).matched, count)
      assert.equal(lab.state.heads.get(lab.own)!.seq, before)
      const done = await lab.bulkRevoker.revoke(selection.value, 'reported-in-error')
      assert.deepEqual([done.matched, done.revoked, done.left], [count, count, 0])
      assert.equal((await lab.bulkRevoker.count(selection.value)).matched, 0)
      const again = await lab.bulkRevoker.revoke(selection.value, 'reported-in-error')
      assert.equal(again.revoked, 0)
    })
  }

  it('knows the token after a restart', async () => {
    const database = memoryDatabase()
    const first = await spoken(database)
    const lab = await openLab('a', { database, mark: first.mark, time: first.time })
    assert.equal((await lab.bulkRevoker.count({ token: 'analyst' })).matched, 5)
    first.time.now += 70 * DAY_MS
    await lab.expiry.sweep()
    assert.deepEqual(await lab.store.spoken(1, 10), [])
  })

  it('says what is wrong with a selection', () => {
    const code = (item: object) => {
      const made = selectionOf(item, NOW)
      return made.ok ? 'fine' : made.code
    }
    assert.equal(code({}), 'selection-empty')
    assert.equal(code({ since: 'yesterday' }), 'since-malformed')
    assert.equal(code({ type: 'none' }), 'type-unknown')
    assert.equal(code({ campaign: 'x' }), 'campaign-malformed')
    assert.equal(code({ since: `${HOUR_MS}s` }), 'fine')
  })
})
