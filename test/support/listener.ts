/** A member that only listens: what it hears is the wire once the lines' own encryption is off. */
import assert from 'node:assert/strict'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { peerNameOf } from '../../src/core/identity.js'
import { beaconTopicOf } from '../../src/mesh/beacons.js'
import { topicOf } from '../../src/mesh/gossip.js'
import { RawNode } from '../mesh/raw-node.js'
import { until } from './until.js'

/** Stopped by `RawNode.stopAll`. */
export async function listenTo(
  lab: LabProcess,
  heard: Uint8Array[],
  name = 'Listener',
): Promise<void> {
  const raw = await RawNode.start()
  const networkId = String((await lab.status())['networkId'])
  const { pubsub } = raw.libp2p.services
  pubsub.addEventListener('gossipsub:message', ({ detail }) => void heard.push(detail.msg.data))
  const topics = [topicOf(networkId), beaconTopicOf(networkId)]
  for (const topic of topics) pubsub.subscribe(topic)
  const card = `tocsin:${peerNameOf(raw.author)}@${raw.addresses().join(',')}`
  const admission = { card, name, newOrganisation: true }
  const { status } = await lab.request('POST', '/v1/members', admission)
  assert.equal(status, 201)
  const isHeard = () => topics.every((topic) => pubsub.getSubscribers(topic).length > 0)
  await until(isHeard, { what: 'the member is linked', timeoutMs: 30_000 })
}
