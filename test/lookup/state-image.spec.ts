/** A state as bytes: what is read back answers as what was written, also after more changes. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { registerOf } from '../../src/core/claims.js'
import { DAY_MS } from '../../src/core/limits.js'
import { indicatorOf } from '../../src/core/indicator.js'
import type { Statement } from '../../src/core/statement.js'
import type { LiveState } from '../../src/lookup/live-state.js'
import { stateFrom, stateImage } from '../../src/lookup/state-image.js'
import { verdictOn } from '../../src/lookup/verdict.js'
import { lookupOf } from '../support/desk.js'
import { canonical, Stage } from '../support/stage.js'
import { refOf, report, revocation, T0 } from '../support/samples.js'

const HASH_KEY = [7, 9] as const

function read(state: LiveState): LiveState {
  const bytes = Buffer.concat(stateImage(state))
  const { own, name } = state
  const made = stateFrom(bytes, { own, name, hashKey: HASH_KEY })
  if (!made.ok) throw new Error(made.detail)
  return made.value
}

/** Everything a look-up reads, by key. */
function told(state: LiveState): unknown {
  const lookup = lookupOf(state, T0)
  const keys = [...state.claims.entries()].map(([key]) => key).sort()
  return {
    keys,
    claims: keys.map((key) => state.claims.on(key)),
    verdicts: keys.map((key) => {
      return { ...verdictOn(lookup, indicatorOf(key), T0), decisionId: '' }
    }),
    lengths: [state.claims.networkLengths(4), state.claims.networkLengths(6)],
    totals: [...state.claims.occupancy.authors].map((author) => [
      author,
      state.claims.occupancy.total(author),
      [...state.claims.occupancy.loads(author)],
    ]),
    stateHash: state.stateHash(T0),
    members: state.roster.members,
  }
}

const keys = fc.constantFrom(
  canonical('ip', '45.9.1.1'),
  canonical('ip', '45.9.1.2'),
  canonical('ip', '45.9.1.0/24'),
  canonical('ip', '45.9.0.0/16'),
  canonical('ip', '2a00:1::1'),
  canonical('ip', '2a00:1::2'),
  canonical('domain', 'bad.example.net'),
  canonical('asn', '64496'),
)
const until = fc.integer({ min: -2, max: 40 }).map((days) => T0 + days * DAY_MS)
const anyStatement: fc.Arbitrary<Statement> = fc
  .tuple(keys, until, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 99 }), fc.nat({ max: 9 }))
  .map(([key, until, action, degree, kind]) => {
    if (kind < 6) {
      const campaign = kind === 1 ? 'ab'.repeat(16) : null
      return report({ ...key, until, action, confidence: degree, campaign })
    }
    if (kind < 8) return revocation({ ...key, until })
    if (kind === 8) return { kind: 'sighting', ...key, until, count: 2, day: 20_000 }
    return { kind: 'dispute', ...key, until, author: null, reason: 1 + (degree % 4) }
  })

const speakers = fc.constantFrom('own', 'B', 'C', 'stranger')
const said = fc.array(fc.tuple(speakers, anyStatement), { maxLength: 40 })

function staged(): Stage {
  return new Stage().admit('B', 'trusted').admit('C')
}

describe('state image', () => {
  it('reads back as it was written, and changes alike afterwards', () => {
    fc.assert(
      fc.property(said, said, (before, after) => {
        const one = staged()
        for (const [by, statement] of before) one.say(by, statement)
        const other = read(one.state)
        assert.deepEqual(told(other), told(one.state))
        const twin = one.on(other)
        for (const [by, statement] of after) {
          one.say(by, statement)
          twin.say(by, statement)
        }
        assert.deepEqual(told(other), told(one.state))
      }),
      { numRuns: 60 },
    )
  })

  it('holds what does not fit the columns, too', () => {
    const { state } = staged()
    const statement = report({ ...canonical('ip', '45.9.1.1') })
    const envelope = refOf(state.own, 2 ** 33, T0)
    const register = registerOf({ envelope, index: 3, statement })
    state.claims.set(register.key, { ...register, staircase: [{ envelope, index: 3, statement }] })
    assert.deepEqual(read(state).claims.on(register.key), state.claims.on(register.key))
  })

  it('holds no token and not the secret of the hashes', () => {
    const stage = staged()
    stage.set({
      table: 'tokens',
      name: 'planted-name',
      row: { name: 'planted-name', role: 'gateway', hash: 'ab'.repeat(32), createdMs: 1 },
    })
    const bytes = Buffer.concat(stateImage(stage.state))
    assert.ok(!bytes.includes('planted-name') && !bytes.includes('abababab'))
    assert.equal(read(stage.state).lists.of('tokens').size, 0)
  })

  it('whatever bytes there are: an error, or a state that can be walked; never more', () => {
    const stage = staged()
    fc.assert(
      fc.property(said, fc.infiniteStream(fc.nat()), (before, numbers) => {
        const bytes = Buffer.concat(stateImage(stage.state))
        const next = () => numbers.next().value as number
        for (const [by, statement] of before) stage.say(by, statement)
        for (let i = 0; i < 20; i++) {
          const bad = Buffer.from(bytes)
          bad[next() % bad.length]! ^= 1 << (next() % 8)
          const cut = next() % 4 === 0 ? bad.subarray(0, next() % bad.length) : bad
          const { own, name } = stage.state
          const made = stateFrom(cut, { own, name, hashKey: HASH_KEY })
          if (made.ok) for (const [key] of made.value.claims.entries()) assert.ok(key)
          else assert.match(made.code, /^image-(?:malformed|version-unknown)$/)
        }
      }),
      { numRuns: 100 },
    )
  })
})
