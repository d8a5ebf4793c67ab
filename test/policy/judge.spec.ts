/** The verdict rules on one key: a table of cases, and laws that hold for any evidence. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ACTION, type Action } from '../../src/core/codes.js'
import type { AuthorId } from '../../src/core/identity.js'
import { typeOf, type Indicator } from '../../src/core/indicator.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import type { Member, Role, Trust } from '../../src/core/roster.js'
import type { Report } from '../../src/core/statement.js'
import { judge, type Evidence, type Judged } from '../../src/policy/judge.js'
import { DEFAULT_POLICY, policyHash } from '../../src/policy/rules.js'
import { refOf, report, T0 } from '../support/samples.js'

interface Said extends Partial<Report> {
  readonly by?: string
  readonly key?: number
  readonly trust?: Trust
  readonly role?: Role
  readonly time?: number
}

function evidence({ by = 'B', key = 0, trust, role, time = T0, ...said }: Said): Evidence {
  const author = `${by}/${key}` as AuthorId
  const member: Member = {
    name: by,
    role: role ?? 'member',
    trust: trust ?? 'corroborate',
    keys: [],
    addedMs: 0,
  }
  return {
    claim: { envelope: refOf(author, 1, time), index: 0, report: report(said) },
    member: by,
    standing: by === 'own' ? 'own' : member,
  }
}

const keyOfFirst = (said: readonly Said[]): Indicator => ({
  type: said[0]?.type ?? 1,
  value: said[0]?.value ?? '198.51.100.7',
})

function judged(said: readonly Said[], now = T0, key = keyOfFirst(said)): Judged {
  return judge(
    DEFAULT_POLICY,
    key,
    said.map((one) => evidence({ ...key, ...one })),
    now,
  )
}

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
      const made = judged(said, now)
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

const HOUR = 3_600_000
const saidBy = (by: fc.Arbitrary<string>): fc.Arbitrary<Said> =>
  fc.record({
    by,
    key: fc.nat(1),
    action: fc.integer({ min: 1, max: 4 }),
    confidence: fc.integer({ min: 0, max: 100 }),
    pap: fc.integer({ min: 1, max: 4 }),
    firstHand: fc.boolean(),
    until: fc.integer({ min: 1, max: 400 }).map((hours) => T0 + hours * HOUR),
    time: fc.integer({ min: -20, max: 2 }).map((hours) => T0 + hours * HOUR),
  })
const key = fc.constantFrom<Indicator>(
  { type: 1, value: '198.51.100.7' },
  domain,
  wide,
  { type: 3, value: '2001:db8::/48' },
  { type: 13, value: 'example.com' },
)
/** A member has one trust level; its keys share it. */
const levels: fc.Arbitrary<Record<string, Trust>> = fc.record({
  B: fc.constantFrom('observe', 'corroborate', 'trusted'),
  C: fc.constantFrom('observe', 'corroborate', 'trusted'),
  D: fc.constantFrom('observe', 'corroborate', 'trusted'),
  own: fc.constant('trusted'),
})
const anySaid = fc
  .tuple(fc.array(saidBy(fc.constantFrom('B', 'C', 'D', 'own')), { maxLength: 7 }), levels)
  .map(([said, trust]) => said.map((one) => ({ ...one, trust: trust[one.by!]! })))
const moment = fc.integer({ min: -30, max: 420 }).map((hours) => T0 + hours * HOUR)
const rank = (action: Action): number => ACTION.code(action)

describe('policy/judge: laws', () => {
  it('the order of the evidence does not matter', () => {
    const shuffled = anySaid.chain((said) =>
      fc.tuple(fc.constant(said), fc.shuffledSubarray(said, { minLength: said.length })),
    )
    fc.assert(
      fc.property(shuffled, key, moment, ([said, other], on, now) => {
        const [a, b] = [judged(said, now, on), judged(other, now, on)]
        assert.deepEqual([a.action, a.endsMs], [b.action, b.endsMs])
        assert.ok(Math.abs(a.score - b.score) < 1e-9)
      }),
      { numRuns: 1_000 },
    )
  })

  it('nothing acts above its type’s together cap, or above what was asked', () => {
    fc.assert(
      fc.property(anySaid, key, moment, (said, on, now) => {
        const { action } = judged(said, now, on)
        assert.ok(rank(action) <= rank(typeOf(on.type).together(on.value)))
        assert.ok(rank(action) <= Math.max(0, ...said.map((one) => one.action!)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('what one member says acts no further than its alone cap, with any number of keys', () => {
    fc.assert(
      fc.property(fc.array(saidBy(fc.constant('B')), { maxLength: 5 }), key, (said, on) => {
        const { action } = judged(said, T0, on)
        assert.ok(rank(action) <= rank(typeOf(on.type).alone(on.value)))
      }),
    )
  })

  it('members only observed, and second-hand reports of anybody, never do more than observe', () => {
    fc.assert(
      fc.property(anySaid, key, moment, (said, on, now) => {
        const watched = said.filter((one) => one.by !== 'own')
        const observed = watched.map((one) => ({ ...one, trust: 'observe' as const }))
        assert.ok(rank(judged(observed, now, on).action) <= rank('observe'))
        const secondHand = said.map((one) => ({ ...one, firstHand: false }))
        assert.ok(rank(judged(secondHand, now, on).action) <= rank('observe'))
      }),
    )
  })

  it('more evidence never weakens a verdict', () => {
    fc.assert(
      fc.property(anySaid, key, moment, (said, on, now) => {
        const fewer = judged(said.slice(1), now, on).action
        assert.ok(rank(fewer) <= rank(judged(said, now, on).action))
      }),
    )
  })

  it('holds until the end it names, and not a millisecond longer', () => {
    fc.assert(
      fc.property(anySaid, key, (said, on) => {
        const made = judged(said, T0, on)
        if (made.action === 'allow') return
        assert.ok(made.endsMs > T0)
        assert.ok(rank(judged(said, made.endsMs - 1, on).action) >= rank(made.action))
        // Only a report that was still to come may keep it up.
        const begun = said.filter((one) => one.time! - LIMITS.futureMsMax <= T0)
        assert.ok(rank(judged(begun, made.endsMs, on).action) < rank(made.action))
      }),
      { numRuns: 1_000 },
    )
  })
})
