/** The hosts of the mesh itself: never acted on, and nothing that reaches them is published. */
import assert from 'node:assert/strict'
import { OwnRows } from '../../src/core/own-rows.js'
import { hostsOf, OwnHosts } from '../../src/policy/own-hosts.js'
import { guardsOf } from '../support/desk.js'
import { indicator } from '../support/samples.js'

const hosts = hostsOf([
  '/ip4/198.51.100.7/tcp/4717',
  '/ip6/2001:DB8::7/tcp/4717',
  '/dns4/Node.Lab-A.example/tcp/4717',
  '/ip4/not-an-address/tcp/1',
  '',
])
type Use = 'neither' | 'published' | 'both'
/** Where it is guarded: when published, or when acted on, too. */
const GUARDED: Readonly<Record<string, Use>> = {
  'ip 10.1.2.3': 'both',
  'ip 198.51.100.7': 'both',
  'ip ::ffff:198.51.100.7': 'both',
  'ip 198.51.100.0/24': 'published',
  'ip 2001:db8::7': 'both',
  'ip 2001:db8::/64': 'published',
  'domain node.lab-a.example': 'both',
  'domain api.node.lab-a.example': 'both',
  'domain lab-a.example': 'published',
  'ip 198.51.100.8': 'neither',
  'ip 198.51.101.0/24': 'neither',
  'ip 2001:db8:1::/64': 'neither',
  'domain other.lab-a.example': 'neither',
  'domain b-a.example': 'neither',
  'email-domain lab-a.example': 'neither',
  'asn 64496': 'neither',
}

describe('policy/own-hosts', () => {
  const guards = guardsOf(new OwnRows(), hosts)
  for (const [asked, use] of Object.entries(GUARDED)) {
    it(`${asked}: ${use}`, () => {
      const [type, raw] = asked.split(' ') as [string, string]
      const key = indicator(type, raw)
      assert.equal(guards.on(key, 0) !== undefined, use === 'both')
      assert.equal(guards.on(key, 0, true) !== undefined, use !== 'neither')
    })
  }

  it('sees a change of the roster at once, and of our own addresses within a second', () => {
    const addresses = ['/ip4/192.0.2.1/tcp/1']
    let revision = 1
    const own = new OwnHosts(
      () => addresses,
      () => revision,
    )
    const knows = (value: string, now: number) => own.at(now).covers(indicator('ip', value))
    assert.ok(knows('192.0.2.1', 0))
    addresses.push('/ip4/192.0.2.2/tcp/1')
    assert.ok(!knows('192.0.2.2', 999))
    assert.ok(knows('192.0.2.2', 1_000))
    addresses.push('/ip4/192.0.2.3/tcp/1')
    revision++
    assert.ok(knows('192.0.2.3', 1_001))
  })
})
