/**
 * What is remembered is what would be worked out: held against the verdict itself through reports,
 * revocations, disputes, members, allow entries, policies, forks of time in both directions.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { numberOfIpv4 } from '../../src/core/address.js'
import { canonicalise } from '../../src/core/canonical-form.js'
import { typeByName, type Question } from '../../src/core/indicator.js'
import { HOUR_MS, SECOND_MS } from '../../src/core/limits.js'
import type { InputCode, Result } from '../../src/core/outcome.js'
import { AskedKeys } from '../../src/lookup/asked-keys.js'
import type { Desk } from '../../src/lookup/desk.js'
import { QuickAnswers } from '../../src/lookup/quick-answers.js'
import { findingOn } from '../../src/lookup/verdict.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { deskOf, guardsOf } from '../support/desk.js'
import { report, revocation, T0 } from '../support/samples.js'
import { canonical, Stage } from '../support/stage.js'

const IPV4 = typeByName('net.ipv4')!.code
const VALUES = [
  ['ip', '45.9.1.1'],
  ['ip', '45.9.1.2'],
  ['ip', '45.9.1.0/24'],
  ['ip', '45.9.0.0/16'],
  ['ip', '2a00:1::1'],
  ['ip', '2a00:1::2'],
  ['domain', 'a.bad.example.net'],
  ['domain', 'bad.example.net'],
  ['bin', '45678912'],
  ['bin', '456789'],
  ['asn', '64496'],
  ['ua', 'curl/*'],
] as const
const QUESTIONS = [...VALUES, ['ip', '45.9.1.77'], ['ip', '203.0.113.9'], ['asn', '64497']] as const
const POLICIES: readonly Policy[] = [
  DEFAULT_POLICY,
  { ...DEFAULT_POLICY, quorum: 1 },
  { ...DEFAULT_POLICY, confidence: { floor: 60, decay: 90 } },
  { ...DEFAULT_POLICY, shadow: { all: false, members: ['B'], types: [] } },
  {
    ...DEFAULT_POLICY,
    bulkhead: { keys: { percent: 25, min: 2 }, changes: { percent: 25, min: 2 } },
  },
]

type Step = (world: World) => void

class World {
  readonly stage = new Stage().admit('B', 'trusted').admit('C')
  now = T0
  policy = DEFAULT_POLICY
  readonly desk: Desk = deskOf(this.stage.state, {
    clock: () => this.now,
    guards: guardsOf(this.stage.state.lists),
    policy: () => this.policy,
  })
  readonly quick = new QuickAnswers({
    state: this.stage.state,
    desk: this.desk,
    read: canonicalise,
    basis: () => this.policy,
  })

  check(): void {
    const asked = QUESTIONS.map(([type, value]) => valueOf(this.quick.read(type, value)))
    const expected = asked.map((question) => {
      const found = findingOn(this.desk.lookup(), question, this.now)
      const { action, guard, attributes, endsMs } = found
      return { action, guarded: guard?.effect === 'out' && attributes.length > 0, endsMs }
    })
    const { on, onAll } = this.quick.at(this.now)
    assert.deepEqual(asked.map(on), expected)
    const together = new AskedKeys()
    for (const question of asked) {
      const { type, value } = question
      if (type === IPV4) together.addWord(type, numberOfIpv4(value))
      else together.add(question)
    }
    assert.deepEqual(onAll(together), expected)
  }
}

function valueOf(read: Result<Question, InputCode>): Question {
  assert.ok(read.ok)
  return read.value
}

const value = fc.constantFrom(...VALUES).map(([type, raw]) => canonical(type, raw))
const speaker = fc.constantFrom('own', 'B', 'C')
const lifeMs = fc.integer({ min: 1, max: 4 * 3_600 }).map((seconds) => seconds * SECOND_MS + 137)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(speaker, value, lifeMs, fc.nat({ max: 99 }), fc.boolean()).map(
      ([by, key, life, confidence, early]): Step =>
        ({ stage, now }) =>
          stage.say(
            by,
            report({ ...key, until: now + life, confidence, action: 4, tlp: 4, pap: 4 }),
            early ? now + 11 * 60 * SECOND_MS : now,
          ),
    ),
  },
  fc.tuple(speaker, value, lifeMs).map(
    ([by, key, life]): Step =>
      ({ stage, now }) =>
        stage.say(by, revocation({ ...key, until: now + life }), now),
  ),
  fc.tuple(speaker, value, lifeMs).map(([by, key, life]): Step => ({ stage, now }) => {
    stage.say(by, { kind: 'dispute', ...key, until: now + life, author: null, reason: 1 }, now)
  }),
  fc.constantFrom('observe', 'corroborate', 'trusted').map((trust): Step => ({ stage }) => {
    stage.admit('B', trust as 'observe')
  }),
  fc.tuple(value, fc.option(lifeMs)).map(([key, life]): Step => ({ stage, now }) => {
    const untilMs = life === null ? {} : { untilMs: now + life }
    const row = { ...key, ...untilMs, reason: 'r', request: false, addedMs: now, by: 't' }
    stage.set({ table: 'allow', name: `${key.type}:${key.value}`, row })
  }),
  fc.constantFrom(...POLICIES).map(
    (policy): Step =>
      (world) =>
        void (world.policy = policy),
  ),
  {
    weight: 3,
    arbitrary: fc
      .oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: -HOUR_MS, max: 3 * HOUR_MS }))
      .map(
        (ms): Step =>
          (world) =>
            void (world.now += ms),
      ),
  },
)

describe('quick answers', () => {
  it('are those of the verdict, whatever happens in between', () => {
    const numRuns = Number(process.env['TOCSIN_LONG'] ?? 250)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new World()
        for (const take of steps) {
          take(world)
          world.check()
          world.check()
        }
      }),
      { numRuns },
    )
  })

  it('read as everywhere, also what looks canonical', () => {
    const { quick } = new World()
    const octet = fc.oneof(fc.nat({ max: 300 }).map(String), fc.constantFrom('', '00', '01', ' 1'))
    const quads = fc.array(octet, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'))
    fc.assert(
      fc.property(fc.oneof(quads, fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
        for (const type of ['ip', 'net.ipv4', 'ipv4']) {
          assert.deepEqual(quick.read(type, text), canonicalise(type, text))
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
