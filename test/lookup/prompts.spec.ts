/** What a prompt comes to: counts of a day, bands, disputes, quotas; what members say together. */
import assert from 'node:assert/strict'
import { sketchOf } from '../../src/core/sketch.js'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import { Prompts } from '../../src/lookup/prompts.js'
import type { Finding } from '../../src/lookup/verdict.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { lookupOf } from '../support/desk.js'
import { epochKey, ringOf } from '../support/epochs.js'
import { report, T0 } from '../support/samples.js'
import { Stage } from '../support/stage.js'

const ring = ringOf([epochKey(1)])
const [hasher] = ring.hashers
const words = (name: string, from = 0) =>
  Array.from(
    { length: 30 },
    (_, i) => `${name}${'abcdefghijklmnopqrstuvwxyzabcd'[i + from] ?? 'z'}q`,
  )
/** Thirty words in a row, as a campaign would have them. */
const frame = (name: string) =>
  words(name)
    .map((word, i) => word + 'x'.repeat(i))
    .join(' ')

function sketchIn(text: string) {
  const tokens = text.split(' ')
  const pairs = tokens.slice(1).map((token, i) => `2 ${tokens[i]!} ${token}`)
  return { type: 21, value: sketchOf(pairs, hasher!)!, action: 4, until: T0 + 20 * DAY_MS }
}

class World {
  readonly stage = new Stage().admit('B', 'trusted').admit('C', 'trusted')
  readonly prompts = new Prompts(() => ring, new Set())
  policy: Policy = DEFAULT_POLICY

  ask(prompt: string, account: string | undefined, now = T0): Finding | undefined {
    const lookup = lookupOf(this.stage.state, now, { policy: () => this.policy })
    return this.prompts.findings(lookup, { messages: [prompt], account }, now)[0]
  }

  /** The last of so many. */
  times(count: number, prompt: string, account: string, now = T0): Finding | undefined {
    for (let i = 1; i < count; i++) this.ask(prompt, account, now)
    return this.ask(prompt, account, now)
  }
}

const heldIn = (finding: Finding | undefined) =>
  finding?.attributes.flatMap(({ parts }) => parts.map(({ held }) => held))

describe('lookup/prompts', () => {
  it('the fifth prompt of an account in a day reaches the cap; a day later it is the first', () => {
    const world = new World()
    world.stage.say('B', report(sketchIn(frame('k'))))
    const prompt = `Hello. ${frame('k')} and so on`
    assert.equal(world.ask('Something else altogether.', 'a'), undefined)
    assert.deepEqual(heldIn(world.times(4, prompt, 'a')), ['few-matches'])
    assert.equal(world.ask(prompt, 'a')!.action, 'throttle')
    assert.equal(world.ask(prompt, 'b')!.action, 'observe')
    assert.equal(world.ask(prompt, undefined)!.action, 'observe')
    assert.equal(world.ask(prompt, 'a', T0 + DAY_MS - HOUR_MS)!.action, 'throttle')
    assert.equal(world.ask(prompt, 'a', T0 + 2 * DAY_MS)!.action, 'observe')
  })

  it('a little of a frame is watched and never counts', () => {
    const world = new World()
    world.stage.say('B', report(sketchIn(frame('k'))))
    const some = frame('k').split(' ').slice(0, 10).join(' ')
    assert.deepEqual(heldIn(world.times(9, some, 'a')), ['watch-band'])
    assert.equal(world.ask(frame('k'), 'a')!.action, 'observe')
  })

  it('frames of two members that one account meets are a quorum, unless one is disputed', () => {
    const world = new World()
    world.stage.say('B', report(sketchIn(frame('k')))).say('C', report(sketchIn(frame('m'))))
    assert.equal(world.times(4, frame('k'), 'a')!.action, 'observe')
    assert.equal(world.ask(frame('m'), 'a')!.action, 'block')
    assert.equal(world.ask(frame('k'), 'a')!.action, 'block')
    const { type, value, until } = sketchIn(frame('m'))
    world.stage.say('own', { kind: 'dispute', type, value, until, author: null, reason: 2 })
    assert.equal(world.ask(frame('k'), 'a')!.action, 'throttle')
    assert.ok(heldIn(world.ask(frame('m'), 'a'))!.includes('disputed-here'))
  })

  it('more sketches than the policy allows do not act: of a member the later ones', () => {
    const world = new World()
    for (const name of ['k', 'm', 'n']) world.stage.say('B', report(sketchIn(frame(name))))
    world.policy = { ...DEFAULT_POLICY, sketches: { total: 10, member: 2 } }
    assert.equal(world.times(5, frame('m'), 'a')!.action, 'throttle')
    assert.deepEqual(heldIn(world.times(5, frame('n'), 'b')), ['too-many-sketches'])
    world.policy = { ...DEFAULT_POLICY, sketches: { total: 2, member: 2 } }
    assert.deepEqual(heldIn(world.times(5, frame('m'), 'c')), ['too-many-sketches'])
  })

  it('who sends hashes is answered as who sends the prompt', () => {
    const world = new World()
    world.stage.say('B', report(sketchIn(frame('k'))))
    const lookup = lookupOf(world.stage.state, T0)
    const prompted = { account: 'a', messages: [frame('k')] }
    assert.equal(world.prompts.isMet(lookup, prompted), true)
    const hashes = world.prompts.hashesFor(prompted)
    const [found] = world.prompts.findings(lookup, { account: 'a', hashes }, T0)
    assert.deepEqual(heldIn(found), ['few-matches'])
    const long = Array.from({ length: 9 }, (_, n) => words(`w${'abcdefghi'[n]!}`).join(' '))
    const many = long.flatMap((one) => Array.from({ length: 3 }, (_, n) => `${one} ${one}v${n}`))
    assert.notEqual(world.prompts.hashesFor({ messages: many }), undefined)
  })
})
