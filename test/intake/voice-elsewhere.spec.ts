/** What is tried out is not said; what comes from elsewhere knows less than what was seen here. */
import assert from 'node:assert/strict'
import { HOUR_MS } from '../../src/core/limits.js'
import { NOW, openLab } from '../support/lab.js'

const IP = { type: 'ip', value: '198.51.100.7' }

describe('our own voice: a dry run', () => {
  it('judges as if it said, and says, writes and remembers nothing', async () => {
    const lab = await openLab('a')
    await lab.voice.report([{ ...IP, value: '198.51.100.9' }])
    const head = lab.state.heads.get(lab.own)
    const items = [
      IP,
      IP,
      { ...IP, value: '198.51.100.9' },
      { ...IP, value: '127.0.0.1' },
      { ...IP, ttl: '90d' },
      { ...IP, tlp: 'red' },
    ]
    const receipt = '01'.repeat(32)
    const judged = await lab.voice.report(items, { dryRun: true, receipt })
    assert.deepEqual(
      judged.map(({ status, code, value }) => [status, code, value]),
      [
        ['accepted', undefined, IP.value],
        ['duplicate', undefined, IP.value],
        ['duplicate', undefined, '198.51.100.9'],
        ['refused', 'guarded', '127.0.0.1'],
        ['refused', 'ttl-too-long', undefined],
        ['refused', 'tlp-red', undefined],
      ],
    )
    assert.deepEqual(
      judged.map(({ envelope }) => envelope),
      [undefined, undefined, head!.id, undefined, undefined, undefined],
    )
    const gone = await lab.voice.revoke([{ ...IP, reason: 'legal' }], { dryRun: true })
    assert.equal(gone[0]!.code, 'nothing-to-revoke')
    assert.deepEqual(lab.state.heads.get(lab.own), head)
    assert.deepEqual([...(await lab.store.stopped(1, 10))], [])
    const [said] = await lab.voice.report([IP], { receipt })
    assert.equal(said!.status, 'accepted', 'the key was not used up')
  })

  it('is not mixed with what others say at the same time', async () => {
    const lab = await openLab('a')
    const [dry, said] = await Promise.all([
      lab.voice.report([IP], { dryRun: true }),
      lab.voice.report([IP]),
    ])
    assert.deepEqual([dry[0]!.status, said[0]!.status], ['accepted', 'accepted'])
    assert.equal(lab.state.heads.get(lab.own)!.seq, 1)
  })
})

describe('our own voice: what comes from elsewhere', () => {
  const spares = { sparesFirstHand: true }
  it('neither replaces nor takes back what was seen here', async () => {
    const lab = await openLab('a')
    await lab.voice.report([IP])
    const second = { ...IP, firstHand: false, confidence: 10 }
    const revoked = { ...IP, reason: 'no-longer-seen' }
    for (const [result] of [
      await lab.voice.report([second], spares),
      await lab.voice.revoke([revoked], spares),
    ]) {
      assert.deepEqual([result!.status, result!.code], ['refused', 'first-hand-stands'])
    }
    assert.equal((await lab.voice.report([second]))[0]!.status, 'accepted')
    assert.equal(
      (await lab.voice.report([{ ...second, confidence: 20 }], spares))[0]!.code,
      undefined,
    )
    assert.equal((await lab.voice.revoke([revoked], spares))[0]!.status, 'accepted')
  })

  it('a sighting is of its own day, and ends by it', async () => {
    const lab = await openLab('a')
    const ago = (ms: number) => new Date(NOW - ms).toISOString()
    const seen = async (seenAt: string) =>
      (await lab.voice.sight([{ ...IP, seen: seenAt }]))[0]!.code
    assert.equal(await seen(ago(25 * HOUR_MS)), 'ttl-too-short')
    assert.equal(await seen('yesterday'), 'ttl-malformed')
    assert.equal(await seen(ago(23 * HOUR_MS)), undefined)
    assert.equal(await seen(ago(-HOUR_MS)), undefined)
  })
})
