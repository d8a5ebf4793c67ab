/** One verdict on one request, over real claims: attributes, allow entries, shadow and pause. */
import assert from 'node:assert/strict'
import { canonicalise } from '../../src/core/canonical-form.js'
import type { Indicator } from '../../src/core/indicator.js'
import { requestVerdictOn } from '../../src/lookup/request-verdict.js'
import type { Guard } from '../../src/policy/guards.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { lookupOf, noGuards } from '../support/desk.js'
import { hand, NOW, openLab, type Lab } from '../support/lab.js'

function indicator(type: string, value: string): Indicator {
  const made = canonicalise(type, value)
  assert.ok(made.ok)
  return made.value
}

const ADDRESS = indicator('ip', '198.51.100.7')
const MAIL = indicator('email-domain', 'example.com')
const OTHER = indicator('ip', '203.0.113.9')
const CASES: readonly Indicator[] = [ADDRESS, MAIL, OTHER]

/** A has heard B about the address and C about the e-mail domain. */
async function heard(): Promise<Lab> {
  const [a, b, c] = [await openLab('a'), await openLab('b'), await openLab('c')]
  await b.voice.report([{ type: 'ip', value: '198.51.100.7', ttl: '1h' }])
  await c.voice.report([{ type: 'email-domain', value: 'example.com' }])
  for (const lab of [b, c]) {
    await a.admit(lab.name)
    await hand(lab, a)
  }
  return a
}

const ask = (lab: Lab, policy: Policy = DEFAULT_POLICY, guard?: Guard) =>
  requestVerdictOn(
    lookupOf(lab.state, NOW, {
      policy: () => policy,
      guards:
        guard === undefined
          ? noGuards
          : { on: ({ value }) => (value === ADDRESS.value ? guard : undefined), holes: () => [] },
    }),
    CASES,
    NOW,
  )

describe('lookup/request-verdict', () => {
  it('two kinds by two members block what neither blocks', async () => {
    const verdict = ask(await heard())
    assert.deepEqual(
      verdict.attributes.map(({ value, action }) => `${value} ${action}`),
      ['198.51.100.7 throttle', 'example.com throttle', '203.0.113.9 allow'],
    )
    assert.deepEqual([verdict.action, verdict.joint, verdict.shadow], ['block', true, false])
    // It may weaken when the first of the two ends.
    assert.equal(verdict.expiresAt, new Date(NOW + 3_600_000).toISOString())
    assert.equal(verdict.score, 0.96)
  })

  it('an attribute that is allowed leaves the others', async () => {
    const verdict = ask(await heard(), DEFAULT_POLICY, { effect: 'out', name: 'allowed' })
    assert.deepEqual([verdict.action, verdict.joint], ['throttle', false])
    assert.deepEqual(
      verdict.attributes.map(({ action, guard }) => [action, guard]),
      [
        ['allow', 'allowed'],
        ['throttle', undefined],
        ['allow', undefined],
      ],
    )
  })

  it('an entry that allows the request allows the whole', async () => {
    const guard = { effect: 'out', name: 'allowed', request: true } as const
    const verdict = ask(await heard(), DEFAULT_POLICY, guard)
    assert.deepEqual(
      [verdict.action, verdict.guard, verdict.expiresAt],
      ['allow', 'allowed', undefined],
    )
  })

  it('in shadow it shows what it would be', async () => {
    const shadow = { ...DEFAULT_POLICY.shadow, members: ['c'] }
    const verdict = ask(await heard(), { ...DEFAULT_POLICY, shadow })
    assert.deepEqual([verdict.action, verdict.shadow, verdict.wouldBe], ['throttle', true, 'block'])
  })

  it('paused, it watches', async () => {
    const lab = await heard()
    const pause = { kind: 'enforce', reason: 'drill', sinceMs: NOW, untilMs: NOW + 1, by: 'op' }
    await lab.lists.change({ table: 'pauses', name: 'enforce', row: pause as never })
    const verdict = ask(lab)
    assert.deepEqual([verdict.action, verdict.paused, verdict.joint], ['observe', true, true])
    assert.ok(verdict.attributes.every(({ action }) => action === 'observe' || action === 'allow'))
    const later = requestVerdictOn(lookupOf(lab.state, NOW + 1), CASES, NOW + 1)
    assert.deepEqual([later.action, later.paused], ['block', undefined])
  })
})
