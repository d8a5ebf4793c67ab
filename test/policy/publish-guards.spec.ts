/** What our own door will not report: special-purpose ranges and the hosts of the mesh itself. */
import assert from 'node:assert/strict'
import { canonicalise } from '../../src/core/canonical-form.js'
import { protectedHosts, whyGuarded } from '../../src/policy/publish-guards.js'

const hosts = protectedHosts([
  '/ip4/198.51.100.7/tcp/4717',
  '/ip6/2001:DB8::7/tcp/4717',
  '/dns4/Node.Lab-A.example/tcp/4717',
  '/ip4/not-an-address/tcp/1',
  '',
])
const GUARDED: Readonly<Record<string, boolean>> = {
  'ip 10.1.2.3': true,
  'ip 198.51.100.7': true,
  'ip ::ffff:198.51.100.7': true,
  'ip 198.51.100.0/24': true,
  'ip 2001:db8::7': true,
  'ip 2001:db8::/64': true,
  'domain node.lab-a.example': true,
  'domain lab-a.example': true,
  'ip 198.51.100.8': false,
  'ip 198.51.101.0/24': false,
  'ip 2001:db8:1::/64': false,
  'domain other.lab-a.example': false,
  'domain b-a.example': false,
  'email-domain lab-a.example': false,
  'asn 64496': false,
}

describe('policy/publish-guards', () => {
  for (const [asked, guarded] of Object.entries(GUARDED)) {
    it(`${asked} is ${guarded ? 'guarded' : 'free'}`, () => {
      const [type, raw] = asked.split(' ') as [string, string]
      const made = canonicalise(type, raw)
      assert.ok(made.ok)
      assert.equal(whyGuarded(made.value, hosts) !== undefined, guarded)
    })
  }
})
