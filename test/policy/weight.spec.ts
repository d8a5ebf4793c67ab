/** What the policy file changes in a report's weight: marks, caps, shadow, decay, clouds. */
import assert from 'node:assert/strict'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { judged, type Said } from '../support/evidence.js'
import { T0 } from '../support/samples.js'

const policy = (changes: Partial<Policy>): Policy => ({ ...DEFAULT_POLICY, ...changes })
const two: readonly Said[] = [{}, { by: 'C' }]
const heldOf = (made: ReturnType<typeof judged>) => made.parts.map(({ held }) => held ?? '').join()

describe('policy/weight', () => {
  it('marks cap what reports cause, alone and together', () => {
    const { pap, tlp } = DEFAULT_POLICY
    const soft = policy({ pap: { ...pap, green: 'throttle' } })
    assert.equal(judged(two, { policy: soft }).action, 'throttle')
    const clear = two.map((one) => ({ ...one, pap: 4 }))
    assert.equal(judged(clear, { policy: soft }).action, 'block')
    const quiet = policy({ tlp: { ...tlp, amber: { act: 'observe', export: true } } })
    assert.equal(heldOf(judged(two, { policy: quiet })), 'tlp,tlp')
    assert.equal(heldOf(judged([{ tlp: 1, by: 'own' }])), 'tlp')
  })

  it('caps by type are the policy’s to raise and to lower', () => {
    const domain = { type: 5, value: 'example.com' }
    const pair = [domain, { ...domain, by: 'C' }]
    const raised = policy({ types: { 'net.domain': { together: 'block' } } })
    assert.equal(judged(pair, { policy: raised }).action, 'block')
    assert.equal(judged([domain], { policy: raised }).action, 'observe')
    const lowered = policy({ types: { 'net.ipv4': { alone: 'observe', together: 'throttle' } } })
    assert.equal(judged(two, { policy: lowered }).action, 'throttle')
    assert.equal(judged([{}], { policy: lowered }).action, 'observe')
    assert.equal(judged([{ by: 'own' }], { policy: lowered }).action, 'throttle')
  })

  it('a cloud list caps everybody, ourselves included', () => {
    const guard = { effect: 'cap', name: 'list:cloud' } as const
    assert.equal(judged([...two, { by: 'own' }], { guard }).action, 'throttle')
  })

  it('a guard takes everything out and gives its name', () => {
    const guard = { effect: 'out', name: 'allowed' } as const
    const made = judged([...two, { by: 'own' }], { guard })
    assert.deepEqual(
      [made.action, made.wouldBe, heldOf(made)],
      ['allow', 'allow', 'allowed,allowed,allowed'],
    )
  })

  it('shadow is worked out and shown, and does not act', () => {
    const cases: readonly (readonly [Partial<Policy['shadow']>, string, string])[] = [
      [{ all: true }, 'observe', 'shadow,shadow'],
      [{ types: ['net.ipv4'] }, 'observe', 'shadow,shadow'],
      [{ types: ['net.ipv6'] }, 'block', ','],
      [{ members: ['C'] }, 'throttle', 'needs-more-members,shadow'],
    ]
    for (const [shadow, action, held] of cases) {
      const shadowed = policy({ shadow: { ...DEFAULT_POLICY.shadow, ...shadow } })
      const made = judged(two, { policy: shadowed })
      assert.deepEqual([made.action, made.wouldBe, heldOf(made)], [action, 'block', held])
    }
  })

  it('a flood beyond the bulkhead only observes, our own never does', () => {
    assert.equal(heldOf(judged([{ overflow: true }])), 'bulkhead')
    assert.equal(judged([{ overflow: true }, { by: 'C' }]).action, 'throttle')
    assert.equal(judged([{ by: 'own', overflow: true }]).action, 'block')
  })

  it('confidence decays evenly, and a report stops acting at the floor', () => {
    const decaying = policy({ confidence: { floor: 60, decay: 50 } })
    const at = (hours: number) => judged([{}], { policy: decaying, now: T0 + hours * HOUR_MS })
    assert.equal(at(0).action, 'throttle')
    assert.equal(at(6).score.toFixed(2), '0.70')
    // 80 × (1 − ½ × t/24 h) reaches 60 after twelve hours.
    assert.equal(at(12).action, 'throttle')
    assert.equal(at(0).endsMs, T0 + 12 * HOUR_MS + 1)
    assert.equal(heldOf(judged([{}], { policy: decaying, now: at(0).endsMs })), 'low-confidence')
    const own = judged([{ by: 'own' }], { policy: decaying, now: T0 + 23 * HOUR_MS })
    assert.deepEqual([own.action, own.endsMs], ['block', T0 + DAY_MS])
  })
})
