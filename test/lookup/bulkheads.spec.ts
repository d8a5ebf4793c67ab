/**
 * The share one member may own of what acts: what is beyond it is held, the oldest acts, and the
 * answer does not depend on the order in which claims became known.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { claimRegister } from '../../src/core/claims.js'
import type { AuthorId } from '../../src/core/identity.js'
import { keyOf } from '../../src/core/indicator.js'
import { DAY_MS } from '../../src/core/limits.js'
import { putMember, type Member } from '../../src/core/roster.js'
import type { Report } from '../../src/core/statement.js'
import { Bulkheads } from '../../src/lookup/bulkheads.js'
import { LiveState } from '../../src/lookup/live-state.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { Draft } from '../../src/lookup/draft.js'
import { authorNamed, entry, refOf, report, T0 } from '../support/samples.js'

const own = authorNamed('own').author
const [B, B2, C] = ['B', 'B2', 'C'].map((name) => authorNamed(name).author) as [
  AuthorId,
  AuthorId,
  AuthorId,
]
const policyOf = (keys: number, changes = 1_000_000, percent = 25): Policy => ({
  ...DEFAULT_POLICY,
  bulkhead: { keys: { percent, min: keys }, changes: { percent, min: changes } },
})

function state(): LiveState {
  const made = new LiveState(own, 'us')
  const member = (name: string, ...authors: AuthorId[]): Member => ({
    name,
    role: 'member',
    trust: 'corroborate',
    keys: authors.map((author) => ({ author, addresses: [] })),
    addedMs: 0,
  })
  const changes = [member('Lab B', B, B2), member('Lab C', C)].map(putMember)
  made.apply({
    ...new Draft(made).changes(),
    own: changes.map((change, number) => ({ number, atMs: T0, change })),
  })
  return made
}

interface Said {
  readonly author: AuthorId
  readonly seq: number
  readonly value: number
  readonly time?: number
  readonly changes?: Partial<Report>
}

function say(made: LiveState, { author, seq, value, time = T0, changes = {} }: Said): void {
  const said = report({ value: `45.0.${value >> 8}.${value & 255}`, ...changes })
  const key = keyOf(said)
  const staircase = [entry(author, seq, 0, said, time)]
  made.claims.set(key, { ...claimRegister(key, author), staircase })
}

const many = (author: AuthorId, count: number, from = 0): Said[] =>
  Array.from({ length: count }, (_, i) => ({ author, seq: i + 1, value: from + i }))

function heldOf(made: LiveState, policy: Policy, author: AuthorId, seqs: number, now = T0): string {
  const overflows = new Bulkheads(made, () => now).at(policy)
  const marks = Array.from({ length: seqs }, (_, i) => overflows(refOf(author, i + 1)))
  return marks.map((held) => (held ? 'x' : '.')).join('')
}

describe('lookup/bulkheads', () => {
  it('holds what is beyond the share, oldest first', () => {
    const made = state()
    for (const said of many(B, 6)) say(made, said)
    assert.equal(heldOf(made, policyOf(4), B, 6), '....xx')
    assert.equal(heldOf(made, policyOf(6), B, 6), '......')
  })

  it('a quarter of the whole is a third of what others have', () => {
    const made = state()
    for (const said of many(C, 9, 100)) say(made, said)
    for (const said of many(B, 5)) say(made, said)
    assert.equal(heldOf(made, policyOf(1), B, 5), '...xx')
  })

  it('the keys of one member share, and our own are never held', () => {
    const made = state()
    const first = [B, B2].sort()[0]!
    for (const said of [...many(B, 3), ...many(B2, 3, 50), ...many(own, 50, 100)]) say(made, said)
    const second = first === B ? B2 : B
    const policy = policyOf(4, 1_000_000, 0)
    assert.equal(heldOf(made, policy, first, 3), '...')
    assert.equal(heldOf(made, policy, second, 3), '.xx')
    assert.equal(heldOf(made, policy, own, 3), '...')
  })

  it('what only watches does not count', () => {
    const made = state()
    const watching = [{ firstHand: false }, { action: 1 }] as const
    watching.forEach((changes, i) => say(made, { author: B, seq: i + 1, value: i, changes }))
    say(made, { author: B, seq: 3, value: 3 })
    assert.equal(heldOf(made, policyOf(1), B, 3), '...')
  })

  it('what has ended makes room', () => {
    const made = state()
    for (const said of many(B, 3)) {
      const until = said.seq === 1 ? T0 + 1_000 : T0 + DAY_MS
      say(made, { ...said, changes: { until } })
    }
    assert.equal(heldOf(made, policyOf(2), B, 3), '..x')
    assert.equal(heldOf(made, policyOf(2), B, 3, T0 + 1_000), '...')
  })

  it('today’s changes are bounded by themselves, and tomorrow is another day', () => {
    const made = state()
    for (const said of many(B, 4)) say(made, { ...said, changes: { until: T0 + 5 * DAY_MS } })
    assert.equal(heldOf(made, policyOf(100, 3), B, 4), '...x')
    assert.equal(heldOf(made, policyOf(100, 3), B, 4, T0 + DAY_MS), '....')
  })

  it('old reports cannot hide behind short-lived new ones', () => {
    const made = state()
    for (const { author, seq, value } of many(B, 4)) {
      const key = keyOf(report({ value: `45.0.0.${value}` }))
      const long = report({ value: `45.0.0.${value}`, until: T0 + 5 * DAY_MS })
      const short = report({ value: `45.0.0.${value}`, until: T0 + 1 })
      const staircase = [entry(author, 100 + seq, 0, short), entry(author, seq, 0, long)]
      made.claims.set(key, { ...claimRegister(key, author), staircase })
    }
    assert.equal(heldOf(made, policyOf(2), B, 4, T0 + 2), '..xx')
  })

  it('does not depend on the order of arrival', () => {
    const said = [...many(B, 40), ...many(C, 20, 100)]
    const shuffled = fc.shuffledSubarray(said, { minLength: said.length, maxLength: said.length })
    const expected = state()
    for (const one of said) say(expected, one)
    const held = heldOf(expected, policyOf(10), B, 40)
    assert.match(held, /^\.{10}x{30}$/)
    fc.assert(
      fc.property(shuffled, (order) => {
        const made = state()
        for (const one of [...order, ...order]) say(made, one)
        assert.equal(heldOf(made, policyOf(10), B, 40), held)
      }),
      { numRuns: 30 },
    )
  })

  it('taking back makes room, whatever was counted before', () => {
    const made = state()
    for (const one of many(B, 4)) say(made, one)
    const key = keyOf(report({ value: '45.0.0.0' }))
    made.claims.set(key, { ...claimRegister(key, B), staircase: [] })
    assert.equal(made.claims.occupancy.total(B), 3)
    assert.equal(heldOf(made, policyOf(3), B, 4), '....')
  })
})
