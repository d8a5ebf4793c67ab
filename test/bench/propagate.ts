/**
 * `npm run bench propagate`: how long one report takes from its acceptance to the verdict at the
 * last of 3, 10 and 20 nodes, beside bare gossipsub with the same options, links and bytes: once
 * with a validator that does one Ed25519 verify and one synced put, once without. Real processes,
 * asked in the same way, one message of each side after the other.
 */
import { createHash, randomBytes } from 'node:crypto'
import { until } from '../../src/cli/lab-process.js'
import { Fleet, quantile } from '../support/fleet.js'
import { cpuSecondsOf } from '../support/process-cost.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { Asking } from './asking.js'
import { BareMesh } from './bare-mesh.js'
import { round } from './rates.js'

export interface PropagateBench {
  readonly nodes: readonly number[]
  readonly reports: number
  /** References to run beside. */
  readonly kinds?: readonly ('bare' | 'plain')[]
}

/** Of an envelope with one report. */
const ENVELOPE_BYTES = 330

/** One mesh of some kind. */
interface Side {
  readonly pids: readonly number[]
  /** Of all nodes together, since they were started. */
  copies(): Promise<number>
  /** Milliseconds from the acceptance of a message until the last node shows it. */
  once(n: number): Promise<number>
}

export async function benchPropagate({
  nodes,
  reports,
  kinds = ['bare', 'plain'],
}: PropagateBench): Promise<Figures> {
  const figures: Record<string, number> = {}
  for (const count of nodes) {
    for (const [name, value] of Object.entries(await among(count, reports, kinds))) {
      figures[`${name}@${count}`] = round(value)
    }
  }
  return figures
}

async function among(
  count: number,
  reports: number,
  kinds: readonly ('bare' | 'plain')[],
): Promise<Record<string, number>> {
  const fleet = await Fleet.open()
  const meshes: BareMesh[] = []
  try {
    const sides: Record<string, Side> = { tocsin: await labs(fleet, count) }
    for (const name of kinds) {
      const mesh = await BareMesh.open(count, name)
      meshes.push(mesh)
      sides[name] = through(mesh)
    }
    const told = await inTurns(sides, reports)
    const times = (q: number, other: string) => told[`tocsin${q}`]! / told[`${other}${q}`]!
    const ratios = Object.fromEntries([50, 99].map((q) => [`timesBareP${q}`, times(q, 'bare')]))
    const named = Object.entries(told).map(([name, value]) => [
      name.replace(/(\d\d)$/, 'P$1Ms'),
      value,
    ])
    return { ...(Object.fromEntries(named) as Record<string, number>), ...ratios }
  } finally {
    for (const mesh of meshes) mesh.close()
    await fleet.close()
  }
}

async function inTurns(
  sides: Readonly<Record<string, Side>>,
  reports: number,
): Promise<Record<string, number>> {
  const told: Record<string, number> = {}
  // One after the other, so that neither pays for what the other does behind it.
  for (const [name, side] of Object.entries(sides)) {
    const times: number[] = []
    for (let i = 0; i < 3; i++) await side.once(i)
    const before = await cpuOf(side)
    const copiesBefore = await side.copies()
    for (let i = 0; i < reports; i++) times.push(await side.once(3 + i))
    const cpu = (await cpuOf(side)) - before
    const copies = (await side.copies()) - copiesBefore
    told[`${name}50`] = quantile(times, 0.5)
    told[`${name}99`] = quantile(times, 0.99)
    told[`${name}CpuMsPerMessageAndNode`] = (cpu * 1_000) / reports / side.pids.length
    // All but the one that says it.
    told[`${name}CopiesPerMessageAndNode`] = copies / reports / (side.pids.length - 1)
  }
  return told
}

async function cpuOf({ pids }: Side): Promise<number> {
  return sum(pids.map((pid) => cpuSecondsOf(pid)))
}

async function sum(figures: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(figures)).reduce((total, one) => total + one, 0)
}

function copiesIn(metrics: string): number {
  return Number(/^tocsin_gossip_copies_total (\d+)$/m.exec(metrics)![1])
}

async function labs(fleet: Fleet, count: number): Promise<Side> {
  const names = Array.from({ length: count }, (_, i) => `Lab ${i}`)
  const all = await fleet.mesh(...names)
  const asking = await Promise.all(
    all.map(async (lab) => {
      const made = await lab.request('POST', '/v1/tokens', { name: 'bench', role: 'detector' })
      const read = await lab.request('POST', '/v1/tokens', { name: 'reader', role: 'gateway' })
      const tokens = [made, read].map(({ body }) => body['token'] as string)
      return { lab, say: new Asking(tokens[0]), read: new Asking(tokens[1]) }
    }),
  )
  const [first, ...others] = asking
  return {
    pids: all.map((lab) => lab.pid!),
    copies: () =>
      sum(asking.map(async ({ lab, read }) => copiesIn(await read.ask(`${lab.api}/metrics`)))),
    async once(n) {
      const value = `46.3.${n >> 8}.${n & 255}`
      await first!.say.ask(`${first!.lab.api}/v1/reports`, JSON.stringify({ type: 'ip', value }))
      const path = `/v1/check?view=action&type=ip&value=${value}`
      return arrived(
        others.map(({ lab, read }) => async () => {
          return (await read.ask(lab.api + path)).includes('throttle')
        }),
      )
    },
  }
}

function through(mesh: BareMesh): Side {
  const asking = mesh.nodes.map((node) => ({ node, read: new Asking() }))
  const [first, ...others] = asking
  return {
    pids: mesh.nodes.map(({ child }) => child.pid!),
    copies: () =>
      sum(asking.map(async ({ node, read }) => Number(await read.ask(`${node.address}/copies`)))),
    async once() {
      const bytes = randomBytes(ENVELOPE_BYTES)
      const id = createHash('sha256').update(bytes).digest('hex')
      await first!.read.ask(`${first!.node.address}/publish`, bytes.toString('hex'))
      return arrived(
        others.map(({ node, read }) => async () => {
          return (await read.ask(`${node.address}/has?id=${id}`)) === 'true'
        }),
      )
    },
  }
}

/** Milliseconds until all say so; those that do are asked no more. */
async function arrived(all: readonly (() => Promise<boolean>)[]): Promise<number> {
  const began = performance.now()
  await Promise.all(all.map((one) => until('the message is there', one, 20_000, 1)))
  return performance.now() - began
}

const LONG = { nodes: [3, 10, 20], reports: 200 }
await runSoak(import.meta.url, 'propagate', () => benchPropagate(LONG))
