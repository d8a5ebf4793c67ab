/**
 * TLP × PAP × action × policy has no forbidden outcome: over any valid policy and any evidence, no
 * verdict goes beyond what the marks behind it permit or beyond the key's together cap.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ACTION, PAP, TLP, type Action } from '../../src/core/codes.js'
import { strongest, weakest, type Indicator } from '../../src/core/indicator.js'
import { jointAction } from '../../src/policy/joint.js'
import { readPolicy } from '../../src/policy/policy-file.js'
import type { Policy } from '../../src/policy/rules.js'
import { capsOf } from '../../src/policy/weight.js'
import { judged, type Said } from '../support/evidence.js'
import { anyPap, anyTlp, policyContent } from '../support/policies.js'
import { T0 } from '../support/samples.js'

const HOUR = 3_600_000
const rank = (action: Action): number => ACTION.code(action)

const policy: fc.Arbitrary<Policy> = policyContent.map((content) => {
  const reading = readPolicy(content)
  if ('errors' in reading) throw new Error(JSON.stringify(reading.errors))
  return reading.policy
})
const key = fc.constantFrom<Indicator>(
  { type: 1, value: '198.51.100.7' },
  { type: 3, value: '198.51.0.0/16' },
  { type: 3, value: '198.51.100.0/24' },
  { type: 4, value: '64496' },
  { type: 13, value: 'example.com' },
)
const said: fc.Arbitrary<readonly Said[]> = fc.array(
  fc.record({
    by: fc.constantFrom('B', 'C', 'D', 'own'),
    trust: fc.constantFrom('observe' as const, 'corroborate' as const, 'trusted' as const),
    action: fc.integer({ min: 1, max: 4 }),
    confidence: fc.integer({ min: 50, max: 100 }),
    pap: anyPap,
    tlp: anyTlp,
    firstHand: fc.boolean(),
    until: fc.integer({ min: 1, max: 100 }).map((hours) => T0 + hours * HOUR),
  }),
  { maxLength: 6 },
)

/** What the marks of one report permit at most, in the words of the policy. */
function permitted(policy: Policy, { pap, tlp }: Said): Action {
  return weakest(policy.pap[PAP.name(pap!)!], policy.tlp[TLP.name(tlp!)!].act)
}

describe('policy: laws of any policy', () => {
  it('no verdict goes beyond the marks, what was asked, or the together cap', () => {
    fc.assert(
      fc.property(policy, said, key, (policy, reports, on) => {
        const { action, wouldBe } = judged(reports, { policy, key: on })
        const permits = reports.map((one) => {
          return weakest(ACTION.name(one.action!)!, permitted(policy, one))
        })
        // A report that only observes is seen, whatever it asks for.
        const most = permits.reduce(strongest, reports.length > 0 ? 'observe' : 'allow')
        assert.ok(rank(action) <= rank(most), `${action} above ${most}`)
        assert.ok(rank(wouldBe) <= rank(most))
        const { together } = capsOf(policy, on)
        assert.ok(rank(wouldBe) <= Math.max(rank('observe'), rank(together)))
        assert.ok(rank(action) <= rank(wouldBe), 'shadow never strengthens')
      }),
      { numRuns: 3_000 },
    )
  })

  it('PAP:RED and AMBER never block, TLP:RED never does more than observe', () => {
    const marked = said.chain((reports) =>
      fc
        .constantFrom<Partial<Said>>({ pap: PAP.code('red') }, { pap: PAP.code('amber') })
        .map((mark) => reports.map((one) => ({ ...one, ...mark }))),
    )
    fc.assert(
      fc.property(policy, marked, key, (policy, reports, on) => {
        assert.ok(rank(judged(reports, { policy, key: on }).wouldBe) < rank('block'))
        const red = reports.map((one) => ({ ...one, tlp: TLP.code('red') }))
        assert.ok(rank(judged(red, { policy, key: on }).wouldBe) <= rank('observe'))
      }),
      { numRuns: 2_000 },
    )
  })

  it('attributes of one request together never block by such reports either', () => {
    const keys: readonly Indicator[] = [
      { type: 1, value: '198.51.100.7' },
      { type: 13, value: 'example.com' },
    ]
    const mark = fc.constantFrom<Partial<Said>>(
      { pap: PAP.code('red') },
      { pap: PAP.code('amber') },
      { tlp: TLP.code('red') },
    )
    fc.assert(
      fc.property(policy, said, said, mark, (policy, first, second, marks) => {
        const attributes = [first, second].map((reports, i) => {
          const on = keys[i]!
          const marked = reports.map((one) => ({ ...one, ...marks }))
          return { key: on, parts: judged(marked, { policy, key: on }).parts }
        })
        assert.ok(rank(jointAction(policy, attributes, true)) < rank('block'))
      }),
      { numRuns: 1_000 },
    )
  })

  it('a member that is only observed, and one in shadow, never acts', () => {
    fc.assert(
      fc.property(policy, said, key, (policy, reports, on) => {
        const watched = reports
          .filter(({ by }) => by !== 'own')
          .map((one) => ({ ...one, trust: 'observe' as const }))
        assert.ok(rank(judged(watched, { policy, key: on }).wouldBe) <= rank('observe'))
        const dark = { ...policy, shadow: { ...policy.shadow, all: true } }
        assert.ok(rank(judged(reports, { policy: dark, key: on }).action) <= rank('observe'))
      }),
      { numRuns: 1_000 },
    )
  })

  it('whatever a file says of marks, it is refused or permits nothing forbidden', () => {
    const any = fc.constantFrom(...ACTION.names)
    const marks = fc.record({
      pap: fc.record({ red: any, amber: any, green: any, clear: any }, { requiredKeys: [] }),
      tlp: fc.dictionary(
        fc.constantFrom(...TLP.names),
        fc.record({ act: any, export: fc.boolean() }, { requiredKeys: [] }),
      ),
      trust: fc.record({ observe: fc.record({ alone: any, counts: fc.boolean() }) }),
    })
    let taken = 0
    fc.assert(
      fc.property(policyContent, marks, (content, said) => {
        const reading = readPolicy({ ...(content as object), ...said })
        if ('errors' in reading) return
        taken++
        const { pap, tlp, trust } = reading.policy
        assert.ok(pap.red !== 'block' && pap.amber !== 'block')
        assert.deepEqual([tlp.red.act, tlp.red.export], ['observe', false])
        assert.equal(tlp['amber+strict'].export, false)
        assert.deepEqual(trust.observe, { alone: 'observe', counts: false })
      }),
      { numRuns: 3_000 },
    )
    assert.ok(taken > 0, 'some were taken')
  })
})
