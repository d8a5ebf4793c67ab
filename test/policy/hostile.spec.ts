/**
 * What members can do to each other with lies, copies and many names, through real labs: nothing
 * that blocks, and throttles only within a bulkhead. Everything held says why.
 */
import assert from 'node:assert/strict'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { verdictOn, type Verdict } from '../../src/lookup/verdict.js'
import { canonicalise } from '../../src/core/canonical-form.js'
import { GuardBook } from '../../src/policy/guards.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { ValueSet } from '../../src/policy/value-set.js'
import { shippedLists } from '../../src/shipped-lists.js'
import { lookupOf } from '../support/desk.js'
import { forge } from '../support/forge.js'
import { hand, NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'

const WITHIN = 500
const policy: Policy = {
  ...DEFAULT_POLICY,
  bulkhead: { keys: { percent: 25, min: WITHIN }, changes: { percent: 25, min: 100_000 } },
}

/** As a node asks: with the shipped lists and a bulkhead small enough for a test. */
function askIn(lab: Lab): (type: string, value: string) => Verdict {
  const guards = new GuardBook({
    rows: lab.state.lists,
    shipped: shippedLists(),
    hosts: () => new ValueSet({}),
    policy: () => policy,
  })
  return (type, value) => {
    const made = canonicalise(type, value)
    assert.ok(made.ok, value)
    const lookup = lookupOf(lab.state, lab.time.now, { guards, policy: () => policy })
    return verdictOn(lookup, made.value, lab.time.now)
  }
}

const COMMON: readonly (readonly [string, string])[] = [
  ['ip', '8.8.8.8'],
  ['email-domain', 'gmail.com'],
  ['domain', 'gmail.com'],
  ['ip', '203.0.0.0/16'], // a rival's network
  ['ja4', 't13d1516h2_8daaf6152771_02713d6af862'],
  ['ua', 'python-requests/2.32.3'],
]
const customers = Array.from({ length: 100 }, (_, i) => ['ip', `198.51.100.${i}`] as const)
const random = Array.from(
  { length: 5_000 },
  (_, i) => ['ip', `45.${i % 7}.${i >> 8}.${i & 255}`] as const,
)

async function say(lab: Lab, values: readonly (readonly [string, string])[]): Promise<void> {
  const items = values.map(([type, value]) => ({ type, value, confidence: 100 }))
  for (let at = 0; at < items.length; at += 1_000) {
    const results = await lab.voice.report(items.slice(at, at + 1_000))
    assert.ok(results.every(({ status }) => status === 'accepted'))
  }
}

async function hears(lab: Lab, ...members: readonly Lab[]): Promise<void> {
  for (const member of members) {
    await lab.admit(member.name)
    await hand(member, lab)
  }
}

describe('hostile members', () => {
  it('one alone blocks nothing, throttles within its bulkhead, and all else says why', async () => {
    const [a, m] = [await openLab('a'), await openLab('m')]
    await say(m, [...COMMON, ...customers, ...random])
    await hears(a, m)
    const ask = askIn(a)
    let throttled = 0
    for (const [type, value] of [...COMMON, ...customers, ...random]) {
      const { action, reasons, guard } = ask(type, value)
      assert.notEqual(action, 'block', value)
      assert.ok(reasons.length > 0 && reasons.every(({ held }) => held !== undefined), value)
      if (action === 'throttle') throttled++
      else assert.ok(action === 'observe' || guard !== undefined, value)
    }
    assert.ok(throttled > 0 && throttled <= WITHIN, String(throttled))
    for (const [type, value] of COMMON) {
      assert.ok(['allow', 'observe'].includes(ask(type, value).action), value)
    }
    assert.equal(ask('ip', '8.8.8.8').guard, 'list:public-resolvers')
    assert.equal(ask('ip', random.at(-1)![1]).reasons[0]?.held, 'bulkhead')
  })

  it('half of the internet is void: listed with its value, acting nowhere', async () => {
    const a = await openLab('a')
    await a.admit('m')
    const until = NOW + DAY_MS
    const statement = [1, until, 3, '0.0.0.0/1', 100, 4, 3, 3, 1, 1, 0, null, []]
    const { networkId } = OPEN_FEDERATION
    const wire = forge({ seed: seedOf('m'), networkId, time: NOW, statements: [statement] })
    const origin = { via: 'gossip', from: ownOf('m') } as const
    assert.equal((await a.intake.accept(wire, origin).committed).status, 'accepted')
    assert.equal(askIn(a)('ip', '45.0.0.1').action, 'allow')
    const { entries } = await a.voids(undefined)
    assert.deepEqual(
      entries.map(({ code, value }) => [code, value]),
      [['value-form', '0.0.0.0/1']],
    )
    assert.deepEqual(a.state.voids.of(ownOf('m')), { 'value-form': 1 })
  })

  it('two who collude block with evidence, until one is distrusted', async () => {
    const [a, m, n] = [await openLab('a'), await openLab('m'), await openLab('n')]
    for (const lab of [m, n]) await say(lab, customers)
    await hears(a, m, n)
    const ask = askIn(a)
    const blocked = ask('ip', customers[7]![1])
    assert.deepEqual(
      [blocked.action, blocked.reasons.map(({ member }) => member).sort()],
      ['block', ['m', 'n']],
    )
    await a.admit('m', 'observe')
    assert.ok(customers.every(([type, value]) => ask(type, value).action === 'throttle'))
    await a.admit('n', 'observe')
    assert.ok(customers.every(([type, value]) => ask(type, value).action === 'observe'))
  })

  it('a public list that two labs import blocks nobody', async () => {
    const labs = await Promise.all(['a', 'b', 'c'].map((name) => openLab(name)))
    const [a, b, c] = labs as [Lab, Lab, Lab]
    const list = customers.map(([type, value]) => ({ type, value, firstHand: false }))
    for (const lab of [a, b, c]) await lab.voice.report(list)
    await hears(a, b, c)
    assert.equal(askIn(a)('ip', customers[0]![1]).action, 'observe')
  })

  it('an echo ring of ten counts as the one who saw it', async () => {
    const a = await openLab('a')
    const seen = await openLab('seen')
    const ring = await Promise.all(Array.from({ length: 10 }, (_, i) => openLab(`echo ${i}`)))
    await seen.voice.report([{ type: 'ip', value: '198.51.100.7' }])
    for (const echo of ring) {
      await echo.voice.report([{ type: 'ip', value: '198.51.100.7', firstHand: false }])
    }
    await hears(a, seen, ...ring)
    const { action, reasons } = askIn(a)('ip', '198.51.100.7')
    assert.deepEqual([action, reasons.length], ['throttle', 11])
  })

  it('what rested on a removed member is gone, and nothing else', async () => {
    const names = ['a', 'control', 'b', 'm']
    const labs = await Promise.all(names.map((name) => openLab(name)))
    const [a, control, b, m] = labs as [Lab, Lab, Lab, Lab]
    await say(b, customers.slice(0, 60))
    await say(m, customers.slice(40))
    await m.voice.dispute([{ type: 'ip', value: customers[3]![1], reason: 'stale' }])
    await hears(a, b, m)
    await hears(control, b)
    await a.lists.change({ table: 'roster', name: 'm', row: null })
    const [one, other] = [askIn(a), askIn(control)]
    for (const [type, value] of customers) {
      const told = [one(type, value), other(type, value)].map((verdict) => {
        const { decisionId, ...rest } = verdict
        assert.ok(decisionId.length > 0)
        return rest
      })
      assert.deepEqual(told[0], told[1])
    }
  })
})
