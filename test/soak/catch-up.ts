/**
 * How fast the guarantee is: a node that was away during a bulk report, and a new member on a mesh
 * with many live indicators, beside the raw write of the same rows. Real nodes; the line between
 * them is counted. The size of each part is given by the caller: short in `npm test`, long in `npm
 * run soak`.
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { until, type LabProcess } from '../../src/cli/lab-process.js'
import { countingLine } from '../support/counting-line.js'
import { equal, Fleet } from '../support/fleet.js'
import { runSoak, type Figures } from '../support/soak-run.js'

export interface CatchUpSizes {
  /** Reported in bulk while the other node is away. */
  readonly away: number
  /** Live on the mesh when the new member comes. */
  readonly newcomer: number
  /** Reported one by one, an envelope each. */
  readonly lone: number
}

export interface CatchUpFigures extends Figures {
  readonly awaySeconds: number
  /** Bytes over the line ÷ bytes of the envelopes. */
  readonly awayBytesRatio: number
  readonly newcomerSeconds: number
  readonly rawSeconds: number
  readonly newcomerRssMb: number
  readonly lonePerSecond: number
  readonly packedPerSecond: number
}

const CHUNK = 1_000
const IN_FLIGHT = 4

/** Reports `count` addresses of 45.0.0.0/8 on from `from`, in bulk. */
async function bulk(lab: LabProcess, from: number, count: number): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) {
      const start = next
      next += CHUNK
      const items = Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => {
        const n = from + start + i
        const value = `45.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
        return { type: 'ip', value, ttl: '7d' }
      })
      const { status, body } = await lab.request('POST', '/v1/reports', items)
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body).slice(0, 200)}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
}

/** Bytes of all envelopes of a stopped node's own log, as they travel. */
async function envelopeBytes(lab: LabProcess): Promise<number> {
  const rows = await tables(lab, ['headers', 'payloads'])
  return rows.reduce((sum, [, value]) => sum + value.length, 0)
}

async function tables(lab: LabProcess, names: readonly string[]): Promise<[Buffer, Buffer][]> {
  const level = new Level<Buffer, Buffer>(join(lab.data, 'db'), { createIfMissing: false })
  await level.open()
  const rows: [Buffer, Buffer][] = []
  for (const name of names) {
    const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    const table = level.sublevel<Buffer, Buffer>(name, encodings)
    for await (const row of table.iterator()) rows.push(row)
  }
  await level.close()
  return rows
}

/** Seconds to write the rows a catch-up leaves, in synced batches, without anything else. */
async function rawWrite(fleet: Fleet, lab: LabProcess): Promise<number> {
  const names = ['headers', 'payloads', 'payload-order', 'claims', 'expiry', 'feed']
  const rows = await tables(lab, names)
  const path = join(fleet.folder, 'raw')
  const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
  const level = new Level<Buffer, Buffer>(path, encodings)
  await level.open()
  const started = performance.now()
  for (let i = 0; i < rows.length; i += CHUNK) {
    const puts = rows.slice(i, i + CHUNK).map(([key, value]) => {
      return { type: 'put' as const, key, value }
    })
    await level.batch(puts, { sync: true } as object)
  }
  const seconds = (performance.now() - started) / 1_000
  await level.close()
  await rm(path, { recursive: true, force: true })
  return seconds
}

async function peakRssMb(lab: LabProcess): Promise<number> {
  const status = await readFile(`/proc/${lab.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024
}

async function admitBy(lab: LabProcess, other: LabProcess, port: number): Promise<void> {
  const card = (await other.card()).replace(/\/tcp\/\d+/, `/tcp/${port}`)
  await lab.request('POST', '/v1/members', { card, name: other.name, newOrganisation: true })
}

async function awayPart(fleet: Fleet, count: number) {
  const [a, b] = (await fleet.mesh('Away A', 'Away B')) as [LabProcess, LabProcess]
  // B will know A by the counted line alone, and A will not dial.
  const bare = (await b.card()).replace(/^tocsin:([^@]+)@.*$/, '$1')
  await b.request('DELETE', '/v1/members/Away%20A')
  await a.request('DELETE', '/v1/members/Away%20B')
  await a.request('POST', '/v1/members', { card: bare, name: b.name })
  await b.end()
  await bulk(a, 0, count)
  const line = await countingLine(a.meshPort)
  await b.start()
  await admitBy(b, a, line.port)
  const seconds = (await equal([a, b], 300_000)) / 1_000
  const bytes = line.received()
  await Promise.all([a.end(), b.end()])
  await line.close()
  return { seconds, ratio: bytes / (await envelopeBytes(a)) }
}

async function newcomerPart(fleet: Fleet, count: number) {
  const a = await fleet.lab('Full')
  await bulk(a, 0, count)
  const c = await fleet.lab('Newcomer')
  await a.admit(c)
  const started = performance.now()
  await c.admit(a)
  await equal([a, c], 1_200_000)
  const seconds = (performance.now() - started) / 1_000
  const rss = await peakRssMb(c)
  await Promise.all([a.end(), c.end()])
  return { seconds, rss, raw: await rawWrite(fleet, c) }
}

async function lonePart(fleet: Fleet, count: number): Promise<number> {
  const a = await fleet.lab('Lone')
  for (let i = 0; i < count; i++) {
    const value = `46.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`
    await a.request('POST', '/v1/reports', { type: 'ip', value })
  }
  const c = await fleet.lab('Lone newcomer')
  await a.admit(c)
  const started = performance.now()
  await c.admit(a)
  await until('level', async () => (await c.status())['live'] === count, 600_000, 20)
  const seconds = (performance.now() - started) / 1_000
  await Promise.all([a.end(), c.end()])
  return count / seconds
}

export async function catchUp(sizes: CatchUpSizes): Promise<CatchUpFigures> {
  const fleet = await Fleet.open()
  try {
    const away = await awayPart(fleet, sizes.away)
    const newcomer = await newcomerPart(fleet, sizes.newcomer)
    const lonePerSecond = await lonePart(fleet, sizes.lone)
    return {
      awaySeconds: away.seconds,
      awayBytesRatio: away.ratio,
      newcomerSeconds: newcomer.seconds,
      rawSeconds: newcomer.raw,
      newcomerRssMb: newcomer.rss,
      lonePerSecond,
      packedPerSecond: sizes.newcomer / newcomer.seconds,
    }
  } finally {
    await fleet.close()
  }
}

await runSoak(import.meta.url, 'catch-up', () =>
  catchUp({ away: 100_000, newcomer: 1_000_000, lone: 5_000 }),
)
