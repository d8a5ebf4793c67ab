/** Several keys of one organisation: one takes back what another said, and they count as one. */
import assert from 'node:assert/strict'
import { hand, NOW, openLab, ownOf, type Lab } from '../support/lab.js'
import { putMember, type MemberKey } from '../../src/core/roster.js'

const IP = { type: 'ip', value: '198.51.100.7' }

async function admitKeys(lab: Lab, name: string, ...keys: string[]): Promise<void> {
  const list: MemberKey[] = keys.map((key) => ({ author: ownOf(key), addresses: [] }))
  const member = { name, role: 'member', trust: 'corroborate', keys: list, addedMs: NOW } as const
  await lab.lists.change(putMember(member))
}

describe('sibling keys', () => {
  it('a second key takes back what the first said, where one member has both', async () => {
    const first = await openLab('first', { organisation: 'Lab A' })
    const second = await openLab('second', { organisation: 'Lab A' })
    const together = await openLab('together')
    const apart = await openLab('apart')
    await admitKeys(second, 'Lab A', 'first')
    await admitKeys(together, 'Lab A', 'first', 'second')
    await admitKeys(apart, 'Lab A', 'first')
    await admitKeys(apart, 'Somebody', 'second')
    await first.voice.report([IP])
    for (const lab of [second, together, apart]) await hand(first, lab)
    const [revoked] = await second.voice.revoke([{ ...IP, reason: 'own-customer' }])
    assert.equal(revoked!.status, 'accepted')
    assert.equal(second.check('ip', IP.value).action, 'allow')
    const again = await second.voice.revoke([{ ...IP, reason: 'own-customer' }])
    assert.equal(again[0]!.code, 'nothing-to-revoke')
    for (const lab of [together, apart]) await hand(second, lab)
    assert.equal(together.check('ip', IP.value).action, 'allow')
    assert.equal(apart.check('ip', IP.value).action, 'throttle')
    assert.equal(together.state.stateHash(NOW), apart.state.stateHash(NOW))
    assert.equal((await together.upkeep.verify()).ok, true)
    // What the first key says afterwards stands.
    first.time.now += 1_000
    await first.voice.report([{ ...IP, confidence: 90 }])
    await hand(first, together)
    together.time.now += 1_000
    assert.equal(together.check('ip', IP.value).action, 'throttle')
  })

  it('two keys of one member are one witness', async () => {
    const lab = await openLab('c')
    const one = await openLab('one')
    const two = await openLab('two')
    await admitKeys(lab, 'Lab A', 'one', 'two')
    for (const key of [one, two]) {
      await key.voice.report([IP])
      await hand(key, lab)
    }
    assert.equal(lab.check('ip', IP.value).action, 'throttle')
  })

  it('a report of our own other key is our own', async () => {
    const other = await openLab('other', { organisation: 'Lab A' })
    const lab = await openLab('main', { organisation: 'Lab A' })
    await admitKeys(lab, 'Lab A', 'other')
    await other.voice.report([IP])
    await hand(other, lab)
    assert.equal(lab.check('ip', IP.value).action, 'block')
  })
})
