/** Links that look alive and are not: what gets them back. */
import assert from 'node:assert/strict'
import { LIMITS } from '../../src/core/limits.js'
import { until } from '../support/until.js'
import { Lab } from './lab.js'
import { RawNode } from './raw-node.js'

const QUICK = { watchdogMs: 1_000, probeMs: 100 }

describe('mesh watchdog', () => {
  afterEach(async () => {
    await RawNode.stopAll()
    await Lab.stopAll()
  })

  it('resets a member that stays connected without subscribing', async () => {
    const lab = await Lab.start({ timings: QUICK })
    const deaf = await RawNode.start()
    deaf.subscribe()
    lab.admit(deaf)
    await until(() => lab.isUp(deaf))
    deaf.libp2p.services.pubsub.unsubscribe(deaf.topic)
    await until(() => lab.link(deaf)?.link === 'down')
    await until(() => lab.logged('mesh-link-reset'))
    deaf.subscribe()
    await until(() => lab.isUp(deaf))
  })

  it('restores delivery after a message that cut pubsub but not the connection', async () => {
    const lab = await Lab.start({ timings: QUICK })
    const member = await RawNode.start()
    member.subscribe()
    lab.admit(member)
    await until(() => lab.isUp(member) && member.hears(lab))
    await member.send(new Uint8Array(4 * LIMITS.envelopeBytesMax + 1))
    await until(() => lab.link(member)?.link === 'down')
    assert.equal(member.libp2p.getConnections().length, 1, 'the connection itself stays')
    await until(() => lab.isUp(member) && member.hears(lab))
    assert.ok(lab.logged('mesh-link-reset'))
    // A little one is heard again (as garbage, which is what it is).
    await until(async () => {
      await member.send(crypto.getRandomValues(new Uint8Array(8)))
      return lab.link(member)?.counts['refused:not-canonical'] !== undefined
    })
  })

  it('says so when a member is in another network, and leaves that link alone', async () => {
    const [here, there] = [
      await Lab.start({ timings: QUICK }),
      await Lab.start({ timings: QUICK, networkId: 'cd'.repeat(32) }),
    ]
    here.admit(there)
    there.admit(here)
    const foreign = (a: Lab, b: Lab) => a.link(b)?.link === 'wrong-network'
    await until(() => foreign(here, there) && foreign(there, here))
    assert.ok(here.logged('mesh-wrong-network'))
    assert.equal(here.logged('mesh-link-reset'), false)
  })
})
