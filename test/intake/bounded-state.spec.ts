/** What may be forgotten, and that forgetting changes nothing. */
import assert from 'node:assert/strict'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { hand, memoryDatabase, NOW, openLab } from '../support/lab.js'

/** B reports for a year, one address a day; A hears it all and sweeps; C joins at the end. */
describe('bounded state', () => {
  it('a late joiner of a pruned log equals a node that saw everything', async () => {
    const time = { now: NOW }
    const database = memoryDatabase()
    const a = await openLab('a', { time, database })
    const b = await openLab('b', { time })
    await a.admit('Lab B', 'corroborate', 'member', 'b')
    const lives = ['1d', '7d', '3d']
    for (let day = 0; day < 400; day++) {
      const domain = { type: 'email-domain', value: `d${day}.example`, ttl: '90d' }
      const ip = { type: 'ip', value: `198.51.100.${day % 200}`, ttl: lives[day % 3]! }
      await b.voice.report(day % 40 === 0 ? [ip, domain] : [ip])
      time.now += DAY_MS
    }
    await hand(b, a)
    const unswept = a.state.stateHash(time.now)
    await a.expiry.sweep()
    assert.equal(a.state.stateHash(time.now), unswept)

    const floor = a.state.floorOf(b.own)
    const horizonDays = (LIMITS.lifeMsMax + LIMITS.payloadGraceMs) / DAY_MS
    assert.ok(floor > 400 - horizonDays - 5 && floor < 400 - horizonDays + 5, `floor ${floor}`)
    const rows = await a.store.logRows(b.own, floor, 400, Infinity)
    assert.equal(rows[0]!.payload, null)
    assert.ok(rows.some((row) => row.payload !== null))
    assert.ok(rows.filter((row) => row.payload === null).length > 100)
    assert.equal((await a.upkeep.verify()).ok, true)

    // A restart finds the base; a newcomer takes the pruned log from A alone.
    const again = await openLab('a', { time, database })
    assert.deepEqual(again.broken, [])
    assert.equal(again.doubt, undefined)
    assert.equal(again.state.floorOf(b.own), floor)
    const c = await openLab('c', { time })
    await c.admit('Lab B', 'corroborate', 'member', 'b')
    const { toBytes } = await import('../../src/core/envelope.js')
    for (const row of rows) {
      const outcome = c.intake.accept(toBytes(row), { via: 'catch-up', from: a.own })
      assert.equal((await outcome.committed).status, 'accepted')
    }
    assert.equal(c.state.logHash, a.state.logHash)
    assert.equal(c.state.stateHash(time.now), a.state.stateHash(time.now))
    assert.equal(c.state.stateHash(time.now), b.state.stateHash(time.now))
  }).timeout(60_000)

  it('a node that was away for longer than the horizon goes on from a base', async () => {
    const time = { now: NOW }
    const database = memoryDatabase()
    const b = await openLab('b', { time })
    const c = await openLab('c', { time, database })
    await c.admit('Lab B', 'corroborate', 'member', 'b')
    for (let i = 0; i < 3; i++) await b.voice.report([{ type: 'ip', value: `198.51.100.${i}` }])
    await hand(b, c)
    for (let i = 3; i < 300; i++) {
      time.now += DAY_MS
      await b.voice.report([{ type: 'ip', value: `198.51.100.${i % 200}` }])
    }
    await b.expiry.sweep()
    const floor = b.state.floorOf(b.own)
    assert.ok(floor > 50)
    const { toBytes } = await import('../../src/core/envelope.js')
    for (const row of await b.store.logRows(b.own, floor, 300, Infinity)) {
      const judged = c.intake.accept(toBytes(row), { via: 'catch-up', from: b.own })
      assert.equal((await judged.committed).status, 'accepted')
    }
    assert.equal(c.state.floorOf(b.own), floor)
    assert.equal(c.state.logHash, b.state.logHash)
    assert.equal(c.state.stateHash(time.now), b.state.stateHash(time.now))
    await c.expiry.sweep()
    const again = await openLab('c', { time, database })
    assert.deepEqual(again.broken, [])
    assert.equal(again.state.floorOf(b.own), floor)
    assert.equal((await again.upkeep.verify()).ok, true)
  }).timeout(60_000)

  it('sweeps the claims of an old envelope that comes in during a sweep', async () => {
    const time = { now: NOW }
    const database = memoryDatabase()
    const b = await openLab('b', { time })
    const a = await openLab('a', { time, database })
    await a.admit('Lab B', 'corroborate', 'member', 'b')
    await b.voice.report([{ type: 'ip', value: '198.51.100.1' }])
    time.now += 60 * DAY_MS
    const claimsEnded = a.store.claimsEnded.bind(a.store)
    a.store.claimsEnded = async (...asked) => {
      const ends = await claimsEnded(...asked)
      a.store.claimsEnded = claimsEnded
      await hand(b, a)
      return ends
    }
    await a.expiry.sweep()
    assert.equal(a.state.heads.get(b.own)!.seq, 1)
    await a.expiry.sweep() // the next tick
    assert.equal(a.state.claims.size, 0)
    assert.equal((await openLab('a', { time, database })).state.claims.size, 0)
  })

  it('does not take a log from the middle that is younger than the horizon', async () => {
    const time = { now: NOW }
    const b = await openLab('b', { time })
    for (let i = 0; i < 3; i++) await b.voice.report([{ type: 'ip', value: `198.51.100.${i}` }])
    time.now += LIMITS.lifeMsMax - DAY_MS
    const c = await openLab('c', { time })
    await c.admit('Lab B', 'corroborate', 'member', 'b')
    const { toBytes } = await import('../../src/core/envelope.js')
    const [row] = await b.store.logRows(b.own, 2, 2, 1)
    const judged = c.intake.accept(toBytes(row!), { via: 'catch-up', from: b.own })
    assert.deepEqual(await judged.committed, { status: 'ignored', code: 'gap' })
  })
})
