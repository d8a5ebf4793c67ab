/**
 * A real second node that holds every log of a known folder, and from which a damaged one fetches
 * what it lacks: libp2p on loopback, catch-up, the one door.
 */
import assert from 'node:assert/strict'
import { admit, startNode } from '../mesh/real-node.js'
import type { DiskLab } from './disk-lab.js'
import { answersOf, TIME, type Known } from './known-node.js'
import { openLab, ownOf } from './lab.js'
import { until } from './until.js'

/** Member b of the folder, as it was: it knows all authors, its own log included. */
async function peerOf(known: Known) {
  const peer = await openLab('b', { time: TIME })
  for (const name of ['own', 'c']) await peer.admit(name)
  const origin = { via: 'catch-up', from: ownOf('c') } as const
  for (const [author, wires] of known.logs) {
    if (author === ownOf('forker')) await peer.admit('forker')
    const judged = wires.map((wire) => peer.intake.accept(wire, origin))
    for (const { committed } of judged) assert.equal((await committed).status, 'accepted')
  }
  return peer
}

/** Until the lab answers as it did before; both nodes are stopped again. */
export async function fetchKnown(known: Known, lab: DiskLab): Promise<void> {
  const timings = { reconcileMs: 20, beaconEveryMs: 500, beaconSoonMs: 50, beaconSpacingMs: 100 }
  const peer = await startNode('b', { lab: await peerOf(known), timings })
  const node = await startNode('own', { lab, timings })
  try {
    await admit(peer, 'own', node)
    const wanted = known.answers.hashes
    await until(() => answersOf(lab).hashes === wanted, { what: 'made whole', timeoutMs: 30_000 })
    const links = [...peer.mesh.links(), ...node.mesh.links()]
    for (const { counts } of links) {
      assert.deepEqual(
        Object.keys(counts).filter((key) => key.startsWith('refused')),
        [],
      )
    }
  } finally {
    await Promise.all([peer.mesh.stop(), node.mesh.stop()])
  }
}
