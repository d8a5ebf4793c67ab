/**
 * What members may try against each other, or do without thinking, told with real labs: each has
 * its own key and log, and what one says enters the next by the one door.
 */
import assert from 'node:assert/strict'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import { SteadyClock } from '../../src/core/steady-clock.js'
import type { AuthorId } from '../../src/core/identity.js'
import { putMember } from '../../src/core/roster.js'
import { hand, NOW, openLab, ownOf, type Lab } from '../support/lab.js'

const ACTOR = { type: 'ip', value: '45.0.0.1' }
const DISPUTE = { ...ACTOR, reason: 'own-customer' }

/** A lab that hears members, each under its own name. */
async function hearing(name: string, ...members: readonly string[]): Promise<Lab> {
  const lab = await openLab(name)
  for (const member of members) await lab.admit(member)
  return lab
}

async function labs(...names: readonly string[]): Promise<Lab[]> {
  return Promise.all(names.map((name) => hearing(name, ...names.filter((one) => one !== name))))
}

/** Everybody hears what everybody has said so far. */
async function spread(...all: readonly Lab[]): Promise<void> {
  for (const from of all) for (const to of all) if (from !== to) await hand(from, to)
}

const heldBy = (lab: Lab) =>
  lab.check(ACTOR.type, ACTOR.value).reasons.map(({ member, held }) => [member, held])
const action = (lab: Lab) => lab.check(ACTOR.type, ACTOR.value).action

describe('scenarios: disputes', () => {
  it('two colluding disputers cannot switch a well-supported key off', async () => {
    const all = await labs('a', 'b', 'c', 'x', 'y', 'judge')
    const [a, b, c, x, y, judge] = all as [Lab, Lab, Lab, Lab, Lab, Lab]
    for (const lab of [a, b, c]) await lab.voice.report([ACTOR])
    await spread(...all)
    assert.equal(action(judge), 'block')
    for (const lab of [x, y]) await lab.voice.dispute([DISPUTE])
    await spread(...all)
    assert.equal(action(judge), 'block')
    // At the disputers' own gateways it does not act: that much is theirs to decide.
    assert.deepEqual([action(x), action(a)], ['observe', 'block'])
    // They name one supporter: it loses nothing either, three stand behind the key.
    for (const lab of [x, y]) await lab.voice.dispute([{ ...DISPUTE, member: 'a' }])
    await spread(...all)
    assert.equal(action(judge), 'block')
  })

  it('as many disputers as supporters take the support, and give it back', async () => {
    const all = await labs('a', 'x', 'y', 'judge')
    const [a, x, y, judge] = all as [Lab, Lab, Lab, Lab]
    await a.voice.report([ACTOR])
    await spread(...all)
    await x.voice.dispute([DISPUTE])
    await spread(...all)
    assert.equal(action(judge), 'throttle', 'one disputer changes nothing')
    await y.voice.dispute([{ ...DISPUTE, member: 'a' }])
    await spread(...all)
    assert.deepEqual([action(judge), heldBy(judge)], ['observe', [['a', 'disputed']]])
    assert.equal(action(a), 'block', 'nobody’s dispute lowers an own report')
    await y.voice.dispute([{ ...ACTOR, reason: 'withdrawn' }])
    await spread(...all)
    assert.equal(action(judge), 'throttle')
  })

  it('two keys of one member dispute as one', async () => {
    const [a, judge] = (await labs('a', 'judge')) as [Lab, Lab]
    const keys = ['x1', 'x2'].map((key) => ({ author: ownOf(key), addresses: [] }))
    const member = { name: 'x', role: 'member', trust: 'corroborate', addedMs: NOW } as const
    await judge.lists.change(putMember({ ...member, keys }))
    await a.voice.report([ACTOR])
    await hand(a, judge)
    for (const name of ['x1', 'x2']) {
      const lab = await hearing(name, 'a')
      await hand(a, lab)
      await lab.voice.dispute([DISPUTE])
      await hand(lab, judge)
    }
    assert.equal(action(judge), 'throttle')
  })

  it('an observer’s and a distrusted member’s dispute count nothing', async () => {
    const all = await labs('a', 'x', 'y', 'judge')
    const [a, x, y, judge] = all as [Lab, Lab, Lab, Lab]
    await judge.admit('y', 'observe')
    await a.voice.report([ACTOR])
    await spread(...all)
    for (const lab of [x, y]) await lab.voice.dispute([DISPUTE])
    await spread(...all)
    assert.equal(action(judge), 'throttle')
    await judge.admit('y', 'corroborate')
    assert.equal(action(judge), 'observe', 'one row, at once')
  })
})

describe('scenarios: what is repeated', () => {
  it('an echo ring of ten members re-sharing one report counts as one', async () => {
    const ring = Array.from({ length: 10 }, (_, i) => `echo ${i}`)
    const judge = await hearing('judge', 'a', ...ring)
    const a = await openLab('a')
    await a.voice.report([ACTOR])
    await hand(a, judge)
    const alone = judge.check(ACTOR.type, ACTOR.value)
    for (const name of ring) {
      const lab = await hearing(name, 'a')
      await hand(a, lab)
      await lab.voice.report([{ ...ACTOR, confidence: 100, firstHand: false }])
      await hand(lab, judge)
    }
    const { action, score, reasons } = judge.check(ACTOR.type, ACTOR.value)
    assert.deepEqual([action, score, reasons.length], [alone.action, alone.score, 11])
    assert.equal(reasons.filter(({ held }) => held === 'second-hand').length, 10)
    assert.equal(action, 'throttle')
    // The one that saw it takes it back, and the echo alone acts on nothing.
    await a.voice.revoke([{ ...ACTOR, reason: 'reported-in-error' }])
    await hand(a, judge)
    assert.equal(judge.check(ACTOR.type, ACTOR.value).action, 'observe')
  })

  it('one organisation with two keys counts as one, whatever it is called there', async () => {
    const judge = await openLab('judge')
    const keys = ['a1', 'a2'].map((key) => ({ author: ownOf(key), addresses: [] }))
    const member = { name: 'Lab A', role: 'member', trust: 'corroborate', addedMs: NOW } as const
    await judge.lists.change(putMember({ ...member, keys }))
    for (const name of ['a1', 'a2']) {
      const lab = await openLab(name)
      await lab.voice.report([ACTOR])
      await hand(lab, judge)
    }
    assert.equal(action(judge), 'throttle')
    await judge.admit('b')
    const b = await openLab('b')
    await b.voice.report([ACTOR])
    await hand(b, judge)
    assert.equal(action(judge), 'block')
  })
})

describe('scenarios: time', () => {
  it('expired means not acting one millisecond later, also across jumps of the clock', async () => {
    const real = { wall: NOW, monotonic: 0 }
    const clock = new SteadyClock({ wall: () => real.wall, monotonic: () => real.monotonic })
    const hear = () => {
      for (const peer of ['p', 'q', 'r']) clock.hear(peer as AuthorId, NOW + real.monotonic)
    }
    hear()
    const pass = (ms: number) => {
      real.wall += ms
      real.monotonic += ms
    }
    const time = {
      get now() {
        return clock.now()
      },
    }
    const [a, judge] = [await openLab('a', { time }), await openLab('judge', { time })]
    await judge.admit('a')
    await a.voice.report([{ ...ACTOR, ttl: '1h' }])
    await hand(a, judge)
    pass(HOUR_MS - 1)
    assert.equal(action(judge), 'throttle')
    // The machine's clock goes wrong by itself: nothing expires early, and nothing lives on.
    for (const jump of [400 * DAY_MS, -400 * DAY_MS]) {
      real.wall += jump
      assert.equal(action(judge), 'throttle')
      real.wall -= jump
    }
    real.wall -= 3 * HOUR_MS
    pass(1)
    assert.equal(action(judge), 'allow')
    assert.deepEqual(judge.check(ACTOR.type, ACTOR.value).reasons, [])
    // Peers confirm that it was this node that was behind.
    real.wall += 3 * HOUR_MS + 5 * DAY_MS
    for (const peer of ['p', 'q', 'r']) clock.hear(peer as AuthorId, real.wall)
    assert.equal(time.now, real.wall)
    assert.equal(action(judge), 'allow')
  })

  it('a dispute, a withdrawal and a sighting end at their millisecond, too', async () => {
    const all = await labs('a', 'judge')
    const [a, judge] = all as [Lab, Lab]
    await a.voice.report([{ ...ACTOR, ttl: '7d' }])
    await spread(...all)
    await judge.voice.dispute([DISPUTE])
    judge.time.now += HOUR_MS
    a.time.now = judge.time.now
    await a.voice.report([{ ...ACTOR, ttl: '7d', confidence: 90 }])
    await spread(...all)
    judge.time.now = NOW + 7 * DAY_MS - 1
    assert.equal(action(judge), 'observe')
    judge.time.now += 1
    assert.equal(action(judge), 'throttle')
    judge.time.now += HOUR_MS
    assert.equal(action(judge), 'allow')
  })
})

describe('scenarios: membership', () => {
  it('removal and distrust are one row, act at once, and are undone by one row', async () => {
    const all = await labs('a', 'b', 'judge')
    const [a, b, judge] = all as [Lab, Lab, Lab]
    for (const lab of [a, b]) await lab.voice.report([ACTOR])
    await spread(...all)
    const { number } = judge.state
    const turns: [() => Promise<void>, string][] = [
      [() => judge.admit('b', 'observe'), 'throttle'],
      [() => judge.admit('b', 'corroborate'), 'block'],
      [() => judge.lists.change({ table: 'roster', name: 'b', row: null }), 'throttle'],
      [() => judge.lists.change({ table: 'roster', name: 'a', row: null }), 'allow'],
      [() => judge.admit('a'), 'throttle'],
      [() => judge.admit('b'), 'block'],
    ]
    for (const [turn, expected] of turns) {
      await turn()
      assert.equal(action(judge), expected)
    }
    assert.equal(judge.state.number, number + turns.length)
  })
})
