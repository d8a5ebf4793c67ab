/** Admission and removal as values. */
import assert from 'node:assert/strict'
import { authorOf, bytesOf, type AuthorId } from '../../src/core/identity.js'
import { LIMITS } from '../../src/core/limits.js'
import { putMember, Roster, type Member, type RosterCode } from '../../src/core/roster.js'
import { authorNamed } from '../support/samples.js'

const own = authorNamed('own').author
const [a1, a2, b1] = ['a1', 'a2', 'b1'].map((name) => authorNamed(name).author) as [
  AuthorId,
  AuthorId,
  AuthorId,
]
const admission = (name: string, author: AuthorId, addresses: readonly string[] = []) => ({
  name,
  role: 'member' as const,
  trust: 'corroborate' as const,
  addedMs: 0,
  key: { author, addresses },
})

function admitted(roster: Roster, name: string, author: AuthorId): Roster {
  const made = roster.admitting(admission(name, author), own)
  assert.ok(made.ok)
  return roster.with(putMember(made.value))
}

const two = admitted(admitted(Roster.EMPTY, 'Lab A', a1), 'Lab B', b1)

describe('core/roster', () => {
  it('a second key joins its member, newer addresses replace older', () => {
    const more = admitted(two, 'Lab A', a2)
    assert.equal(more.memberOf(a1), more.memberOf(a2))
    const made = more.admitting(admission('Lab A', a1, ['/ip4/198.51.100.7/tcp/1']), own)
    assert.ok(made.ok)
    assert.deepEqual(
      made.value.keys.map(({ author, addresses }) => [author, addresses.length]),
      [
        [a2, 0],
        [a1, 1],
      ],
    )
    assert.equal(two.memberOf(a2), undefined) // the older value has not changed
  })

  it('removes a key, and with the last one the member', () => {
    const more = admitted(two, 'Lab A', a2)
    const one = more.removing('Lab A', a1)
    assert.ok(one.ok)
    const left = more.with(one.value)
    assert.deepEqual([left.memberOf(a1), left.memberOf(a2)?.name], [undefined, 'Lab A'])
    const last = left.removing('Lab A', a2)
    assert.ok(last.ok)
    assert.equal(left.with(last.value).named('Lab A'), undefined)
    const all = more.removing('Lab A')
    assert.ok(all.ok)
    assert.deepEqual(
      more.with(all.value).members.map((member) => member.name),
      ['Lab B'],
    )
  })

  const full = new Roster(
    Array.from({ length: LIMITS.membersMax }, (_, i): Member => {
      const { key, ...rest } = admission(`Lab ${i}`, `${i}` as AuthorId)
      return { ...rest, keys: [key] }
    }),
  )
  const manyKeys = new Roster([
    {
      ...admission('Lab A', a1),
      keys: Array.from({ length: LIMITS.memberKeysMax }, (_, i) => ({
        author: `${i}` as AuthorId,
        addresses: [],
      })),
    },
  ])
  const manyAddresses = Array.from({ length: LIMITS.addressesMax + 1 }, () => '/ip4/192.0.2.1')
  const smallOrder = authorOf(bytesOf('01'.padEnd(64, '0')))
  const REFUSED: readonly (readonly [RosterCode, Roster, string, AuthorId, string[]?])[] = [
    ['key-own', two, 'me', own],
    ['key-weak', two, 'Mallory', smallOrder],
    ['key-weak', two, 'Mallory', 'ff'.repeat(32) as AuthorId],
    ['key-taken', two, 'Lab B', a1],
    ['too-many-members', full, 'Lab A', a1],
    ['too-many-keys', manyKeys, 'Lab A', a1],
    ['too-many-addresses', two, 'Lab C', a2, manyAddresses],
  ]
  for (const [code, roster, name, author, addresses] of REFUSED) {
    it(code, () => {
      const made = roster.admitting(admission(name, author, addresses), own)
      assert.equal(made.ok ? 'ok' : made.code, code)
    })
  }

  it('member-unknown, key-unknown', () => {
    const codes = [two.removing('Lab C'), two.removing('Lab A', b1)].map((r) => !r.ok && r.code)
    assert.deepEqual(codes, ['member-unknown', 'key-unknown'])
  })
})
