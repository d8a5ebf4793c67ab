/** Sets of networks against a naive oracle: every address of a small space, one by one. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { covers, type Network } from '../../src/core/address.js'
import { anyNetwork, NetworkSet } from '../../src/core/network-set.js'

const net = (text: string): Network => {
  const network = anyNetwork(text)
  assert.ok(network, text)
  return network
}
const texts = (networks: Iterable<Network>): string[] => [...networks].map(({ text }) => text)

/** Networks of the last eight bits of a prefix: 256 addresses to ask one by one. */
const PREFIX = { 4: [192, 0, 2], 6: [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0)] }
const small = (version: 4 | 6) =>
  fc.tuple(fc.nat(255), fc.integer({ min: 0, max: 8 })).map(([last, bits]) => {
    const base = [...PREFIX[version], last & (0xff << (8 - bits)) & 0xff]
    const text = version === 4 ? base.join('.') : `2001:db8::${base.at(-1)!.toString(16)}`
    return net(`${text}/${base.length * 8 - 8 + bits}`)
  })
const host = (base: readonly number[]): Network => ({
  version: base.length === 4 ? 4 : 6,
  base,
  length: base.length * 8,
  text: '',
})
const addresses = (version: 4 | 6) => Array.from({ length: 256 }, (_, i) => [...PREFIX[version], i])
const holds = (networks: readonly Network[], bytes: readonly number[]) =>
  networks.some((network) => covers(network, bytes, bytes.length * 8))

for (const version of [4, 6] as const) {
  const networks = fc.array(small(version), { maxLength: 12 })
  const all = addresses(version)

  describe(`core/network-set: IPv${version}`, () => {
    it('holds an address where one of its networks does', () => {
      fc.assert(
        fc.property(networks, (given) => {
          const set = new NetworkSet(given)
          for (const bytes of all) assert.equal(set.covers(host(bytes)), holds(given, bytes))
        }),
      )
    })

    it('is made of the fewest networks: none touches another, and no two are one', () => {
      fc.assert(
        fc.property(networks, (given) => {
          const made = [...new NetworkSet(given)]
          const counts = all.map((bytes) => made.filter((one) => holds([one], bytes)).length)
          assert.ok(counts.every((count) => count <= 1))
          assert.deepEqual(texts(new NetworkSet([...made].reverse())), texts(made))
          const sizes = made.map(({ base, length }) => `${base.join()}/${length}`)
          assert.equal(new Set(sizes).size, made.length)
          for (const one of made) {
            const without = new NetworkSet(made.filter((other) => other !== one))
            assert.ok(![...without].some((other) => covers(other, one.base, one.length)))
          }
        }),
      )
    })

    it('covers a network where it holds all of it, by one member or several', () => {
      fc.assert(
        fc.property(networks, small(version), (given, asked) => {
          const inside = all.filter((bytes) => holds([asked], bytes))
          const whole = inside.every((bytes) => holds(given, bytes))
          assert.equal(new NetworkSet(given).covers(asked), whole)
        }),
      )
    })

    it('carves: the pieces and the holes are the network, apart, and as few as can be', () => {
      fc.assert(
        fc.property(networks, small(version), (given, asked) => {
          const set = new NetworkSet(given)
          const pieces = set.carve(asked, 256)
          const holes = set.within(asked)
          assert.ok(pieces)
          for (const bytes of all) {
            const parts: Network[] = [...pieces, ...holes].filter((one) => holds([one], bytes))
            assert.equal(parts.length, holds([asked], bytes) ? 1 : 0)
            if (holds(given, bytes)) assert.ok(!holds(pieces, bytes))
          }
          assert.deepEqual(texts(new NetworkSet(pieces)), texts(pieces))
        }),
      )
    })
  })
}

describe('core/network-set', () => {
  it('joins halves and drops what is nested', () => {
    const set = new NetworkSet(['10.0.1.0/24', '10.0.0.0/24', '10.0.0.7', '10.0.2.0/23'].map(net))
    assert.deepEqual(texts(set), ['10.0.0.0/22'])
    assert.equal(set.size, 1)
  })

  it('may hold everything of one version', () => {
    const set = new NetworkSet(['0.0.0.0/1', '128.0.0.0/1'].map(net))
    assert.deepEqual(texts(set), ['0.0.0.0/0'])
    assert.ok(set.covers(net('255.255.255.255')))
    assert.ok(!set.covers(net('::')))
  })

  it('carves one address out of a /16 into sixteen, and gives up beyond the bound', () => {
    const set = new NetworkSet([net('198.51.100.7')])
    const pieces = set.carve(net('198.51.0.0/16'), 16)
    assert.equal(pieces?.length, 16)
    assert.equal(set.carve(net('198.51.0.0/16'), 15), undefined)
    assert.deepEqual(set.carve(net('198.51.100.7'), 15), [])
  })

  it('reads networks of any width, and addresses; nothing else', () => {
    assert.equal(net('0.0.0.0/0').text, '0.0.0.0/0')
    assert.equal(net('::ffff:192.0.2.1').text, '192.0.2.1/32')
    for (const text of ['10.0.0.1/8', '10.0.0.0/33', 'a.example', '', '::1%1']) {
      assert.equal(anyNetwork(text), undefined, text)
    }
  })
})
