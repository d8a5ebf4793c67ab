/**
 * `npm run bench idle`: what a node costs on which 1,000,000 indicators are live and to which
 * twenty members are linked, while nothing happens: CPU, bytes on its own line, and whether its
 * heap grows. Real nodes, each in a network of its own.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until, LabProcess } from '../../src/cli/lab-process.js'
import { Pace } from '../../src/mesh/pace.js'
import { Fleet, PROGRAM } from '../support/fleet.js'
import { FullFolderMaker } from '../support/full-folder.js'
import { cpuSecondsOf, rssMibOf } from '../support/process-cost.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { Wire } from '../support/wire.js'
import { round } from './rates.js'

export interface IdleBench {
  readonly live: number
  readonly members: number
  readonly seconds: number
}

const SAMPLES_PER_SECOND = 0.2
const MIB = 2 ** 20

export async function benchIdle({ live, members, seconds }: IdleBench): Promise<Figures> {
  const wire = await Wire.open(members + 1)
  const fleet = await Fleet.open()
  try {
    const maker = await FullFolderMaker.open(join(fleet.folder, 'full'))
    await maker.growTo(live)
    const { data, federation } = maker.folder
    const placed = (at: number) => ({ host: wire.address(at), launcher: wire.launcher(at) })
    const flags = ['--log-level', 'warn']
    const node = { program: PROGRAM, name: 'Full', data, federation, flags }
    const full = await LabProcess.start({ ...node, ...placed(0) })
    fleet.labs.push(full)
    for (let at = 1; at <= members; at++) {
      const lab = await fleet.lab(`Lab ${at}`, { federation, ...placed(at) })
      await lab.admit(full)
      await full.admit(lab)
    }
    await until('all linked', async () => (await upOf(full)) === members, 120_000)
    await sampled(full, 5)
    const before = await costOf(full)
    const heap = await sampled(full, seconds)
    const after = await costOf(full)
    const each = (of: keyof Cost) => (after[of] - before[of]) / ((after.atMs - before.atMs) / 1_000)
    return {
      ...{ live, members, measuredSeconds: Math.round((after.atMs - before.atMs) / 1_000) },
      cpuPercent: round(100 * each('cpuSeconds')),
      bytesPerSecond: Math.round(each('bytes')),
      heapMib: round(heap.at(-1)! / MIB),
      heapMibPerHour: round((slopeOf(heap) * SAMPLES_PER_SECOND * 3_600) / MIB),
      rssMib: round(await rssMibOf(full.pid!)),
      linkedAtEnd: await upOf(full),
    }
  } finally {
    await fleet.close()
    wire.close()
  }
}

async function upOf(lab: LabProcess): Promise<number> {
  const { body } = await lab.request('GET', '/v1/peers')
  return (body['peers'] as { link: string }[]).filter(({ link }) => link === 'up').length
}

interface Cost {
  readonly cpuSeconds: number
  /** Received and sent. */
  readonly bytes: number
  readonly atMs: number
}

async function costOf(lab: LabProcess): Promise<Cost> {
  const lines = (await readFile(`/proc/${lab.pid}/net/dev`, 'utf8')).split('\n')
  const rows = lines.map((line) => /^\s*(\w+):\s*(.*)$/.exec(line)).filter((row) => row !== null)
  const outward = rows.filter(([, name]) => name !== 'lo').map(([, , rest]) => rest!.split(/\s+/))
  const bytes = outward.reduce((sum, row) => sum + Number(row[0]) + Number(row[8]), 0)
  return { cpuSeconds: await cpuSecondsOf(lab.pid!), bytes, atMs: performance.now() }
}

/** Bytes of heap in use, as `/metrics` tells them. */
async function sampled(lab: LabProcess, seconds: number): Promise<number[]> {
  const pace = new Pace(SAMPLES_PER_SECOND, 1)
  const end = performance.now() + seconds * 1_000
  const samples: number[] = []
  while (performance.now() < end) {
    await pace.take(1, new AbortController().signal)
    const { text } = await lab.request('GET', '/metrics')
    samples.push(Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)![1]))
  }
  return samples
}

/** Least squares, over the lower half of each ten: what is left when garbage has been collected. */
function slopeOf(samples: readonly number[]): number {
  const points: [x: number, y: number][] = []
  for (let i = 0; i + 10 <= samples.length; i += 10) {
    points.push([i + 5, Math.min(...samples.slice(i, i + 10))])
  }
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [mx, my] = [mean(0), mean(1)]
  const above = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0)
  return above / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
}

const LONG = { live: 1_000_000, members: 20, seconds: 900 }
await runSoak(import.meta.url, 'idle', () => benchIdle(LONG))
