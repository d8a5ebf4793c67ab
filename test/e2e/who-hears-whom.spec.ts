/** Whom each member's node hears, by its own signed word: three labs, one of them half admitted. */
import assert from 'node:assert/strict'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { Fleet } from '../support/fleet.js'
import { until } from '../support/until.js'

interface Peer {
  readonly member: string
  readonly peerId: string
  readonly link: string
  readonly hears: readonly string[]
  readonly hearsUs: boolean | null
}

describe('who hears whom', function () {
  this.timeout(120_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess, c: LabProcess
  const ids = new Map<string, string>()

  before(async () => {
    fleet = await Fleet.open()
    ;[a, b, c] = await Promise.all([fleet.lab('Lab A'), fleet.lab('Lab B'), fleet.lab('Lab C')])
    for (const lab of [a, b, c]) {
      ids.set(String((await lab.status())['peerId']), lab.name)
    }
    // Lab C has not admitted Lab A: what Lab A says ends at Lab B.
    for (const [lab, other] of [
      [a, b],
      [a, c],
      [b, a],
      [b, c],
      [c, b],
    ] as const) {
      await lab.admit(other)
    }
  })
  after(() => fleet.close())

  const peers = async (lab: LabProcess) => {
    const { body } = await lab.request('GET', '/v1/peers')
    return new Map((body['peers'] as Peer[]).map((peer) => [peer.member, peer]))
  }
  const heard = (peer: Peer | undefined) => peer?.hears.map((id) => ids.get(id)).sort()

  it('is unknown before a member has been heard, and where nothing was said', async () => {
    for (const peer of (await peers(a)).values()) {
      assert.deepEqual([peer.hears, peer.hearsUs], [[], null])
    }
  })

  it('names the member that has not admitted us, though its reports reach us', async () => {
    const value = (i: number) => `203.0.113.${i + 1}`
    for (const [i, lab] of [a, b, c].entries()) {
      await lab.request('POST', '/v1/reports', { type: 'ip', value: value(i) })
    }
    await until(
      async () => {
        const seen = await peers(a)
        const [ofB, ofC] = [seen.get('Lab B'), seen.get('Lab C')]
        return heard(ofB)?.join() === 'Lab A,Lab C' && heard(ofC)?.join() === 'Lab B'
      },
      { timeoutMs: 60_000 },
    )
    const seen = await peers(a)
    assert.equal(seen.get('Lab B')?.hearsUs, true)
    assert.equal(seen.get('Lab C')?.hearsUs, false)
    assert.equal(seen.get('Lab C')?.link, 'refused')
    const verdict = await a.check('ip', value(2))
    assert.equal((verdict['reasons'] as { member: string }[])[0]?.member, 'Lab C')
    assert.deepEqual((await c.check('ip', value(0)))['reasons'], [])
  })
})
