/**
 * What a lab looks up is told to nobody: look-ups of every kind while the line to the only other
 * member is watched, byte by byte. A member says something by itself now and then (beacons, keeping
 * the line alive); a window in which that happened is looked at again, and is told.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { LIMITS, MINUTE_MS } from '../../src/core/limits.js'
import { countingLine, type CountingLine } from '../support/counting-line.js'
import { Fleet, linked, run } from '../support/fleet.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { until } from '../support/until.js'

export interface SilenceOptions {
  readonly seed: number
  readonly lookUps: number
  /** Looked up in one window: longer ones meet a beacon more often. */
  readonly window: number
}

/** Windows with bytes of their own, of all: beacons come at least thirty seconds apart. */
const LOUD_SHARE_MAX = 0.5
const QUIET_MS = 200

export async function silence({ seed, lookUps, window }: SilenceOptions): Promise<Figures> {
  const fleet = await Fleet.open()
  let line: CountingLine | undefined
  try {
    const [a, b] = await pair(fleet)
    line = await countingLine(a.meshPort)
    const card = (await a.card()).replace(`/tcp/${a.meshPort}`, `/tcp/${line.port}`)
    await b.request('POST', '/v1/members', { card, name: a.name })
    const { peerId } = await b.status()
    await a.request('POST', '/v1/members', { card: peerId, name: b.name })
    await linked([a, b])
    await known(a)
    const random = new Random(seed)
    const crossed = () => line!.received() + line!.sent()
    assert.ok(crossed() > 0, 'the line is the one they use')
    let [done, loud, loudBytes] = [0, 0, 0]
    const most = Math.ceil(lookUps / window / (1 - LOUD_SHARE_MAX))
    while (done < lookUps) {
      await quiet(crossed)
      const before = crossed()
      for (let asked = 0; asked < window; asked += LIMITS.requestItemsMax) await lookUp(a, random)
      const bytes = crossed() - before
      if (bytes === 0) done += window
      else {
        loud++
        loudBytes += bytes
      }
      assert.ok(loud + done / window <= most, `${loud} windows with bytes in them`)
    }
    return { lookUps: done, bytesToPeers: 0, windowsAgain: loud, beaconBytesInThem: loudBytes }
  } finally {
    await line?.close()
    await fleet.close()
  }
}

async function pair(fleet: Fleet): Promise<[LabProcess, LabProcess]> {
  const [one, two] = ['a', 'b'].map((name) => join(fleet.folder, name)) as [string, string]
  await run(['--data', one, 'federation', 'create', 'Labs'])
  await run(['--data', two, 'federation', 'join', join(one, 'federation.yaml')])
  const env = { TOCSIN_KEYED_TYPES: 'email,account,phone' }
  const lab = (name: string, data: string) => fleet.lab(name, { data, env })
  return [await lab('Lab A', one), await lab('Lab B', two)]
}

const KINDS: readonly ((n: number) => { readonly type: string; readonly value: string })[] = [
  (n) => ({ type: 'ip', value: `45.77.${(n >> 8) & 255}.${n & 255}` }),
  (n) => ({ type: 'ip', value: `2a01:4f8:${(n & 0xffff).toString(16)}::1` }),
  (n) => ({ type: 'domain', value: `d${n & 0xffff}.example.org` }),
  (n) => ({ type: 'email', value: `someone${n & 0xffff}@example.org` }),
  (n) => ({ type: 'account', value: `acme:${n & 0xffff}` }),
  (n) => ({ type: 'phone', value: `+49305${String(n & 0xffff).padStart(7, '0')}` }),
]

/** Some of what will be asked about is reported, so that there are hits. */
async function known(lab: LabProcess): Promise<void> {
  const items = Array.from({ length: 600 }, (_, i) => KINDS[i % KINDS.length]!(97 * i))
  const { status } = await lab.request('POST', '/v1/reports', items)
  assert.equal(status, 201)
}

async function lookUp(lab: LabProcess, random: Random): Promise<void> {
  const items = Array.from({ length: LIMITS.requestItemsMax }, () => {
    return KINDS[random.below(KINDS.length)]!(97 * random.below(6_000))
  })
  const { status, body } = await lab.request('POST', '/v1/check?view=action', { items })
  assert.equal(status, 200)
  const verdicts = body['verdicts'] as readonly { readonly action?: string }[]
  assert.ok(verdicts.every(({ action }) => action !== undefined))
  assert.ok(verdicts.some(({ action }) => action === 'block'))
}

/** What was reported has arrived, and its own talk is over. */
async function quiet(crossed: () => number): Promise<void> {
  let [bytes, sinceMs] = [crossed(), performance.now()]
  const isQuiet = () => {
    if (crossed() !== bytes) [bytes, sinceMs] = [crossed(), performance.now()]
    return performance.now() - sinceMs >= QUIET_MS
  }
  await until(isQuiet, { timeoutMs: MINUTE_MS, what: 'a silent line' })
}

await runSoak(import.meta.url, 'silence', ({ seed }) =>
  silence({ seed, lookUps: 1_000_000, window: 10_000 }),
)
