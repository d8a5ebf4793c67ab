/**
 * The view of what acts, kept up step by step, is the one that would be made anew; and whoever
 * follows its changes ends with the same list.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SECOND_MS } from '../../src/core/limits.js'
import type { Desk } from '../../src/lookup/desk.js'
import { Enforced } from '../../src/lookup/enforced.js'
import { verdictOn } from '../../src/lookup/verdict.js'
import { DEFAULT_POLICY } from '../../src/policy/rules.js'
import { deskOf, guardsOf } from '../support/desk.js'
import { report, revocation, T0 } from '../support/samples.js'
import { canonical, Stage } from '../support/stage.js'

const KEYS = [
  canonical('ip', '45.9.1.1'),
  canonical('ip', '45.9.1.2'),
  canonical('ip', '45.9.1.0/24'),
  canonical('ip', '45.9.1.0/30'),
  canonical('ip', '2a00:1::1'),
  canonical('ip', '2a00:1::2'),
  canonical('ip', '2a00:1::/48'),
  canonical('asn', '64496'),
] as const

class World {
  readonly stage = new Stage().admit('B', 'trusted').admit('C')
  now = T0
  policy = DEFAULT_POLICY
  readonly desk: Desk = deskOf(this.stage.state, {
    clock: () => this.now,
    guards: guardsOf(this.stage.state.lists),
    policy: () => this.policy,
  })
  readonly view = this.another()
  /** What a program holds that only follows the changes. */
  readonly list = new Map<string, string>()
  number = 0

  another(): Enforced {
    return new Enforced({ lookup: () => this.desk.lookup(), clock: () => this.now })
  }

  told(view: Enforced): string[] {
    for (const _ of view.refresh()) assert.equal(_, undefined)
    return [...view.all('throttle', this.now)]
      .map(({ value, action, endsMs }) => `${value} ${action} ${endsMs}`)
      .sort()
  }

  check(): void {
    assert.deepEqual(this.told(this.view), this.told(this.another()))
    const changes = this.view.since(this.number, 'throttle', this.now)
    assert.ok(changes !== undefined)
    for (const value of changes.gone) this.list.delete(value)
    for (const { value, action, endsMs } of changes.fresh) {
      this.list.set(value, `${value} ${action} ${endsMs}`)
    }
    this.number = changes.number
    assert.deepEqual([...this.list.values()].sort(), this.told(this.view))
    this.agreesWithLookups()
  }

  /** Whatever leaves is what a look-up says of it, or less: nothing allowed is ever in it. */
  agreesWithLookups(): void {
    for (const { value, action } of this.view.all('throttle', this.now)) {
      const raw = value.split('/')[0]!
      const said = verdictOn(this.desk.lookup(), canonical('ip', raw), this.now)
      const names = ['allow', 'observe', 'throttle', 'challenge', 'block']
      assert.ok(names.indexOf(said.action) >= names.indexOf(action), `${value}: ${said.action}`)
    }
  }
}

type Step = (world: World) => void
const key = fc.constantFrom(...KEYS)
const by = fc.constantFrom('own', 'B', 'C')
const lifeMs = fc.integer({ min: 1, max: 7_200 }).map((seconds) => seconds * SECOND_MS + 137)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(by, key, lifeMs, fc.boolean()).map(([who, of, life, early]): Step => (world) => {
    const said = report({
      ...of,
      until: world.now + life,
      action: 4,
      tlp: 4,
      pap: 4,
      confidence: 90,
    })
    world.stage.say(who, said, early ? world.now + 11 * 60 * SECOND_MS : world.now)
  }),
  fc.tuple(by, key, lifeMs).map(([who, of, life]): Step => (world) => {
    world.stage.say(who, revocation({ ...of, until: world.now + life }), world.now)
  }),
  fc.tuple(key, fc.option(lifeMs)).map(([of, life]): Step => ({ stage, now }) => {
    const untilMs = life === null ? {} : { untilMs: now + life }
    const row = { ...of, ...untilMs, reason: 'r', request: false, addedMs: now, by: 't' }
    stage.set({ table: 'allow', name: `${of.type}:${of.value}`, row })
  }),
  key.map((of): Step => ({ stage }) => {
    stage.set({ table: 'allow', name: `${of.type}:${of.value}`, row: null })
  }),
  fc.constantFrom('observe', 'trusted').map((trust): Step => ({ stage }) => {
    stage.admit('B', trust as 'observe')
  }),
  fc.constantFrom(1, 2, 3).map((quorum): Step => (world) => {
    world.policy = { ...DEFAULT_POLICY, quorum }
  }),
  fc.integer({ min: -60 * SECOND_MS, max: 3_600 * SECOND_MS }).map((ms): Step => (world) => {
    world.now += ms
  }),
)

describe('enforced values', () => {
  it('step by step as made anew; who follows ends with the same; look-ups agree', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = new World()
        for (const take of steps) {
          take(world)
          world.check()
        }
      }),
      { numRuns: Number(process.env['TOCSIN_LONG'] ?? 150) },
    )
  })
})
