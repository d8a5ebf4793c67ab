/**
 * An author that shows half of the federation one history and the other half another: within one
 * round of beacons of their contact every honest node holds a proof and the same state, and nothing
 * that author said helps to block.
 */
import assert from 'node:assert/strict'
import { HOUR_MS, SECOND_MS } from '../../src/core/limits.js'
import { TIMINGS, type MeshTimings } from '../../src/mesh/timings.js'
import { admit, meshed, startNode, stopNodes, type RealNode } from '../mesh/real-node.js'
import { agreed, history, LIAR, tell } from '../mesh/two-views.js'
import { hand } from '../support/lab.js'
import { runSoak, type Figures } from '../support/soak-run.js'

const LENGTH = 40
const FORK_AT = 7
/** What the author said before its two histories part. */
const SHARED = '45.0.0.1'

export interface SplitViewOptions {
  readonly nodes: number
  readonly timings: MeshTimings
}

/** Honest nodes, half of which hold one history and half the other; nobody has met anybody. */
async function halves(count: number, timings: MeshTimings): Promise<RealNode[]> {
  const nodes: RealNode[] = []
  for (let i = 0; i < count; i++) {
    // Only beacons: the chance meeting by the timer would find it as well.
    const node = await startNode(`honest ${i}`, {
      timings: { ...timings, catchUpEveryMs: HOUR_MS },
    })
    await admit(node, 'liar')
    await tell(node, i % 2 === 0 ? history(LENGTH) : history(LENGTH, FORK_AT))
    nodes.push(node)
  }
  return nodes
}

const actionAt = ({ lab }: RealNode, value: string) => lab.check('ip', value).action

export async function splitView({ nodes: count, timings }: SplitViewOptions): Promise<Figures> {
  try {
    const nodes = await halves(count, timings)
    const [first, second, ...others] = nodes as [RealNode, RealNode, ...RealNode[]]
    // Two members block together, as long as one of them is not known to have lied.
    await first.lab.voice.report([{ type: 'ip', value: SHARED }])
    await admit(second, first.lab.name)
    await hand(first.lab, second.lab)
    assert.equal(actionAt(second, SHARED), 'block')

    const began = performance.now()
    await meshed(...nodes)
    const linkedMs = performance.now() - began
    // Contact is a link: from then on one round of beacons must do.
    const agreedMs = await agreed(nodes, FORK_AT, 4 * timings.beaconEveryMs)
    // A round is the longest time between two beacons of one node.
    const roundMs = (timings.beaconEveryMs * 4) / 3
    const figures = {
      nodes: count,
      linkedSeconds: linkedMs / SECOND_MS,
      agreedSeconds: agreedMs / SECOND_MS,
      roundSeconds: roundMs / SECOND_MS,
    }
    assert.ok(agreedMs <= roundMs, JSON.stringify(figures))
    for (const node of [second, ...others]) {
      assert.notEqual(actionAt(node, SHARED), 'block', node.lab.name)
    }
    for (const node of nodes) {
      assert.equal(node.lab.state.heads.get(LIAR)?.seq, FORK_AT - 1)
      for (const said of [...history(LENGTH), ...history(LENGTH, FORK_AT)]) {
        for (const statement of said.statements) {
          const { value } = statement as { value: string }
          if (value === SHARED) continue
          assert.ok(['allow', 'observe'].includes(actionAt(node, value)), value)
        }
      }
    }
    return figures
  } finally {
    await stopNodes()
  }
}

await runSoak(import.meta.url, 'split-view', () => splitView({ nodes: 20, timings: TIMINGS }))
