/** Which keys speak about a question, per way of matching in the table of types. */
import assert from 'node:assert/strict'
import { canonicalise } from '../../src/core/canonical-form.js'
import { keyOf, TYPES, typeOf, type Indicator } from '../../src/core/indicator.js'
import { ClaimIndex } from '../../src/lookup/claim-index.js'
import { keysAbout } from '../../src/lookup/keys-about.js'
import { authorNamed, entry, report } from '../support/samples.js'

const B = authorNamed('B').author

function canonical(type: string, raw: string): Indicator {
  const made = canonicalise(type, raw)
  assert.ok(made.ok, `${type} ${raw}`)
  return made.value
}

/** An index in which each value is spoken about. */
function indexOf(...held: readonly (readonly [type: string, value: string])[]): ClaimIndex {
  const index = new ClaimIndex()
  for (const [type, value] of held) {
    const indicator = canonical(type, value)
    const staircase = [entry(B, 1, 0, report(indicator))]
    index.set(keyOf(indicator), { author: B, kind: 'claim', about: null, staircase })
  }
  return index
}

/** The keys of the index that speak about a question. */
function about(index: ClaimIndex, type: string, raw: string): string[] {
  return keysAbout(index, canonical(type, raw))
    .filter((key) => index.on(keyOf(key)).length > 0)
    .map(({ type: code, value }) => `${typeOf(code).short} ${value}`)
}

const HELD = indexOf(
  ['ip', '198.51.100.7'],
  ['ip', '198.51.100.0/24'],
  ['ip', '198.51.100.0/25'],
  ['ip', '198.51.0.0/16'],
  ['ip', '2001:db8:0:1::7'],
  ['ip', '2001:db8:0:1::/64'],
  ['ip', '2001:db8::/48'],
  ['ip', '2001:db8:0:1:0:0:0:0/100'],
  ['domain', 'example.com'],
  ['domain', 'api.example.com'],
  ['email-domain', 'example.com'],
  ['bin', '411111'],
  ['bin', '41111199'],
  ['asn', '64496'],
)

const CASES: readonly (readonly [type: string, raw: string, ...keys: string[]])[] = [
  // exact, and every covering prefix, longest first
  [
    'ip',
    '198.51.100.7',
    'ipv4 198.51.100.7',
    'cidr 198.51.100.0/25',
    'cidr 198.51.100.0/24',
    'cidr 198.51.0.0/16',
  ],
  ['ip', '::ffff:198.51.100.200', 'cidr 198.51.100.0/24', 'cidr 198.51.0.0/16'],
  ['ip', '198.52.100.7'],
  // a network: what covers it whole, never what lies inside
  ['ip', '198.51.100.0/25', 'cidr 198.51.100.0/25', 'cidr 198.51.100.0/24', 'cidr 198.51.0.0/16'],
  ['ip', '198.51.100.0/24', 'cidr 198.51.100.0/24', 'cidr 198.51.0.0/16'],
  ['ip', '198.51.100.128/25', 'cidr 198.51.100.0/24', 'cidr 198.51.0.0/16'],
  ['ip', '198.51.96.0/20', 'cidr 198.51.0.0/16'],
  // an IPv6 address: exact, others of its /64, covering prefixes
  [
    'ip',
    '2001:db8:0:1::7',
    'ipv6 2001:db8:0:1::7',
    'cidr 2001:db8:0:1::/100',
    'cidr 2001:db8:0:1::/64',
    'cidr 2001:db8::/48',
  ],
  [
    'ip',
    '2001:db8:0:1:1::9',
    'ipv6 2001:db8:0:1::7',
    'cidr 2001:db8:0:1::/64',
    'cidr 2001:db8::/48',
  ],
  ['ip', '2001:db8:0:2::7', 'cidr 2001:db8::/48'],
  [
    'ip',
    '2001:db8:0:1::/64',
    'cidr 2001:db8:0:1::/64',
    'ipv6 2001:db8:0:1::7',
    'cidr 2001:db8::/48',
  ],
  [
    'ip',
    '2001:db8:0:1:2::/80',
    'ipv6 2001:db8:0:1::7',
    'cidr 2001:db8:0:1::/64',
    'cidr 2001:db8::/48',
  ],
  ['ip', '2001:db8::/47'],
  // a name: itself and the names above it, never those below or beside
  ['domain', 'a.api.example.com', 'domain api.example.com', 'domain example.com'],
  ['domain', 'example.com', 'domain example.com'],
  ['domain', 'notexample.com'],
  // the registrable domain of an e-mail address's domain, in its own type
  ['email-domain', 'mail.example.com', 'email-domain example.com'],
  // a prefix of the card number
  ['bin', '41111100', 'bin 411111'],
  ['bin', '41111199', 'bin 41111199', 'bin 411111'],
  ['bin', '411111', 'bin 411111'],
  ['bin', '411112'],
  ['bin', '41111200'],
  // exact
  ['asn', 'AS64496', 'asn 64496'],
  ['asn', '6449'],
]

describe('lookup/keys-about', () => {
  for (const [type, raw, ...keys] of CASES) {
    it(`${type} ${raw}: ${keys.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(about(HELD, type, raw), keys)
    })
  }

  it('asks each key once, the question among them', () => {
    for (const [type, raw] of CASES) {
      const question = canonical(type, raw)
      const keys = keysAbout(HELD, question).map(keyOf)
      assert.equal(new Set(keys).size, keys.length, raw)
      assert.ok(keys.includes(keyOf(question)), raw)
    }
  })

  it('types without a rule of their own match exactly', () => {
    const ruled = ['net.ipv4', 'net.ipv6', 'net.cidr', 'net.domain', 'actor.bin']
    for (const { code, name } of TYPES) {
      if (ruled.includes(name)) continue
      const question = { type: code, value: '0123456789.abcdef' }
      assert.deepEqual(keysAbout(HELD, question), [question], name)
    }
  })
})
