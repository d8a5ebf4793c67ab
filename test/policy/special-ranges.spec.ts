/** Which addresses and networks nobody's report may act on, and which look so but are ordinary. */
import assert from 'node:assert/strict'
import { isDocumentation, isSpecialPurpose } from '../../src/policy/special-ranges.js'
import { indicator } from '../support/samples.js'

const SPECIAL = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.0.0.9',
  '192.88.99.1',
  '192.168.1.1',
  '198.19.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::ffff:127.0.0.1',
  '::',
  '::1',
  '::1.2.3.4',
  '64:ff9b::808:808',
  '100::1',
  '2001::1',
  '2001:2::1',
  '2001:20::1',
  '2002:c000:221::1',
  'fd00::1',
  'fe80::1',
  'ff02::1',
  '10.0.0.0/16',
  '192.168.7.0/24',
  '192.0.0.0/16', // reaches into 192.0.0.0/24
  '169.254.0.0/17',
  'fe80::/64',
  '2001::/32',
]
const ORDINARY = [
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.32.0.1',
  '192.0.2.1',
  '198.17.255.255',
  '198.51.100.7',
  '203.0.113.7',
  '223.255.255.255',
  '2001:200::1',
  '2001:db8::1',
  '2003::1',
  '2606:4700::1111',
  '198.51.100.0/24',
  '192.1.0.0/16',
  '2001:db8::/32',
]

function special(raw: string): boolean {
  return isSpecialPurpose(indicator('ip', raw))
}

describe('policy/special-ranges', () => {
  for (const raw of SPECIAL) it(`${raw} never acts`, () => assert.equal(special(raw), true))
  for (const raw of ORDINARY) it(`${raw} is ordinary`, () => assert.equal(special(raw), false))

  it('knows names that are nobody’s own', () => {
    for (const value of [
      'printer.local',
      'a.onion',
      '1.0.0.127.in-addr.arpa',
      'github.io',
      'co.uk',
    ]) {
      assert.equal(isSpecialPurpose({ type: 5, value }), true, value)
      assert.equal(isSpecialPurpose({ type: 13, value }), true, value)
    }
    for (const value of ['localhost.localdomain', 'shop.github.io', 'a.example', 'mylocal.com']) {
      assert.equal(isSpecialPurpose({ type: 5, value }), false, value)
    }
  })

  it('tells documentation apart', () => {
    for (const raw of ['192.0.2.1', '198.51.100.0/24', '203.0.113.9', '2001:db8:7::/48']) {
      assert.equal(isDocumentation(indicator('ip', raw)), true, raw)
    }
    for (const raw of ['192.0.3.1', '198.51.0.0/16', '2001:db9::1']) {
      assert.equal(isDocumentation(indicator('ip', raw)), false, raw)
    }
    for (const value of ['example.com', 'a.b.example', 'www.example.org', 'lab.test']) {
      assert.equal(isDocumentation({ type: 5, value }), true, value)
    }
    for (const value of ['example.de', 'my-example.com', 'example.com.de']) {
      assert.equal(isDocumentation({ type: 5, value }), false, value)
    }
  })

  it('is asked of addresses, networks and names only', () => {
    assert.equal(isDocumentation({ type: 4, value: '64496' }), false)
    assert.equal(isSpecialPurpose({ type: 1, value: 'not an address' }), false)
  })
})
