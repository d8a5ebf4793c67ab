/** Whom each member's node hears, by its own signed word: three labs, one of them half admitted. */
import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import type { Check } from '../../src/core/check-up.js'
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
        const isHeard = heard(ofB)?.join() === 'Lab A,Lab C' && heard(ofC)?.join() === 'Lab B'
        // It takes two dials that are cut to know it.
        return isHeard && ofC?.link === 'refused'
      },
      { timeoutMs: 60_000 },
    )
    const seen = await peers(a)
    assert.equal(seen.get('Lab B')?.hearsUs, true)
    assert.equal(seen.get('Lab C')?.hearsUs, false)
    const verdict = await a.check('ip', value(2))
    assert.equal((verdict['reasons'] as { member: string }[])[0]?.member, 'Lab C')
    assert.deepEqual((await c.check('ip', value(0)))['reasons'], [])
  })

  it('tocsin doctor names what fails first, with the mend to type, and ends with 1', async () => {
    const ran = await fleet.cli(a, 'doctor')
    assert.equal(ran.code, 1)
    assert.match(ran.stderr, /^tocsin: doctor-found: 1 of \d+ checks fail$/m)
    const [first, second] = ran.stdout.split('\n') as [string, string]
    assert.match(first, /^fail {2}members +Lab C has not admitted this node/)
    assert.ok(second.includes(`tocsin members add '${await a.card()}'`), second)
    await chmod(join(a.data, 'node.key'), 0o644)
    const json = await fleet.cli(a, 'doctor', '--json')
    const { checks } = JSON.parse(json.stdout) as { checks: Check[] }
    const failed = checks.filter(({ state }) => state === 'fail').map(({ name }) => name)
    assert.deepEqual(failed, ['keys', 'members'])
    await chmod(join(a.data, 'node.key'), 0o600)
    await c.admit(a)
    await until(async () => (await fleet.cli(a, 'doctor')).code === 0, { timeoutMs: 40_000 })
  })

  it('tocsin doctor looks at the folder of a node that does not run, and ends with 3', async () => {
    await b.end()
    await writeFile(join(b.data, 'policy.yaml'), 'quorums: 3\n')
    await chmod(join(b.data, 'operator.token'), 0o640)
    const port = /:(\d+)$/.exec(a.api)![1]!
    const listen = `listen: [/ip4/127.0.0.1/tcp/${port}]\napi: {listen: "127.0.0.1:0"}\n`
    const settings = join(fleet.folder, 'b.yaml')
    await writeFile(settings, listen)
    const ran = await fleet.cli(b, 'doctor', '--config', settings)
    assert.equal(ran.code, 3)
    assert.match(ran.stderr, /^tocsin: no-node: /m)
    for (const line of [
      /^fail {2}keys +others on this machine can reach .*operator\.token/m,
      /^fail {2}ports +127\.0\.0\.1 port \d+ cannot be listened on: EADDRINUSE/m,
      /^fail {2}policy +quorums: .*quorum/m,
      /^warn {2}node +no node runs here/m,
      /^ok {4}folder +format 1/m,
    ]) {
      assert.match(ran.stdout, line)
    }
    await writeFile(settings, 'listn: []\n')
    const none = await fleet.cli(undefined, 'doctor', '--data', '/nowhere', '--config', settings)
    assert.equal(none.code, 3)
    assert.match(none.stdout, /^fail {2}settings +listn: no such key; did you mean listen/m)
  })
})
