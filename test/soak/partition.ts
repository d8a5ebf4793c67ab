/**
 * Real nodes in networks of their own that are cut into two halves by dropping every packet between
 * them: both halves report, each holds all of its own, and soon after the heal all hold all.
 */
import assert from 'node:assert/strict'
import { MINUTE_MS, SECOND_MS } from '../../src/core/limits.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { costOf, envelopesOf, level, reportBy, withWiredFleet } from '../support/wired-fleet.js'

const LEVEL_MS_MAX = 30 * SECOND_MS

export interface PartitionOptions {
  readonly nodes: number
  /** Of these nodes one half are so many; the others are the rest. */
  readonly here: number
  /** On each side. */
  readonly reports: number
  /** On each side. */
  readonly perSecond: number
  readonly together?: number
}

export function partition(options: PartitionOptions): Promise<Figures> {
  const { nodes, here, reports, perSecond, together = 1 } = options
  return withWiredFleet(nodes, async ({ wire, labs }) => {
    const halves = [labs.slice(0, here), labs.slice(here)]
    await wire.split(here)
    const began = performance.now()
    const [reported] = await Promise.all(
      halves.map(async (half, i) => {
        const told = await reportBy(half, { reports, perSecond, together, from: i * reports })
        await level(half, reports, 3 * MINUTE_MS)
        return told
      }),
    )
    const splitMs = performance.now() - began
    const { dropped } = await wire.dropped()
    await wire.heal()
    const levelMs = await level(labs, 2 * reports, 5 * LEVEL_MS_MAX)
    const figures = {
      nodes,
      ...reported,
      envelopes: await envelopesOf(labs[0]!),
      splitSeconds: Math.round(splitMs / SECOND_MS),
      dropped,
      levelSeconds: Math.round(levelMs / 100) / 10,
      ...(await costOf(labs)),
    }
    assert.ok(levelMs <= LEVEL_MS_MAX, JSON.stringify(figures))
    return figures
  })
}

/** In requests of ten: twenty nodes on two cores do not keep up with as many lone ones. */
const TOGETHER = 10
const PER_SECOND = 100
await runSoak(import.meta.url, 'partition', ({ msMax }) => {
  const reports = Math.min(5_000, Math.floor((msMax / SECOND_MS) * PER_SECOND))
  return partition({ nodes: 20, here: 10, reports, perSecond: PER_SECOND, together: TOGETHER })
})
