/** Sightings and disputes by real labs: what they say, what they change, and what they leave. */
import assert from 'node:assert/strict'
import { DAY_MS } from '../../src/core/limits.js'
import type { DisputeItem } from '../../src/core/ports.js'
import { sweptBefore } from '../../src/intake/expiry.js'
import { hand, memoryDatabase, NOW, openLab, type Lab } from '../support/lab.js'

const IP = { type: 'ip', value: '198.51.100.7' }
const actionAt = (lab: Lab) => lab.check('ip', IP.value).action

/** All admit and have heard each other. */
async function met(...labs: readonly Lab[]): Promise<void> {
  for (const lab of labs) {
    for (const other of labs) if (lab !== other) await lab.admit(other.name)
  }
  await heard(...labs)
}

async function heard(...labs: readonly Lab[]): Promise<void> {
  for (const lab of labs) {
    for (const other of labs) if (lab !== other) await hand(other, lab)
  }
}

const open = (...names: readonly string[]) => Promise.all(names.map((name) => openLab(name)))
const dispute = (lab: Lab, item: Partial<DisputeItem> = {}) =>
  lab.voice.dispute([{ ...IP, reason: 'shared-infrastructure', ...item }])

describe('opinions: disputes', () => {
  it('lower here at once, elsewhere only when enough dispute, and can be withdrawn', async () => {
    const [a, b, c] = await open('a', 'b', 'c')
    await b!.voice.report([IP])
    await met(a!, b!, c!)
    const first = await dispute(a!)
    assert.equal(first[0]!.status, 'accepted')
    await heard(a!, b!, c!)
    assert.deepEqual([actionAt(a!), actionAt(c!)], ['observe', 'throttle'])
    await dispute(c!, { member: 'b' })
    await heard(a!, b!, c!)
    assert.equal(actionAt(c!), 'observe')
    // Nobody's dispute lowers the author's own report.
    assert.equal(actionAt(b!), 'block')
    assert.equal((await dispute(a!))[0]!.status, 'duplicate')
    const withdrawn = await dispute(a!, { reason: 'withdrawn' })
    assert.equal(withdrawn[0]!.status, 'accepted')
    assert.equal((await dispute(a!, { reason: 'withdrawn' }))[0]!.status, 'duplicate')
    await heard(a!, b!, c!)
    assert.deepEqual([actionAt(a!), actionAt(c!)], ['throttle', 'observe'])
  })

  it('two who collude cannot switch off what three labs have seen', async () => {
    const labs = await open('a', 'b', 'c', 'd', 'x', 'y')
    const [a, b, c, d, x, y] = labs as [Lab, Lab, Lab, Lab, Lab, Lab]
    for (const lab of [b, c, d]) await lab.voice.report([IP])
    await met(...labs)
    for (const lab of [x, y]) await dispute(lab)
    await heard(...labs)
    assert.equal(actionAt(a), 'block')
  })

  it('a confirmed value stays, whoever disputes it', async () => {
    const labs = await open('a', 'b', 'x', 'y')
    const [a, b, x, y] = labs as [Lab, Lab, Lab, Lab]
    await b.voice.report([IP])
    await met(...labs)
    const [seen] = await a.voice.sight([{ ...IP, count: '5-19' }])
    assert.equal(seen!.status, 'accepted')
    for (const lab of [x, y]) await dispute(lab)
    await heard(...labs)
    assert.deepEqual([actionAt(a), actionAt(x)], ['throttle', 'observe'])
  })

  const REFUSED: readonly (readonly [string, Partial<DisputeItem>, string])[] = [
    ['nothing is reported', { value: '198.51.100.9' }, 'nothing-to-dispute'],
    ['the member said nothing', { member: 'c' }, 'nothing-to-dispute'],
    ['there is no such member', { member: 'nobody' }, 'member-unknown'],
    ['it is our own report', { value: '198.51.100.8' }, 'own-report'],
    ['none stands', { reason: 'withdrawn' }, 'nothing-to-withdraw'],
    ['the reason is none', { reason: 'because' }, 'reason-unknown'],
  ]
  for (const [what, item, code] of REFUSED) {
    it(`are refused where ${what}: ${code}`, async () => {
      const [a, b, c] = await open('a', 'b', 'c')
      await b!.voice.report([IP])
      await a!.voice.report([{ ...IP, value: '198.51.100.8' }])
      await met(a!, b!, c!)
      assert.equal((await dispute(a!, item))[0]!.code, code)
    })
  }
})

describe('opinions: sightings', () => {
  it('are said once, and again when they say more', async () => {
    const lab = await openLab('a')
    const sight = async (count?: string) => {
      const [result] = await lab.voice.sight([{ ...IP, ...(count === undefined ? {} : { count }) }])
      return result!.code ?? result!.status
    }
    assert.equal(await sight('5-19'), 'accepted')
    assert.equal(await sight('5-19'), 'duplicate')
    assert.equal(await sight('20-99'), 'accepted')
    assert.equal(await sight('seven'), 'count-unknown')
    assert.equal(actionAt(lab), 'allow')
  })

  it('do not make a report that acts', async () => {
    const [a, b, c] = await open('a', 'b', 'c')
    await b!.voice.report([IP])
    await met(a!, b!, c!)
    await c!.voice.sight([IP])
    await a!.voice.sight([IP])
    await heard(a!, b!, c!)
    assert.equal(actionAt(a!), 'throttle')
  })
})

describe('opinions: on disk', () => {
  it('outlive a restart and a rebuild, and are swept when they have ended', async () => {
    const database = memoryDatabase()
    const [b, c] = await open('b', 'c')
    const a = await openLab('a', { database })
    await b!.voice.report([IP])
    await met(a, b!, c!)
    await dispute(a)
    await dispute(a, { member: 'b', reason: 'stale' })
    await a.voice.sight([IP])
    const held = a.state.claims.on(`1:${IP.value}` as never).length
    assert.equal(held, 4) // a report of b; of a: two disputes and a sighting
    const again = await openLab('a', { database, mark: a.mark })
    assert.equal(again.doubt, undefined)
    assert.equal(actionAt(again), 'observe')
    assert.equal(again.state.stateHash(NOW), a.state.stateHash(NOW))
    assert.ok((await again.upkeep.verify()).ok)
    await again.upkeep.rebuild()
    assert.equal(actionAt(again), 'observe')
    again.time.now += 200 * DAY_MS
    await again.expiry.sweep()
    assert.ok(sweptBefore(again.time.now) > 0)
    assert.equal(again.state.claims.size, 0)
  })
})
