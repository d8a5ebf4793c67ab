/**
 * gossipsub with every option set on purpose (measurements: js-libp2p gossipsub 17.1.1). It floods
 * our own messages to all subscribers, relays what the validator accepts, and repairs nothing:
 * repair is catch-up's, because an IWANT answer is one RPC of any size and can cut a peer's pubsub
 * for good.
 */
import { createHash } from 'node:crypto'
import {
  gossipsub,
  StrictNoSign,
  type GossipSub,
  type GossipSubComponents,
  type GossipsubOpts,
  type Message,
} from '@chainsafe/libp2p-gossipsub'
import { LIMITS, MINUTE_MS, SECOND_MS } from '../core/limits.js'
import { scoreParams, SCORE_THRESHOLDS } from './scoring.js'

const MIB = 1024 * 1024

/** Members of the class that its published interface leaves out. */
export interface Router extends GossipSub {
  getScore(peer: string): number
  /**
   * Peers we have a stream to. A subscriber without one hears nothing from us, without an error.
   */
  readonly streamsOutbound: ReadonlyMap<string, unknown>
  /** Messages received since it was made, each copy of each. */
  copies(): number
}

/** What a message is and where it goes. */
const DELIVERY = {
  // The envelope is signed by its author; a second signature per hop proves nothing more.
  globalSignaturePolicy: StrictNoSign,
  // Of the whole bytes: an id that a garbled copy shares would let that copy suppress the true
  // one, because an id counts as seen before it is validated.
  msgIdFn: (message: Message) => createHash('sha256').update(message.data).digest(),
  // Floodsub peers have no scores.
  fallbackToFloodsub: false,
  // Our own envelopes go to every subscriber at once, not only to the mesh: a lost one costs a
  // catch-up.
  floodPublish: true,
  batchPublish: true,
  emitSelf: false,
  // Zero recipients are counted and left to catch-up; a re-publish after a restart is no error.
  allowPublishToZeroTopicPeers: true,
  ignoreDuplicatePublishError: true,
  // Peer exchange would hand out members' addresses, direct peers would bypass scoring.
  doPX: false,
  directPeers: [],
  tagMeshPeers: false,
  canRelayMessage: false,
  // Validation answers at once; `true` twice keeps one neighbour's envelopes in order and bounds
  // how many are judged together.
  asyncValidation: false,
  awaitRpcHandler: true,
  awaitRpcMessageHandler: true,
} satisfies Partial<GossipsubOpts>

const SHAPE = {
  // Six links each, two of which may fail; federations below five are fully meshed anyway.
  D: 6,
  Dlo: 4,
  Dhi: 12,
  Dscore: 4,
  Dout: 2,
  // No IHAVE, so no IWANT.
  Dlazy: 0,
  gossipFactor: 0,
  heartbeatInterval: SECOND_MS,
  mcacheLength: 5,
  mcacheGossip: 3,
  seenTTL: 2 * MINUTE_MS,
  fanoutTTL: MINUTE_MS,
  // Small messages gain nothing from IDONTWANT and pay a control RPC for each.
  idontwantMinDataSize: 16_384,
  idontwantMaxMessages: 512,
} satisfies Partial<GossipsubOpts>

const BOUNDS = {
  // With `allowedTopics` a second lock on what strangers' topics could take of our memory.
  maxTopicBytesPerPeer: 64 * 1024,
  decodeRpcLimits: {
    maxSubscriptions: 16,
    maxMessages: 1_000,
    maxIhaveMessageIDs: 5_000,
    maxIwantMessageIDs: 5_000,
    maxIdontwantMessageIDs: 512,
    maxControlMessages: 64,
    maxPeerInfos: 16,
  },
  // One larger RPC silently ends that peer's pubsub for good; four times leaves room for headers
  // and batches of other implementations.
  maxInboundDataLength: 4 * LIMITS.envelopeBytesMax,
  // Beyond it the stream is reset, the watchdog redials and catch-up fills in. Unset it has no
  // bound.
  maxOutboundBufferSize: 32 * MIB,
  maxInboundStreams: 2,
  maxOutboundStreams: 2,
  runOnLimitedConnection: false,
} satisfies Partial<GossipsubOpts>

export function router(
  topics: readonly string[],
  chargeOf: (peer: string) => number,
): (components: GossipSubComponents) => Router {
  return (components) => {
    let copies = 0
    const make = gossipsub({
      ...DELIVERY,
      ...SHAPE,
      ...BOUNDS,
      allowedTopics: [...topics],
      scoreParams: scoreParams(topics, chargeOf),
      scoreThresholds: SCORE_THRESHOLDS,
      // Transforms nothing: the one place that each copy passes.
      dataTransform: {
        inboundTransform: (_topic, data) => {
          copies++
          return data
        },
        outboundTransform: (_topic, data) => data,
      },
    })
    return Object.assign(make(components) as Router, { copies: () => copies })
  }
}
