/**
 * A revocation and the signed word of every member that it is applied: all that can be reached
 * within three seconds, one that was away within five after it is back. Real nodes.
 */
import assert from 'node:assert/strict'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { openBeacon, verifyBeacon } from '../../src/core/beacon.js'
import { peerNameOf } from '../../src/core/identity.js'
import { Fleet } from '../support/fleet.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { until } from '../support/until.js'

const ONLINE_MS_MAX = 3_000
const RETURN_MS_MAX = 5_000
const VALUE = '203.0.113.77'

export interface ReceiptsOptions {
  readonly nodes: number
  readonly rounds: number
}

interface Standings {
  readonly envelope: string
  readonly seq: number
  readonly applied: number
  readonly waiting: number
  readonly unreachable: number
  readonly members: readonly {
    readonly name: string
    readonly peerId: string
    readonly state: string
    readonly link: string
    readonly lagMs: number | null
    readonly receipt: { readonly beacon: string } | null
  }[]
}

export async function receipts({ nodes, rounds }: ReceiptsOptions): Promise<Figures> {
  const fleet = await Fleet.open()
  try {
    const names = Array.from({ length: nodes }, (_, i) => `Lab ${i + 1}`)
    const [own, ...others] = (await fleet.mesh(...names)) as [LabProcess, ...LabProcess[]]
    const online: number[] = []
    for (let round = 0; round < rounds; round++) {
      const { seq } = await revoked(own)
      const { ms, last } = await all(own, seq, (now) => now.applied === others.length)
      verify(last, others.length)
      online.push(ms)
    }
    const away = others.at(-1)!
    await away.end()
    await until(async () => (await ask(own)).members.some(({ link }) => link !== 'up'), {
      timeoutMs: 30_000,
    })
    const { seq } = await revoked(own)
    const present = await all(own, seq, (now) => now.waiting === 0)
    assert.equal(present.last.unreachable, 1)
    await away.start()
    const { ms: returnMs, last } = await all(own, seq, (now) => now.applied === others.length)
    verify(last, others.length)
    const onlineMs = Math.max(...online)
    const figures = { nodes, rounds, onlineMsMax: onlineMs, returnMs }
    assert.ok(onlineMs <= ONLINE_MS_MAX && returnMs <= RETURN_MS_MAX, JSON.stringify(figures))
    return figures
  } finally {
    await fleet.close()
  }
}

/** Reports and takes back; answers the envelope that takes back. */
async function revoked(own: LabProcess): Promise<Standings> {
  const item = { type: 'ip', value: VALUE }
  await own.request('POST', '/v1/reports', item)
  const answer = await own.request('POST', '/v1/revocations', { ...item, reason: 'false-positive' })
  const [{ envelope }] = answer.body['results'] as [{ envelope: string }]
  return ask(own, envelope)
}

async function ask(lab: LabProcess, envelope?: string): Promise<Standings> {
  const query = envelope === undefined ? '' : `?envelope=${envelope}`
  const answer = await lab.request('GET', `/v1/receipts${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body as unknown as Standings
}

/** Asks until it is enough; answers how long that took. */
async function all(lab: LabProcess, seq: number, enough: (now: Standings) => boolean) {
  const began = performance.now()
  let last = await ask(lab)
  const isEnough = async () => enough((last = await ask(lab)))
  if (!enough(last)) await until(isEnough, { timeoutMs: 60_000, what: 'all have applied it' })
  assert.equal(last.seq, seq)
  return { ms: Math.round(performance.now() - began), last }
}

/** Each receipt stands by itself: signed by who it is of, about our envelope or a later one. */
function verify({ members, seq }: Standings, count: number): void {
  assert.equal(members.length, count)
  for (const { peerId, receipt, lagMs } of members) {
    const beacon = openBeacon(Buffer.from(receipt!.beacon, 'base64'))
    assert.ok(beacon.ok && verifyBeacon(beacon.value).ok)
    assert.equal(peerNameOf(beacon.value.author), peerId)
    assert.ok(beacon.value.heads.some((head) => head.seq >= seq))
    assert.ok(lagMs !== null && lagMs >= 0)
  }
}

await runSoak(import.meta.url, 'receipts', () => receipts({ nodes: 20, rounds: 20 }))
