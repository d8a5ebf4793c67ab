/**
 * The verdict on a question: which keys speak about it, what they say together, and how it is told.
 */
import assert from 'node:assert/strict'
import { canonicalise } from '../../src/core/canonical-form.js'
import { keyOf } from '../../src/core/indicator.js'
import { peerNameOf, type AuthorId } from '../../src/core/identity.js'
import { Draft } from '../../src/lookup/draft.js'
import { DAY_MS } from '../../src/core/limits.js'
import type { Changes } from '../../src/core/store-port.js'
import { putMember, type Trust } from '../../src/core/roster.js'
import type { Report, Revocation } from '../../src/core/statement.js'
import { LiveCount, type LiveCounts } from '../../src/lookup/live-count.js'
import { liveKeys } from '../../src/lookup/listing.js'
import { LiveState } from '../../src/lookup/live-state.js'
import { verdictOn, type Verdict } from '../../src/lookup/verdict.js'
import { lookupOf } from '../support/desk.js'
import { authorNamed, entry, refOf, report, revocation, T0 } from '../support/samples.js'

const own = authorNamed('own').author
const B = authorNamed('B').author
const C = authorNamed('C').author
const stranger = authorNamed('stranger').author

/** What a commit changes where it changes nothing else. */
const nothing = (state: LiveState): Changes => new Draft(state).changes()

function put(state: LiveState, name: string, author: AuthorId, trust: Trust = 'corroborate'): void {
  const keys = [{ author, addresses: [] }]
  const member = { name, role: 'member' as const, trust, keys, addedMs: 0 }
  const change = putMember(member)
  state.apply({
    ...nothing(state),
    own: [{ number: state.number + 1, atMs: T0, change }],
  })
}

function claims(state: LiveState, author: AuthorId, ...said: (Report | Revocation)[]): void {
  state.apply({
    ...nothing(state),
    claims: said.map((statement, i) => ({
      key: keyOf(statement),
      author,
      kind: 'claim' as const,
      about: null,
      staircase: [entry(author, 1, i, statement)],
    })),
  })
}

function labs(): LiveState {
  const state = new LiveState(own)
  put(state, 'Lab B', B)
  put(state, 'Lab C', C)
  return state
}

function ask(state: LiveState, type: string, raw: string, now = T0): Verdict {
  const made = canonicalise(type, raw)
  assert.ok(made.ok)
  return verdictOn(lookupOf(state, now, { name: 'Lab A' }), made.value, now)
}

describe('lookup/verdict', () => {
  it('nothing known is an allow without reasons', () => {
    const { action, score, reasons, expiresAt } = ask(labs(), 'ip', '198.51.100.7')
    assert.deepEqual(
      { action, score, reasons, expiresAt },
      {
        action: 'allow',
        score: 0,
        reasons: [],
        expiresAt: undefined,
      },
    )
  })

  it('names the member, the evidence and the end', () => {
    const state = labs()
    claims(state, B, report({ campaign: 'ca'.repeat(16) }))
    const { decisionId, ...verdict } = ask(state, 'ip', '::ffff:198.51.100.7')
    assert.ok(decisionId.length > 0)
    assert.deepEqual(verdict, {
      shadow: false,
      type: 'net.ipv4',
      value: '198.51.100.7',
      action: 'throttle',
      score: 0.8,
      freshness: 'fresh',
      asOf: '2026-09-01T00:00:00.000Z',
      expiresAt: '2026-09-02T00:00:00.000Z',
      reasons: [
        {
          type: 'net.ipv4',
          value: '198.51.100.7',
          member: 'Lab B',
          author: peerNameOf(B),
          action: 'block',
          confidence: 80,
          firstHand: true,
          category: 'capability-extraction',
          campaign: 'ca'.repeat(16),
          validUntil: '2026-09-02T00:00:00.000Z',
          envelope: refOf(B, 1).id,
          held: 'needs-more-members',
        },
      ],
      policy: ask(state, 'asn', '64496').policy,
    })
  })

  it('two members block until the first of them ends', () => {
    const state = labs()
    claims(state, B, report())
    claims(state, C, report({ until: T0 + 2 * DAY_MS }))
    const both = ask(state, 'ip', '198.51.100.7')
    assert.deepEqual([both.action, both.expiresAt], ['block', '2026-09-02T00:00:00.000Z'])
    assert.equal(ask(state, 'ip', '198.51.100.7', T0 + DAY_MS - 1).action, 'block')
    assert.equal(ask(state, 'ip', '198.51.100.7', T0 + DAY_MS).action, 'throttle')
    assert.equal(ask(state, 'ip', '198.51.100.7', T0 + 2 * DAY_MS).action, 'allow')
  })

  it('our own report blocks and bears our name', () => {
    const state = labs()
    claims(state, own, report())
    const { action, reasons } = ask(state, 'ip', '198.51.100.7')
    assert.deepEqual([action, reasons[0]?.member, reasons[0]?.held], ['block', 'Lab A', undefined])
  })

  it('a stranger’s claims are kept, and act from the moment of admission until removal', () => {
    const state = labs()
    claims(state, stranger, report())
    assert.equal(ask(state, 'ip', '198.51.100.7').action, 'allow')
    put(state, 'Lab D', stranger)
    assert.equal(ask(state, 'ip', '198.51.100.7').action, 'throttle')
    const change = { table: 'roster' as const, name: 'Lab D', row: null }
    state.apply({ ...nothing(state), forks: [], own: [{ number: 9, atMs: T0, change }] })
    const { action, reasons } = ask(state, 'ip', '198.51.100.7')
    assert.deepEqual([action, reasons.length], ['allow', 0])
  })

  it('a revocation leaves no reason', () => {
    const state = labs()
    claims(state, B, report())
    claims(state, B, revocation())
    assert.deepEqual(ask(state, 'ip', '198.51.100.7').reasons, [])
  })

  const ABOUT = [
    ['ip', '198.51.100.7', 'net.cidr', '198.51.100.0/24'],
    ['ip', '2001:db8:0:1::7', 'net.cidr', '2001:db8::/48'],
    ['ip', '198.51.100.128/25', 'net.cidr', '198.51.100.0/24'],
    ['ip', '198.51.100.0/24', 'net.cidr', '198.51.100.0/24'],
    ['domain', 'a.b.example.com', 'net.domain', 'example.com'],
    ['email-domain', 'mail.example.com', 'actor.email-domain', 'example.com'],
  ] as const
  for (const [type, asked, holds, value] of ABOUT) {
    it(`${asked} is spoken about by ${holds} ${value}`, () => {
      const state = labs()
      claims(state, B, report({ ...canonical(holds, value) }))
      const { reasons } = ask(state, type, asked)
      assert.deepEqual(
        reasons.map((r) => `${r.type} ${r.value}`),
        [`${holds} ${value}`],
      )
    })
  }

  const NOT_ABOUT = [
    ['ip', '198.51.101.7', 'net.cidr', '198.51.100.0/24'],
    ['ip', '198.51.0.0/16', 'net.cidr', '198.51.100.0/24'],
    ['domain', 'notexample.com', 'net.domain', 'example.com'],
    ['domain', 'example.com', 'net.domain', 'www.example.com'],
    ['email-domain', 'example.com', 'net.domain', 'example.com'],
  ] as const
  for (const [type, asked, holds, value] of NOT_ABOUT) {
    it(`${asked} is not spoken about by ${holds} ${value}`, () => {
      const state = labs()
      claims(state, B, report({ ...canonical(holds, value) }))
      assert.deepEqual(ask(state, type, asked).reasons, [])
    })
  }

  it('the strongest key decides, and its end is the verdict’s', () => {
    const state = labs()
    claims(
      state,
      B,
      report(),
      report({ ...canonical('cidr', '198.51.0.0/16'), until: T0 + 9 * DAY_MS }),
    )
    const { action, expiresAt, reasons } = ask(state, 'ip', '198.51.100.7')
    assert.deepEqual(
      [action, expiresAt, reasons.length],
      ['throttle', '2026-09-02T00:00:00.000Z', 2],
    )
  })
})

function canonical(type: string, raw: string) {
  const made = canonicalise(type, raw)
  assert.ok(made.ok)
  return made.value
}

describe('lookup/listing', () => {
  it('lists keys with a live claim of ours or of a member, whatever the verdict', () => {
    const state = labs()
    claims(
      state,
      B,
      report({ firstHand: false }),
      report({ ...canonical('asn', '64496'), action: 2 }),
    )
    claims(state, own, report())
    claims(state, C, revocation())
    claims(state, stranger, report({ value: '198.51.100.8' }))
    const keys = [...liveKeys(state, T0)].map((key) => [key.indicator.value, key.claims.length])
    assert.deepEqual(keys, [
      ['198.51.100.7', 2],
      ['64496', 1],
    ])
    assert.deepEqual(counted(state, T0), {
      live: 2,
      byType: { 'net.ipv4': 1, 'net.asn': 1 },
      byAction: { block: 1, throttle: 1 },
    })
    assert.equal([...liveKeys(state, T0 + DAY_MS)].length, 0)
  })

  it('counts as it lists, whatever is said of a key', () => {
    const state = labs()
    const values = Array.from({ length: 600 }, (_, i) => `45.7.${i >> 8}.${i & 255}`)
    values.forEach((value, i) => {
      claims(state, [own, B, C, stranger][i % 4]!, report({ value, until: T0 + (i % 5) * 100 }))
      if (i % 3 === 0) claims(state, B, report({ value, action: 2 }))
      if (i % 7 === 0) claims(state, C, revocation({ value }))
    })
    for (const now of [T0, T0 + 200, T0 + DAY_MS]) {
      const listed = [...liveKeys(state, now)]
      const strongest = listed.map((key) => Math.max(...key.claims.map((c) => c.report.action)))
      const { live, byAction } = counted(state, now)
      assert.equal(live, listed.length)
      assert.equal(byAction['throttle'] ?? 0, strongest.filter((action) => action === 2).length)
    }
  })
})

function counted(state: LiveState, now: number): LiveCounts {
  const count = new LiveCount(state, now)
  Array.from(count.steps())
  return count.counts
}
