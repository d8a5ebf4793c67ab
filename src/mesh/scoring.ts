/**
 * What lowers a neighbour's gossipsub score: invalid messages and protocol misbehaviour, nothing
 * else. Silence, sharing an address, being slow or forwarding what only we do not want cost nothing
 * — a quiet federation behind one NAT must keep its mesh (both default traps were measured to stop
 * delivery with no error).
 */
import type {
  PeerScoreParams,
  PeerScoreThresholds,
  TopicScoreParams,
} from '@chainsafe/libp2p-gossipsub/score'
import { HOUR_MS, SECOND_MS } from '../core/limits.js'

function topicScore(): TopicScoreParams {
  return {
    topicWeight: 1,
    // P1 and P2 reward age and being first: a hostile member could save up credit to spend on
    // garbage.
    timeInMeshWeight: 0,
    timeInMeshQuantum: 1,
    timeInMeshCap: 1,
    firstMessageDeliveriesWeight: 0,
    firstMessageDeliveriesDecay: 0.5,
    firstMessageDeliveriesCap: 1,
    // P3 expects a message rate; ours is whatever attackers make it (Lodestar's P7 incident,
    // lodestar#4818).
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 1,
    meshMessageDeliveriesThreshold: 1,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 5 * SECOND_MS,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.5,
    // P4: one refused envelope takes a peer out of the mesh, ten at once make it unheard for a
    // while.
    invalidMessageDeliveriesWeight: -1,
    invalidMessageDeliveriesDecay: 0.95,
  }
}

/** `chargeOf` is the faded number of refused envelopes of a peer, by gossip and by catch-up. */
export function scoreParams(
  topics: readonly string[],
  chargeOf: (peer: string) => number,
): PeerScoreParams {
  return {
    // Without an entry here nothing at all is scored.
    topics: Object.fromEntries(topics.map((topic) => [topic, topicScore()])),
    topicScoreCap: 1,
    // P5: our own ledger, because gossipsub's numbers do not outlive a reconnect.
    appSpecificScore: (peer) => -(chargeOf(peer) ** 2),
    appSpecificWeight: 1,
    // P6: more than ten members behind one address would score below zero, and all meshes go empty.
    IPColocationFactorWeight: 0,
    IPColocationFactorThreshold: 10,
    IPColocationFactorWhitelist: new Set(),
    // P7: a few early GRAFTs after a restart are honest (the backoff is forgotten); a stream of
    // them is not.
    behaviourPenaltyWeight: -5,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.95,
    decayInterval: SECOND_MS,
    decayToZero: 0.1,
    retainScore: HOUR_MS,
  }
}

/**
 * An invalid message counts in P4 and in P5, so n of them at once score about −2n²:
 * 1 leaves the mesh, 4 end our publishing to it, 8 end our listening to it until the charge has
 * faded.
 */
export const SCORE_THRESHOLDS: PeerScoreThresholds = {
  gossipThreshold: -10,
  publishThreshold: -32,
  graylistThreshold: -128,
  // Peer exchange is off; no score may switch it on.
  acceptPXThreshold: 1_000,
  // No score is above zero, so a median never reaches it and nobody is grafted for being praised.
  opportunisticGraftThreshold: 0,
}
