/** A bulk revocation means what stands, is bounded, and goes on where it was stopped. */
import assert from 'node:assert/strict'
import { LIMITS } from '../../src/core/limits.js'
import { VoiceError, type SelectionItem } from '../../src/core/ports.js'
import { selectionOf, type Selection } from '../../src/core/selection.js'
import { BulkRevocation } from '../../src/intake/bulk-revocation.js'
import { openLab, type Lab } from '../support/lab.js'

const addresses = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    ...{ type: 'ip', value: `45.0.${(from + i) >> 8}.${(from + i) & 255}` },
  }))

function selected(lab: Lab, item: SelectionItem): Selection {
  const selection = selectionOf(item, lab.time.now)
  return selection.ok ? selection.value : assert.fail(selection.code)
}

const found = async (lab: Lab, item: SelectionItem) => {
  const { matched, sample } = await lab.bulkRevoker.count(selected(lab, item))
  return [matched, sample.map(({ value }) => value).sort()]
}

describe('bulk revocation: bounds', () => {
  it('means what stands, not what another token corrected or what was taken back', async () => {
    const lab = await openLab('a')
    const [one, two, three] = addresses(3)
    await lab.voice.report([one!, two!, three!], { by: 'feed' })
    await lab.voice.report([{ ...one!, confidence: 90, ttl: '1h' }], { by: 'person' })
    await lab.voice.revoke([{ ...two!, reason: 'legal' }])
    assert.deepEqual(await found(lab, { token: 'feed' }), [1, [three!.value]])
    assert.deepEqual(await found(lab, { token: 'person' }), [1, [one!.value]])
  })

  it('takes back a bounded number a call; stopped half-way the same call goes on', async () => {
    const lab = await openLab('a')
    const total = LIMITS.selectedMax + 1_500
    for (let i = 0; i < total; i += 1_000) {
      await lab.voice.report(addresses(Math.min(1_000, total - i), i), { by: 'feed' })
    }
    const kept = { type: 'ip', value: '45.9.0.1' }
    await lab.voice.report([kept], { by: 'person' })
    const selection = selected(lab, { token: 'feed' })
    const before = lab.state.heads.get(lab.own)!.seq
    assert.equal((await lab.bulkRevoker.count(selection)).matched, total)
    assert.equal(lab.state.heads.get(lab.own)!.seq, before)
    let calls = 0
    const { voice, state, store } = lab
    const failing = new BulkRevocation({
      ...{ state, store, clock: () => lab.time.now },
      voice: {
        revoke: (items, options) =>
          ++calls > 3
            ? Promise.reject(new VoiceError('store-failed', 'no space'))
            : voice.revoke(items, options),
      },
    })
    await assert.rejects(failing.revoke(selection, 'false-positive'), { code: 'store-failed' })
    const first = await lab.bulkRevoker.revoke(selection, 'false-positive', { by: 'person' })
    assert.deepEqual([first.matched, first.revoked, first.left], [total - 3_000, total - 3_000, 0])
    const again = await lab.bulkRevoker.revoke(selection, 'false-positive')
    assert.deepEqual([again.matched, again.revoked, again.left], [0, 0, 0])
    assert.equal(lab.check('ip', addresses(1, total - 1)[0]!.value).action, 'allow')
    assert.equal(lab.check('ip', kept.value).action, 'block')
  }).timeout(60_000)

  it('answers what is left where it is more than one call takes', async () => {
    const lab = await openLab('a')
    const total = LIMITS.selectedMax + 7
    for (let i = 0; i < total; i += 1_000) {
      await lab.voice.report(addresses(Math.min(1_000, total - i), i))
    }
    const selection = selected(lab, { since: '1h' })
    const first = await lab.bulkRevoker.revoke(selection, 'legal')
    assert.deepEqual([first.revoked, first.left], [LIMITS.selectedMax, 7])
    const second = await lab.bulkRevoker.revoke(selection, 'legal')
    assert.deepEqual([second.revoked, second.left], [7, 0])
  }).timeout(60_000)
})
