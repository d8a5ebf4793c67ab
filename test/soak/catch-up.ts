/**
 * How fast the guarantee is: a node that was away during a bulk report, and a new member on a mesh
 * with many live indicators, beside the raw write of the same rows. Real nodes; the line between
 * them is counted. The size of each part is given by the caller: short in `npm test`, long in `npm
 * run soak`.
 */
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until, type LabProcess } from '../../src/cli/lab-process.js'
import { countingLine } from '../support/counting-line.js'
import { equal, Fleet } from '../support/fleet.js'
import { cpuSecondsOf, rssMibOf } from '../support/process-cost.js'
import { rawWrites, tables } from '../support/raw-rows.js'
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
  /** To write the rows the newcomer then holds, in the order of the log and in synced batches. */
  readonly rawSeconds: number
  readonly timesRaw: number
  /** Of all threads: what remains to compare where the machine has other work as well. */
  readonly newcomerCpuSeconds: number
  readonly rawCpuSeconds: number
  /** The same by a chained batch, which spares the copies of `batch([…])`. */
  readonly rawChainedSeconds: number
  readonly newcomerPeakRssMb: number
  readonly newcomerHeapMb: number
  /** At the end, above what it had before. */
  readonly rssBytesPerIndicator: number
  readonly lonePerSecond: number
  readonly packedPerSecond: number
}

const CHUNK = 1_000
const IN_FLIGHT = 4
const MIB = 2 ** 20

/** The `n`th of 2^24 different addresses, in an order that the seed chooses. */
export function address(net: number, n: number, seed: number): string {
  const mixed = (Math.imul(n, 0x9e3779) + seed) & 0xffffff
  return `${net}.${mixed >> 16}.${(mixed >> 8) & 255}.${mixed & 255}`
}

/** Reports `count` addresses in bulk. */
async function bulk(lab: LabProcess, count: number, seed: number): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) {
      const start = next
      next += CHUNK
      const items = Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => {
        return { type: 'ip', value: address(45, start + i, seed), ttl: '7d' }
      })
      const { status, body } = await lab.request('POST', '/v1/reports', items)
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body).slice(0, 200)}`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
}

/** Bytes of all envelopes of a stopped node's own log, as they travel. */
export async function envelopeBytes(lab: LabProcess): Promise<number> {
  const rows = await tables(lab, ['headers', 'payloads'])
  return rows.reduce((sum, [, value]) => sum + value.length, 0)
}

/** What the node itself says of its heap, in the report that Node.js writes on a signal. */
async function heapMb(lab: LabProcess, folder: string): Promise<number> {
  process.kill(lab.pid!, 'SIGUSR2')
  let heap = 0
  await until('a report', async () => {
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.json'))
    const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8')
    if (!text.trimEnd().endsWith('}')) return false
    const report = JSON.parse(text) as { javascriptHeap: { usedMemory: number } }
    heap = report.javascriptHeap.usedMemory / MIB
    return true
  })
  return heap
}

async function admitBy(lab: LabProcess, other: LabProcess, port: number): Promise<void> {
  const card = (await other.card()).replace(/\/tcp\/\d+/, `/tcp/${port}`)
  await lab.request('POST', '/v1/members', { card, name: other.name, newOrganisation: true })
}

async function awayPart(fleet: Fleet, count: number, seed: number) {
  const [a, b] = (await fleet.mesh('Away A', 'Away B')) as [LabProcess, LabProcess]
  // B will know A by the counted line alone, and A will not dial.
  const bare = (await b.card()).replace(/^tocsin:([^@]+)@.*$/, '$1')
  await b.request('DELETE', '/v1/members/Away%20A')
  await a.request('DELETE', '/v1/members/Away%20B')
  await a.request('POST', '/v1/members', { card: bare, name: b.name })
  await b.end()
  await bulk(a, count, seed)
  const line = await countingLine(a.meshPort)
  await b.start()
  await admitBy(b, a, line.port)
  const seconds = (await equal([a, b], 300_000)) / 1_000
  const bytes = line.received()
  await Promise.all([a.end(), b.end()])
  await line.close()
  return { seconds, ratio: bytes / (await envelopeBytes(a)) }
}

export async function newcomerPart(fleet: Fleet, count: number, seed: number) {
  const a = await fleet.lab('Full')
  await bulk(a, count, seed)
  const reports = await mkdtemp(join(fleet.folder, 'reports-'))
  const c = await fleet.lab('Newcomer', {
    env: { NODE_OPTIONS: `--report-on-signal --report-directory=${reports}` },
  })
  const before = await rssMibOf(c.pid!)
  await a.admit(c)
  const { heads, peerId } = await a.status()
  const envelopes = (heads as Record<string, number>)[peerId as string]!
  const cpuBefore = await cpuSecondsOf(c.pid!)
  const started = performance.now()
  await c.admit(a)
  // Not by `status`, which counts a million claims anew each second.
  await until('all envelopes', async () => (await accepted(c)) >= envelopes, 1_200_000, 100)
  await equal([a, c], 60_000)
  const seconds = (performance.now() - started) / 1_000
  const cpu = (await cpuSecondsOf(c.pid!)) - cpuBefore
  const rss = (await rssMibOf(c.pid!)) - before
  const memory = {
    peak: await rssMibOf(c.pid!, 'VmHWM'),
    heap: await heapMb(c, reports),
    perIndicator: Math.round((rss * MIB) / count),
  }
  await Promise.all([a.end(), c.end()])
  return { seconds, cpu, memory, ...(await rawWrites(fleet.folder, c)) }
}

/** Envelopes judged good from all neighbours. */
async function accepted(lab: LabProcess): Promise<number> {
  const { body } = await lab.request('GET', '/v1/peers')
  const peers = body['peers'] as { counts: { accepted?: number } }[]
  return peers.reduce((sum, { counts }) => sum + (counts.accepted ?? 0), 0)
}

async function lonePart(fleet: Fleet, count: number): Promise<number> {
  const a = await fleet.lab('Lone')
  for (let i = 0; i < count; i++) {
    await a.request('POST', '/v1/reports', { type: 'ip', value: address(46, i, 0) })
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

export async function catchUp(sizes: CatchUpSizes, seed: number): Promise<CatchUpFigures> {
  const fleet = await Fleet.open()
  try {
    const away = await awayPart(fleet, sizes.away, seed)
    const newcomer = await newcomerPart(fleet, sizes.newcomer, seed)
    const { raw } = newcomer
    const lonePerSecond = await lonePart(fleet, sizes.lone)
    return {
      awaySeconds: away.seconds,
      awayBytesRatio: away.ratio,
      newcomerSeconds: newcomer.seconds,
      rawSeconds: raw.seconds,
      timesRaw: newcomer.seconds / raw.seconds,
      newcomerCpuSeconds: newcomer.cpu,
      rawCpuSeconds: raw.cpu,
      rawChainedSeconds: newcomer.chained.seconds,
      newcomerPeakRssMb: newcomer.memory.peak,
      newcomerHeapMb: newcomer.memory.heap,
      rssBytesPerIndicator: newcomer.memory.perIndicator,
      lonePerSecond,
      packedPerSecond: sizes.newcomer / newcomer.seconds,
    }
  } finally {
    await fleet.close()
  }
}

await runSoak(import.meta.url, 'catch-up', ({ seed }) =>
  catchUp({ away: 100_000, newcomer: 1_000_000, lone: 5_000 }, seed),
)
