/** How far an answer may be trusted to be complete, by the links to members. */
import assert from 'node:assert/strict'
import type { LinkState } from '../../src/core/ports.js'
import { Roster, type Member, type Role } from '../../src/core/roster.js'
import { freshnessOf } from '../../src/lookup/freshness.js'
import { authorNamed } from '../support/samples.js'

const author = (name: string) => authorNamed(name).author

function member(name: string, role: Role, keys = [name]): Member {
  const held = keys.map((key) => ({ author: author(key), addresses: [] }))
  return { name, role, trust: 'corroborate', addedMs: 0, keys: held }
}
const links = (states: Readonly<Record<string, LinkState>>) =>
  Object.entries(states).map(([name, link]) => ({ author: author(name), link, counts: {} }))

const three = new Roster(['A', 'B', 'C'].map((name) => member(name, 'member')))
const CASES: readonly (readonly [string, Roster, Readonly<Record<string, LinkState>>, string])[] = [
  ['no members', Roster.EMPTY, {}, 'fresh'],
  ['observers only', new Roster([member('A', 'observer')]), {}, 'fresh'],
  ['all up', three, { A: 'up', B: 'up', C: 'up' }, 'fresh'],
  ['two of three', three, { A: 'up', B: 'up', C: 'down' }, 'fresh'],
  ['one of three', three, { A: 'up', B: 'refused', C: 'wrong-network' }, 'stale'],
  ['one of two', new Roster(three.members.slice(1)), { B: 'up' }, 'fresh'],
  ['one key of two', new Roster([member('A', 'member', ['A', 'A2'])]), { A2: 'up' }, 'fresh'],
]

describe('lookup/freshness', () => {
  for (const [what, roster, states, expected] of CASES) {
    it(`${what}: ${expected}`, () => {
      assert.equal(freshnessOf(roster, links(states), false), expected)
      assert.equal(freshnessOf(roster, links(states), true), 'degraded')
    })
  }
})
