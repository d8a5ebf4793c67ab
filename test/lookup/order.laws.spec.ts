/**
 * Claims and verdicts are a function of what was said, by whom, and of the clock: not of the order
 * of arrival, of duplicates, or of what was pruned once it had ended.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Envelope } from '../../src/core/envelope.js'
import type { AuthorId } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { putMember } from '../../src/core/roster.js'
import type { Statement } from '../../src/core/statement.js'
import { Draft } from '../../src/lookup/draft.js'
import { LiveState } from '../../src/lookup/live-state.js'
import { verdictOn, type Verdict } from '../../src/lookup/verdict.js'
import { lookupOf } from '../support/desk.js'
import { authorNamed, report, revocation, sealed, T0, type Author } from '../support/samples.js'

const AUTHORS = ['B', 'C', 'D', 'E'].map((name) => authorNamed(name))
const own = authorNamed('own').author
const VALUES = ['198.51.100.7', '198.51.100.8', '198.51.100.9']

const until = fc.integer({ min: 1, max: 6 }).map((days) => T0 + days * DAY_MS)
const value = fc.constantFrom(...VALUES)
const about = fc.option(fc.constantFrom(...AUTHORS.map(({ author }) => author)))
const statement: fc.Arbitrary<Statement> = fc.oneof(
  fc
    .record({ value, until, action: fc.integer({ min: 1, max: 4 }), firstHand: fc.boolean() })
    .map((said) => report(said)),
  fc.record({ value, until }).map((said) => revocation(said)),
  fc
    .record({ value, until })
    .map((said) => ({ kind: 'sighting' as const, ...said, type: 1, count: 2, day: 20_000 })),
  fc
    .record({ value, until, author: about, reason: fc.integer({ min: 0, max: 4 }) })
    .map((said) => ({ kind: 'dispute' as const, ...said, type: 1 })),
)
const log = fc.array(fc.array(statement, { minLength: 1, maxLength: 3 }), { maxLength: 5 })
const logs = fc.tuple(log, log, log, log)

/** Each author's envelopes, in order. */
function seal(by: Author, envelopes: readonly (readonly Statement[])[]): Envelope[] {
  const made: Envelope[] = []
  for (const statements of envelopes) {
    const place = { seq: made.length + 1, prev: made.at(-1)?.id ?? null }
    made.push(sealed(by, statements, place))
  }
  return made
}

/** The logs interleaved as `picks` say; each log stays in its order. */
function interleaved(all: readonly (readonly Envelope[])[], picks: readonly number[]): Envelope[] {
  const left = all.map((one) => [...one])
  const order: Envelope[] = []
  for (let i = 0; left.some((one) => one.length > 0); i++) {
    const open = left.filter((one) => one.length > 0)
    order.push(open[(picks[i] ?? 0) % open.length]!.shift()!)
  }
  return order
}

function folded(envelopes: readonly Envelope[]): LiveState {
  const state = new LiveState(own, 'us')
  const members = AUTHORS.map(({ author }, i) => {
    const keys = [{ author, addresses: [] }]
    const change = putMember({
      name: `Lab ${i}`,
      role: 'member',
      trust: 'corroborate',
      keys,
      addedMs: 0,
    })
    return { number: i, atMs: T0, change }
  })
  state.apply({ ...new Draft(state).changes(), own: members })
  const held = new Map<AuthorId, number>()
  for (const envelope of envelopes) {
    if (envelope.seq <= (held.get(envelope.author) ?? 0)) continue // as intake does
    held.set(envelope.author, envelope.seq)
    const draft = new Draft(state)
    draft.addEnvelope(envelope, T0)
    state.apply(draft.changes())
  }
  return state
}

type Told = Omit<Verdict, 'decisionId' | 'reasons'> & { readonly reasons: readonly string[] }

function told(state: LiveState, now: number): Told[] {
  return VALUES.map((one) => {
    const verdict = verdictOn(lookupOf(state, now), { type: 1, value: one }, now)
    const { decisionId, reasons, ...rest } = verdict
    assert.ok(decisionId.length > 0)
    return { ...rest, reasons: reasons.map((reason) => JSON.stringify(reason)).sort() }
  })
}

describe('lookup: order', () => {
  it('does not matter, nor do duplicates and what was pruned after its end', () => {
    fc.assert(
      fc.property(
        logs,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.integer({ min: 0, max: 7 * 24 }),
        (said, picks, hours) => {
          const now = T0 + hours * 3_600_000
          const all = said.map((one, i) => seal(AUTHORS[i]!, one))
          const inTurn = folded(all.flat())
          const mixed = interleaved(all, picks)
          const again = folded(mixed.flatMap((envelope) => [envelope, envelope]))
          const pruned = mixed.map((envelope) =>
            envelope.expires <= now ? { ...envelope, payload: null, statements: [] } : envelope,
          )
          const late = folded(pruned)
          assert.deepEqual(told(again, now), told(inTurn, now))
          assert.deepEqual(told(late, now), told(inTurn, now))
          assert.equal(again.stateHash(now), inTurn.stateHash(now))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('one millisecond after its end nothing acts, wherever the clock came from', () => {
    fc.assert(
      fc.property(
        until,
        fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 6 }),
        (end, jumps) => {
          const all = AUTHORS.slice(0, 2).map((by) => sealed(by, [report({ until: end })]))
          const state = folded(all)
          const at = (now: number) => told(state, now)[0]!.action
          // A clock that jumps about asks at any time and in any order.
          for (const days of jumps) at(end + days * DAY_MS)
          assert.deepEqual([at(end - 1), at(end), at(end + 1)], ['block', 'allow', 'allow'])
        },
      ),
      { numRuns: 50 },
    )
  })
})
