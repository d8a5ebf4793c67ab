/** How far an answer may be trusted to be complete, by who of the members is current. */
import assert from 'node:assert/strict'
import type { Link } from '../../src/core/mesh-port.js'
import { Roster, type Member, type Role } from '../../src/core/roster.js'
import { freshnessOf } from '../../src/lookup/freshness.js'
import { authorNamed } from '../support/samples.js'

const author = (name: string) => authorNamed(name).author

function member(name: string, role: Role, keys = [name]): Member {
  const held = keys.map((key) => ({ author: author(key), addresses: [] }))
  return { name, role, trust: 'corroborate', addedMs: 0, keys: held }
}
type Standing = 'current' | 'linked' | 'quiet' | 'down'
const links = (standings: Readonly<Record<string, Standing>>): Link[] =>
  Object.entries(standings).map(([name, standing]) => ({
    author: author(name),
    link: standing === 'down' ? 'down' : 'up',
    counts: {},
    current: standing === 'current',
    quiet: standing === 'quiet',
    hears: [],
  }))

const three = new Roster(['A', 'B', 'C'].map((name) => member(name, 'member')))
const two = new Roster(three.members.slice(1))
const CASES: readonly (readonly [string, Roster, Readonly<Record<string, Standing>>, string])[] = [
  ['no members', Roster.EMPTY, {}, 'fresh'],
  ['observers only', new Roster([member('A', 'observer')]), {}, 'fresh'],
  ['all current', three, { A: 'current', B: 'current', C: 'current' }, 'fresh'],
  ['two of three', three, { A: 'current', B: 'current', C: 'down' }, 'fresh'],
  ['one of three', three, { A: 'current', B: 'linked', C: 'quiet' }, 'stale'],
  ['one of two', two, { B: 'current' }, 'fresh'],
  ['linked and never heard', two, { B: 'linked', C: 'linked' }, 'stale'],
  ['one key of two', new Roster([member('A', 'member', ['A', 'A2'])]), { A2: 'current' }, 'fresh'],
  [
    'a current observer beside a silent member',
    new Roster([member('A', 'observer'), member('B', 'member')]),
    { A: 'current', B: 'linked' },
    'stale',
  ],
]

describe('lookup/freshness', () => {
  for (const [what, roster, states, expected] of CASES) {
    it(`${what}: ${expected}`, () => {
      assert.equal(freshnessOf(roster, links(states), false), expected)
      assert.equal(freshnessOf(roster, links(states), true), 'degraded')
    })
  }
})
