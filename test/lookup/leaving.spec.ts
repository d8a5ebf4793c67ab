/** What leaves of a key: all, nothing, or the network around what is protected. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseAddress } from '../../src/core/address.js'
import { OwnRows, type WarningList } from '../../src/core/own-rows.js'
import { leaving } from '../../src/lookup/leaving.js'
import { guardsOf } from '../support/desk.js'
import { indicator } from '../support/samples.js'

function lists(never: readonly string[], cloud: readonly string[] = []) {
  const rows = new OwnRows()
  const rest = { domains: [], emailDomains: false, addedMs: 0, by: 'operator' }
  const put = (name: string, effect: WarningList['effect'], networks: readonly string[]) =>
    rows.apply({ table: 'lists', name, row: { name, effect, networks, ...rest } })
  put('never', 'never', never)
  put('cloud', 'cloud', cloud)
  return guardsOf(rows)
}
const leaves = (guards: ReturnType<typeof lists>, raw: string, capped = false) =>
  leaving(guards, indicator('ip', raw), 0, capped).map(({ value }) => value)

describe('lookup/leaving', () => {
  const guards = lists(['9.1.2.3/32', '9.3.0.0/16'], ['9.2.0.0/16'])

  it('is the key itself where nothing is protected', () => {
    assert.deepEqual(leaves(guards, '9.9.9.9'), ['9.9.9.9'])
    assert.deepEqual(leaving(guards, indicator('asn', '64496'), 0), [indicator('asn', '64496')])
  })

  it('is nothing where it is protected, and for strong actions where it is rented space', () => {
    assert.deepEqual(leaves(guards, '9.1.2.3'), [])
    assert.deepEqual(leaves(guards, '9.3.7.0/24'), [])
    assert.deepEqual(leaves(guards, '9.2.0.1'), ['9.2.0.1'])
    assert.deepEqual(leaves(guards, '9.2.0.1', true), [])
  })

  it('is the network in pieces around what it loses; a lone address is one again', () => {
    assert.deepEqual(leaves(guards, '9.1.2.0/29'), ['9.1.2.0/31', '9.1.2.2', '9.1.2.4/30'])
  })

  it('is nothing where there would be too many pieces', () => {
    const many = Array.from({ length: 600 }, (_, i) => `9.1.${i >> 1}.${(i & 1) * 9 + 1}/32`)
    assert.deepEqual(leaves(lists(many), '9.1.0.0/16'), [])
  })

  it('never holds a protected address, and loses no other', () => {
    const last = fc.nat(255)
    fc.assert(
      fc.property(fc.array(last, { maxLength: 20 }), last, (protectedOnes, asked) => {
        const guarded = lists(protectedOnes.map((byte) => `9.1.2.${byte}/32`))
        const pieces = lists(leaves(guarded, '9.1.2.0/24'))
        const address = `9.1.2.${asked}`
        assert.ok(parseAddress(address).ok)
        const left = pieces.on(indicator('ip', address), 0) !== undefined
        assert.equal(left, !protectedOnes.includes(asked))
      }),
    )
  })
})
