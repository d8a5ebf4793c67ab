/** An author with two histories: every honest node ends with the same proof, by itself. */
import assert from 'node:assert/strict'
import { seal, toBytes } from '../../src/core/envelope.js'
import { forkOf } from '../../src/core/fork.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { NOW, seedOf } from '../support/lab.js'
import { report } from '../support/memory-log.js'
import { until } from '../support/until.js'
import { admit, meshed, startNode, stopNodes, type RealNode } from './real-node.js'
import { agreed, forkOfLiar, history, LIAR, tell } from './two-views.js'

const QUICK: Partial<MeshTimings> = {
  reconcileMs: 50,
  beaconEveryMs: 600,
  beaconSoonMs: 60,
  beaconSpacingMs: 300,
  catchUpEveryMs: HOUR_MS,
}

async function start(...names: readonly string[]): Promise<RealNode[]> {
  const nodes: RealNode[] = []
  for (const name of names) {
    const node = await startNode(name, { timings: QUICK })
    await admit(node, 'liar')
    nodes.push(node)
  }
  return nodes
}

describe('mesh forks', () => {
  afterEach(stopNodes)

  const views: readonly (readonly [string, number, number, number])[] = [
    ['of equal length', 20, 20, 7],
    ['of which one is shorter', 9, 40, 7],
    ['that differ at the end', 12, 12, 12],
    ['of which one begins where the other ends', 6, 30, 6],
    ['that differ from the beginning', 5, 8, 1],
  ]
  for (const [what, here, there, at] of views) {
    it(`come together from two views ${what}`, async () => {
      const nodes = await start('a', 'b', 'c', 'd', 'e')
      const [a, b, c, d] = nodes as [RealNode, RealNode, RealNode, RealNode]
      for (const node of [a, b]) await tell(node, history(here))
      for (const node of [c, d]) await tell(node, history(there, at))
      await meshed(...nodes)
      const tookMs = await agreed(nodes, at)
      assert.ok(tookMs < 3 * QUICK.beaconEveryMs!, `${Math.round(tookMs)} ms`)
      for (const { lab } of nodes) {
        assert.equal(lab.state.heads.get(LIAR)?.seq, at === 1 ? undefined : at - 1)
        assert.equal(lab.check('ip', '45.0.0.1').action === 'block', false)
      }
      // Nobody is charged: they said what they had been told.
      for (const node of nodes) {
        for (const { author, counts } of node.mesh.links()) {
          assert.equal(node.mesh.score(author), 0)
          assert.ok(Object.keys(counts).every((key) => !key.startsWith('refused')))
        }
      }
    })
  }

  it('come together from three histories, the lowest number winning', async () => {
    const nodes = await start('a', 'b', 'c', 'd')
    const [a, b, c] = nodes as [RealNode, RealNode, RealNode]
    await tell(a, history(30))
    await tell(b, history(30, 21, 101))
    await tell(c, history(30, 11, 102))
    await meshed(...nodes)
    await agreed(nodes, 11)
  })

  it('are told at once by gossip when they happen before everybody’s eyes', async () => {
    const nodes = await start('a', 'b', 'c', 'd')
    const [a, , , d] = nodes as [RealNode, RealNode, RealNode, RealNode]
    for (const node of nodes) await tell(node, history(3))
    await meshed(...nodes)
    const next = (branch: number) => history(4, branch === 0 ? Infinity : 4, branch)[3]!
    await tell(a, [next(0)])
    await tell(d, [next(100)])
    await Promise.all([a.mesh.publish(toBytes(next(0))), d.mesh.publish(toBytes(next(100)))])
    await agreed(nodes, 4)
  })

  it('are handed to a newcomer with the log below, and by it to the next', async () => {
    const [a] = await start('a')
    await tell(a!, history(6))
    const proof = forkOf(history(4)[3]!, history(4, 4)[3]!)!
    await a!.lab.intake.accept(proof.bytes, { via: 'gossip', from: LIAR }).committed
    const [b] = await start('b')
    await meshed(a!, b!)
    await agreed([a!, b!], 4)
    assert.equal(b!.lab.state.heads.get(LIAR)?.seq, 3)
    assert.deepEqual(forkOfLiar(b!)?.bytes, proof.bytes)
    const [c] = await start('c')
    await meshed(b!, c!)
    await agreed([a!, b!, c!], 4)
  })

  it('come out where a newcomer was shown a log that begins beyond all others', async () => {
    const [a, b] = (await start('a', 'b')) as [RealNode, RealNode]
    await tell(a, history(6))
    const old = NOW - 200 * DAY_MS
    const { networkId } = OPEN_FEDERATION
    const place = { networkId, seq: 900, prev: history(1)[0]!.id, time: old }
    await tell(b, [seal(place, [report('192.0.9.9', old + DAY_MS)], seedOf('liar'), LIAR)])
    await meshed(a, b)
    await agreed([a, b], 6)
    for (const node of [a, b]) {
      assert.equal(node.lab.state.heads.get(LIAR)?.seq, 5)
      for (const { author } of node.mesh.links()) assert.equal(node.mesh.score(author), 0)
    }
  })

  it('cost a member that hands over a proof of nothing', async () => {
    const [a, b] = (await start('a', 'b')) as [RealNode, RealNode]
    await meshed(a, b)
    const { bytes } = forkOf(history(4)[3]!, history(4, 4)[3]!)!
    await b.mesh.publish(bytes.with(bytes.length - 3, bytes.at(-3)! ^ 1))
    await until(() => a.link(b)?.counts['refused:fork-unproven'] === 1)
    await until(() => a.mesh.score(b.lab.own) < 0)
  })
})
