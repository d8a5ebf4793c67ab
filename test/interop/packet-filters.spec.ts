/** Packet filters with real packets, in a namespace of their own; as root and as anybody. */
import assert from 'node:assert/strict'
import { foreign, foreignEnv, runForeign } from '../support/foreign.js'
import { ROOT } from '../support/source-tree.js'

describe('interop: packet filters', () => {
  it('nftables and crowdsec-firewall-bouncer drop who is blocked, and nobody else', async () => {
    await foreign('ip', 'nft', 'crowdsec-firewall-bouncer')
    const program = [
      '--import',
      'tsx',
      '--import',
      './src/node20.ts',
      'test/interop/packet-filters.ts',
    ]
    const options = { cwd: ROOT, env: { ...foreignEnv(), TOCSIN_NAMESPACE: '1' }, timeout: 100_000 }
    const printed = await runForeign('unshare', ['-Urn', process.execPath, ...program], '', options)
    assert.deepEqual(JSON.parse(printed), {
      before: '45.77.10.1 45.78.0.77 45.77.10.2',
      nftables: '45.77.10.2',
      // It cuts the length off networks (cs-firewall-bouncer issue 396), so it is told addresses.
      bouncer: '45.77.10.2',
      'bouncer after a revocation': '45.77.10.1 45.77.10.2',
      'bouncer without the node': '45.77.10.2',
    })
  }).timeout(120_000)
})
