/** The verdict rules on one key, as a table of cases. */
import assert from 'node:assert/strict'
import type { Action } from '../../src/core/codes.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { DEFAULT_POLICY, policyHash } from '../../src/policy/rules.js'
import { judged, type Said } from '../support/evidence.js'
import { T0 } from '../support/samples.js'

interface Case {
  readonly what: string
  readonly said: readonly Said[]
  readonly action: Action
  /** Why each report is held, in order; '' where it is not. */
  readonly held: string
  readonly now?: number
}

const domain = { type: 5, value: 'example.com' }
const wide = { type: 3, value: '198.51.0.0/16' }
const asn = { type: 4, value: '64496' }
const CASES: readonly Case[] = [
  { what: 'nothing', said: [], action: 'allow', held: '' },
  { what: 'one member', said: [{}], action: 'throttle', held: 'needs-more-members' },
  { what: 'one member asking little', said: [{ action: 1 }], action: 'observe', held: '' },
  { what: 'two members', said: [{}, { by: 'C' }], action: 'block', held: ',' },
  {
    what: 'two members, the lesser action counts',
    said: [{}, { by: 'C', action: 3 }],
    action: 'challenge',
    held: 'needs-more-members,',
  },
  {
    what: 'two keys of one member are one voice',
    said: [{}, { key: 1 }],
    action: 'throttle',
    held: 'needs-more-members,needs-more-members',
  },
  {
    what: 'a trusted member',
    said: [{ trust: 'trusted' }],
    action: 'throttle',
    held: 'needs-more-members',
  },
  {
    what: 'a member only observed',
    said: [{ trust: 'observe' }],
    action: 'observe',
    held: 'capped',
  },
  {
    what: 'a member only observed does not make a quorum',
    said: [{}, { by: 'C', trust: 'observe' }],
    action: 'throttle',
    held: 'needs-more-members,capped',
  },
  {
    what: 'an observer says nothing',
    said: [{ role: 'observer' }],
    action: 'allow',
    held: 'observer',
  },
  { what: 'a forked log', said: [{ forked: true }], action: 'observe', held: 'forked' },
  {
    what: 'two forked logs',
    said: [{ forked: true }, { by: 'C', forked: true }],
    action: 'observe',
    held: 'forked,forked',
  },
  { what: 'our own', said: [{ by: 'own' }], action: 'block', held: '' },
  { what: 'our own, in doubt', said: [{ by: 'own', confidence: 1 }], action: 'block', held: '' },
  {
    what: 'our own, second-hand',
    said: [{ by: 'own', firstHand: false }],
    action: 'observe',
    held: 'second-hand',
  },
  {
    what: 'our own on a domain',
    said: [{ ...domain, by: 'own' }],
    action: 'throttle',
    held: 'capped',
  },
  { what: 'second-hand', said: [{ firstHand: false }], action: 'observe', held: 'second-hand' },
  {
    what: 'many second-hand',
    said: ['B', 'C', 'D'].map((by) => ({ by, firstHand: false })),
    action: 'observe',
    held: 'second-hand,second-hand,second-hand',
  },
  {
    what: 'below the confidence floor',
    said: [{ confidence: 59 }],
    action: 'observe',
    held: 'low-confidence',
  },
  {
    what: 'at the confidence floor',
    said: [{ confidence: 60 }],
    action: 'throttle',
    held: 'needs-more-members',
  },
  { what: 'PAP:RED', said: [{ pap: 1 }], action: 'observe', held: 'pap' },
  { what: 'PAP:AMBER', said: [{ pap: 2, by: 'own' }], action: 'observe', held: 'pap' },
  { what: 'one on a domain', said: [domain], action: 'observe', held: 'needs-more-members' },
  {
    what: 'two on a domain: its type’s cap',
    said: [domain, { ...domain, by: 'C' }],
    action: 'throttle',
    held: 'capped,capped',
  },
  { what: 'one on a wide network', said: [wide], action: 'observe', held: 'needs-more-members' },
  {
    what: 'two on an ASN',
    said: [asn, { ...asn, by: 'C' }],
    action: 'throttle',
    held: 'capped,capped',
  },
  {
    what: 'a special-purpose address',
    said: [{ value: '10.1.2.3', by: 'own' }, { value: '10.1.2.3' }],
    action: 'allow',
    held: 'special-purpose,special-purpose',
  },
  {
    what: 'the last millisecond',
    said: [{}],
    now: T0 + DAY_MS - 1,
    action: 'throttle',
    held: 'needs-more-members',
  },
  { what: 'one millisecond later', said: [{}], now: T0 + DAY_MS, action: 'allow', held: 'over' },
  {
    what: 'a life over the type’s maximum, clipped',
    said: [{ until: T0 + 100 * DAY_MS }],
    now: T0 + 7 * DAY_MS,
    action: 'allow',
    held: 'over',
  },
  {
    what: 'ten minutes ahead',
    said: [{}],
    now: T0 - LIMITS.futureMsMax,
    action: 'throttle',
    held: 'needs-more-members',
  },
  {
    what: 'more than ten minutes ahead',
    said: [{}],
    now: T0 - LIMITS.futureMsMax - 1,
    action: 'allow',
    held: 'not-yet',
  },
]

describe('policy/judge', () => {
  for (const { what, said, action, held, now } of CASES) {
    it(`${what} → ${action}`, () => {
      const made = judged(said, now === undefined ? {} : { now })
      assert.equal(made.action, action)
      assert.equal(made.parts.map((part) => part.held ?? '').join(), held)
    })
  }

  it('combines the confidence of distinct members', () => {
    assert.equal(judged([{ confidence: 90 }]).score.toFixed(4), '0.9000')
    const two = judged([{ confidence: 90 }, { by: 'C', confidence: 80 }])
    assert.equal(two.score.toFixed(4), '0.9800')
    const keys = judged([{ confidence: 90 }, { key: 1, confidence: 80 }])
    assert.equal(keys.score.toFixed(4), '0.9000')
    assert.equal(judged([]).score, 0)
  })

  it('a policy is named by its hash', () => {
    assert.match(policyHash(DEFAULT_POLICY), /^[0-9a-f]{16}$/)
    assert.notEqual(policyHash({ ...DEFAULT_POLICY, quorum: 3 }), policyHash(DEFAULT_POLICY))
  })
})
