/**
 * The closed tables: numbers that travel are fixed for ever, so they are written out here once
 * more.
 */
import assert from 'node:assert/strict'
import * as codes from '../../src/core/codes.js'
import { indicatorOf, keyOf, TYPES, typeByName, typeOf } from '../../src/core/indicator.js'
import { HOUR_MS, LIMITS } from '../../src/core/limits.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'

const NUMBERS = {
  ACTION: 'allow 0 observe 1 throttle 2 challenge 3 block 4',
  CATEGORY: [
    'unspecified 0 capability-extraction 1 reasoning-extraction 2 reward-modelling 3',
    'safety-rewrite 4 account-farming 5 reseller-proxy 6 probing 7',
  ].join(' '),
  REVOCATION_REASON:
    'false-positive 1 own-customer 2 reported-in-error 3 no-longer-seen 4 legal 5 superseded 6',
  DISPUTE_REASON: 'withdrawn 0 own-customer 1 shared-infrastructure 2 wrong-value 3 stale 4',
  LABEL: 'automated 1 reviewed 2 synthetic 3 drill 4',
  BUCKET: 'unspecified 0 1-4 1 5-19 2 20-99 3 100-999 4 1000+ 5',
  TLP: 'red 1 amber+strict 2 amber 3 green 4 clear 5',
  PAP: 'red 1 amber 2 green 3 clear 4',
} as const

const TYPE_NUMBERS = [
  'net.ipv4 1 net.ipv6 2 net.cidr 3 net.asn 4',
  'net.domain 5 tls.ja3 6 tls.ja4 7 http.header-order 8',
  'http.user-agent 9 tool.schema 10 actor.account 11 actor.email 12',
  'actor.email-domain 13 actor.phone 14 actor.payment 15 actor.bin 16',
  'actor.api-key 17 actor.proxy-service 18 query.exact 19 query.segment 20',
  'query.sketch 21',
].join(' ')

const V4_WIDE = '198.51.0.0/23'
/**
 * Privacy, kind, caps alone and together, life by default and at most in hours; a network's caps
 * as wide and as narrow.
 */
const TYPE_RULES: Readonly<Record<string, string>> = {
  'net.ipv4': 'clear network throttle block 24 168',
  'net.ipv6': 'clear network throttle block 48 168',
  'net.cidr': 'clear network observe throttle 168 720',
  'net.asn': 'clear network observe throttle 720 2160',
  'net.domain': 'clear network observe throttle 720 2160',
  'tls.ja3': 'clear client observe throttle 336 2160',
  'tls.ja4': 'clear client observe throttle 336 2160',
  'http.header-order': 'clear client observe throttle 720 2160',
  'http.user-agent': 'clear client observe throttle 336 720',
  'tool.schema': 'keyed client observe throttle 1440 2160',
  'actor.account': 'keyed identity throttle block 2160 4320',
  'actor.email': 'keyed identity throttle block 2160 4320',
  'actor.email-domain': 'clear identity throttle block 720 2160',
  'actor.phone': 'keyed identity throttle block 720 2160',
  'actor.payment': 'keyed identity throttle block 2160 4320',
  'actor.bin': 'clear identity observe throttle 720 1440',
  'actor.api-key': 'keyed identity throttle block 720 2160',
  'actor.proxy-service': 'clear network observe throttle 1440 2160',
  'query.exact': 'keyed query throttle block 720 1440',
  'query.segment': 'keyed query observe throttle 720 1440',
  'query.sketch': 'keyed query throttle block 720 1440',
}

describe('core: the closed tables', () => {
  for (const [name, numbers] of Object.entries(NUMBERS)) {
    it(name, () => {
      const table: codes.CodeTable<string> = codes[name as keyof typeof NUMBERS]
      assert.equal(table.names.map((one) => `${one} ${table.code(one)}`).join(' '), numbers)
      for (const one of table.names) {
        assert.equal(table.name(table.code(one)), one)
        assert.equal(table.parse(one), table.code(one))
      }
      assert.equal(table.parse('constructor'), undefined)
      assert.equal(table.name(99), undefined)
    })
  }

  it('indicator types', () => {
    assert.equal(TYPES.map(({ name, code }) => `${name} ${code}`).join(' '), TYPE_NUMBERS)
  })

  it('every type is found by its names, and lives no longer than the wire allows', () => {
    for (const type of TYPES) {
      assert.equal(typeByName(type.name), type)
      assert.equal(typeByName(type.short), type)
      assert.equal(typeOf(type.code), type)
      assert.ok(type.lifeMsDefault <= type.lifeMsMax && type.lifeMsMax <= LIMITS.lifeMsMax)
    }
    assert.throws(() => typeOf(0))
  })

  it('every type has the privacy, kind, caps and lives that are published', () => {
    const told = TYPES.map((type) => [
      type.name,
      [
        type.privacy,
        type.evidence,
        type.alone(V4_WIDE),
        type.together(V4_WIDE),
        type.lifeMsDefault / HOUR_MS,
        type.lifeMsMax / HOUR_MS,
      ].join(' '),
    ])
    assert.deepEqual(Object.fromEntries(told), TYPE_RULES)
  })

  it('networks act by their width', () => {
    const { alone, together } = typeByName('cidr')!
    const caps = Object.fromEntries(
      [
        '198.51.100.128/25',
        '198.51.100.0/24',
        '198.51.100.0/23',
        '198.51.0.0/16',
        '2001:db8::/64',
        '2001:db8::/48',
        '2001:db8::/47',
        '2001:db8::/32',
      ].map((value) => [value, `${alone(value)} ${together(value)}`]),
    )
    assert.deepEqual(caps, {
      '198.51.100.128/25': 'throttle block',
      '198.51.100.0/24': 'throttle block',
      '198.51.100.0/23': 'observe throttle',
      '198.51.0.0/16': 'observe throttle',
      '2001:db8::/64': 'throttle block',
      '2001:db8::/48': 'throttle block',
      '2001:db8::/47': 'observe throttle',
      '2001:db8::/32': 'observe throttle',
    })
  })

  it('a key names its indicator, colons and all', () => {
    const indicator = { type: 2, value: '2001:db8::1' }
    assert.deepEqual(indicatorOf(keyOf(indicator)), indicator)
  })

  it('the open federation is SHA-256("tocsin/1/open")', () => {
    assert.equal(
      OPEN_FEDERATION.networkId,
      '6f12a084763f75a2555b2da8b411e57e4a97d730c89726845641ef869a0a5ffd',
    )
  })
})
