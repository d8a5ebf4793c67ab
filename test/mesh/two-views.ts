/**
 * A member that signs two histories of its log and shows one to some and the other to others; and
 * how it is seen that all who heard it have come to the same.
 */
import assert from 'node:assert/strict'
import { seal, toBytes, type Envelope } from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { NOW, ownOf, seedOf } from '../support/lab.js'
import { report } from '../support/memory-log.js'
import { until } from '../support/until.js'
import type { RealNode } from './real-node.js'

const { networkId } = OPEN_FEDERATION
export const LIAR = ownOf('liar')

/** The liar's log; from `branchAt` on it says other things. */
export function history(length: number, branchAt = Infinity, branch = 100): Envelope[] {
  const envelopes: Envelope[] = []
  for (let seq = 1; seq <= length; seq++) {
    const prev = envelopes.at(-1)?.id ?? null
    const value = `45.0.${seq < branchAt ? 0 : branch}.${seq % 250}`
    const place = { networkId, seq, prev, time: NOW }
    envelopes.push(
      seal(place, [{ ...report(value, NOW + DAY_MS), action: 4 }], seedOf('liar'), LIAR),
    )
  }
  return envelopes
}

export async function tell(node: RealNode, envelopes: readonly Envelope[]): Promise<void> {
  const origin = { via: 'gossip', from: LIAR } as const
  const told = envelopes.map((one) => node.lab.intake.accept(toBytes(one), origin).committed)
  for (const outcome of await Promise.all(told)) assert.equal(outcome.status, 'accepted')
}

export const forkOfLiar = (node: RealNode) => node.lab.state.forks.get(LIAR)

/** All hold a proof for one number and the same logs; answers how long that took. */
export async function agreed(
  nodes: readonly RealNode[],
  seq: number,
  timeoutMs = 10_000,
): Promise<number> {
  const startMs = performance.now()
  await until(() => nodes.every((node) => forkOfLiar(node)?.seq === seq), {
    what: 'proofs',
    timeoutMs,
  })
  await until(() => new Set(nodes.map(({ lab }) => lab.state.logHash)).size === 1, { timeoutMs })
  await until(() => new Set(nodes.map(({ lab }) => lab.state.stateHash(NOW))).size === 1, {
    timeoutMs,
  })
  return performance.now() - startMs
}
