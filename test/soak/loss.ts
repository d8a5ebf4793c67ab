/**
 * Real nodes in networks of their own that lose three packets in ten, in each direction: what is
 * reported meanwhile is in all logs soon after the last report.
 */
import assert from 'node:assert/strict'
import { MINUTE_MS, SECOND_MS } from '../../src/core/limits.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { costOf, envelopesOf, level, reportBy, withWiredFleet } from '../support/wired-fleet.js'

const LOSS_PERCENT = 30
const LEVEL_MS_MAX = MINUTE_MS

export interface LossOptions {
  readonly nodes: number
  readonly reports: number
  readonly perSecond: number
}

export function loss({ nodes, reports, perSecond }: LossOptions): Promise<Figures> {
  return withWiredFleet(nodes, async ({ wire, labs }) => {
    await wire.lose(LOSS_PERCENT)
    const before = Number((await costOf(labs))['cpuSeconds'])
    const reported = await reportBy(labs, { reports, perSecond })
    const levelMs = await level(labs, reports, 5 * LEVEL_MS_MAX)
    const { seen, dropped } = await wire.dropped()
    const { cpuSeconds, rssMbMax } = await costOf(labs)
    const figures = {
      nodes,
      ...reported,
      envelopes: await envelopesOf(labs[0]!),
      packets: seen,
      lostPercent: Math.round((1000 * dropped) / seen) / 10,
      levelSeconds: Math.round(levelMs / 100) / 10,
      cpuSeconds: Number(cpuSeconds) - before,
      rssMbMax: rssMbMax!,
    }
    assert.ok(levelMs <= LEVEL_MS_MAX, JSON.stringify(figures))
    return figures
  })
}

const PER_SECOND = 50
await runSoak(import.meta.url, 'loss', ({ msMax }) => {
  // Shorter means fewer reports, never faster ones.
  const reports = Math.min(10_000, Math.floor((msMax / SECOND_MS) * PER_SECOND))
  return loss({ nodes: 20, reports, perSecond: PER_SECOND })
})
