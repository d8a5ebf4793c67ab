/**
 * Labs as real processes, each in a network of its own, all admitted by all; and what the soaks do
 * with them: report at a rate, wait until all hold the same logs, look at what they cost.
 */
import assert from 'node:assert/strict'
import { until, type LabProcess } from '../../src/cli/lab-process.js'
import { SECOND_MS } from '../../src/core/limits.js'
import { Pace } from '../../src/mesh/pace.js'
import { Fleet, linked, quantile } from './fleet.js'
import { cpuSecondsOf, rssMibOf } from './process-cost.js'
import type { Figures } from './soak-run.js'
import { Wire } from './wire.js'

/** Nodes that start at once: more of them only wait for each other on two cores. */
const START_TOGETHER = 5

export interface WiredFleet {
  readonly wire: Wire
  /** In the order of their places on the wire. */
  readonly labs: readonly LabProcess[]
}

/** Gives `work` so many linked labs; ends them afterwards, whatever happens. */
export async function withWiredFleet<T>(
  count: number,
  work: (fleet: WiredFleet) => Promise<T>,
): Promise<T> {
  const wire = await Wire.open(count)
  const fleet = await Fleet.open()
  try {
    const labs: LabProcess[] = []
    for (let i = 0; i < count; i += START_TOGETHER) {
      const places = Array.from({ length: Math.min(START_TOGETHER, count - i) }, (_, k) => i + k)
      const started = await Promise.all(
        places.map((at) =>
          fleet.lab(`Lab ${at}`, { host: wire.address(at), launcher: wire.launcher(at) }),
        ),
      )
      labs.push(...started)
    }
    await Promise.all(
      labs.map(async (lab) => {
        for (const other of labs) if (other !== lab) await lab.admit(other)
      }),
    )
    await linked(labs, 120_000)
    return await work({ wire, labs })
  } catch (error) {
    const ends = fleet.labs.map((lab) => `${lab.name} ${lab.state}: ${lab.output.slice(-500)}`)
    throw new Error(ends.join('\n'), { cause: error })
  } finally {
    await fleet.close()
    wire.close()
  }
}

export interface Reporting {
  readonly reports: number
  readonly perSecond: number
  /** So many in one request, and so in one envelope; absent is one. */
  readonly together?: number
  /** The first of the addresses that are reported. */
  readonly from?: number
}

/** Reports, each lab in its turn, at a rate; all acknowledged when it resolves. */
export async function reportBy(
  labs: readonly LabProcess[],
  { reports, perSecond, together = 1, from = 0 }: Reporting,
): Promise<Figures> {
  const pace = new Pace(perSecond, together)
  const never = new AbortController().signal
  const began = performance.now()
  const answers: Promise<number>[] = []
  for (let i = 0; i < reports; i += together) {
    await pace.take(together, never)
    const values = Array.from({ length: Math.min(together, reports - i) }, (_, k) => from + i + k)
    const answer = report(labs[(i / together) % labs.length]!, values)
    // Thrown where all are waited for; until then it must not end the process, and leave the nodes.
    answer.catch(() => undefined)
    answers.push(answer)
  }
  const times = await Promise.all(answers)
  const seconds = (performance.now() - began) / SECOND_MS
  return {
    reports,
    perSecond: Math.round(reports / seconds),
    answerMsP50: Math.round(quantile(times, 0.5)),
    answerMsP99: Math.round(quantile(times, 0.99)),
  }
}

async function report(lab: LabProcess, values: readonly number[]): Promise<number> {
  const began = performance.now()
  const items = values.map((n) => ({
    type: 'ip',
    value: `45.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
  }))
  const { status, body } = await lab.request('POST', '/v1/reports', items)
  assert.equal(status, 201, JSON.stringify(body))
  return performance.now() - began
}

/** Until all name one `logHash` and hold so many keys; in milliseconds. */
export function level(labs: readonly LabProcess[], live: number, msMax: number): Promise<number> {
  const same = async () => {
    const all = await Promise.all(labs.map((lab) => lab.status()))
    return (
      new Set(all.map((status) => status['logHash'])).size === 1 &&
      all.every((status) => status['live'] === live)
    )
  }
  return until('all logs equal', same, msMax, 20 * labs.length)
}

/** Envelopes in all logs together. */
export async function envelopesOf(lab: LabProcess): Promise<number> {
  const heads = (await lab.status())['heads'] as Record<string, number>
  return Object.values(heads).reduce((sum, seq) => sum + seq, 0)
}

/** What the nodes have used so far: seconds of CPU together, and the largest one's memory. */
export async function costOf(labs: readonly LabProcess[]): Promise<Figures> {
  const seconds = await Promise.all(labs.map((lab) => cpuSecondsOf(lab.pid!)))
  const memory = await Promise.all(labs.map((lab) => rssMibOf(lab.pid!, 'VmHWM')))
  return {
    cpuSeconds: Math.round(seconds.reduce((sum, one) => sum + one, 0)),
    rssMbMax: Math.round(Math.max(...memory)),
  }
}
