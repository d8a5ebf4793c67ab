/**
 * How long the mesh waits for what. Not protocol: two nodes may differ. Handed in, so that a test
 * can shorten a watchdog instead of waiting for it.
 */
import { MINUTE_MS, SECOND_MS } from '../core/limits.js'

export interface MeshTimings {
  /**
   * How often roster, connections and subscriptions are compared. A removed member is cut after at
   * most this.
   */
  readonly reconcileMs: number
  /** First wait before a redial; doubled each time and jittered. */
  readonly redialMsMin: number
  /** A member that was away for a week is found again within this. */
  readonly redialMsMax: number
  /** One dial to all addresses of a key, handshake included (host.ts says why so long). */
  readonly dialMsMax: number
  /**
   * Connected and not subscribed for this long: pubsub has died on one side and does not come back
   * by itself.
   */
  readonly watchdogMs: number
  /**
   * Connected and not subscribed for this long: ask by catch-up whether it is in our network at
   * all.
   */
  readonly probeMs: number
  /**
   * Closed by the other side sooner than this after connecting: its gate, not a fault of the line.
   */
  readonly refusalMsMax: number
  readonly pingEveryMs: number
  /** A ping waits behind everything queued on its link, so this is generous. */
  readonly pingMsMax: number
  /** Mean time between catch-ups with a random member when nothing else asks for one. */
  readonly catchUpEveryMs: number
  /** Least time between two sessions with one member, whatever asks for them. */
  readonly catchUpSpacingMs: number
  /**
   * A log asked for from one member is not asked for from another until the answer is this late.
   */
  readonly stallMs: number
  /** A catch-up session without a frame for this long ends. */
  readonly idleMsMax: number
  /**
   * A session starts anew after this, so that a member that trickles does not hold a place for
   * ever.
   */
  readonly sessionMsMax: number
  /** Mean time between beacons when nothing happens; between two thirds and four thirds of it. */
  readonly beaconEveryMs: number
  /** After a link came up or our own head moved, so that a burst of either is one beacon. */
  readonly beaconSoonMs: number
  /** Least time between two of our beacons, however much happens. */
  readonly beaconSpacingMs: number
  /** A member not heard for this long is not current; a path silent for as long is quiet. */
  readonly beaconFreshMs: number
}

export const TIMINGS: MeshTimings = {
  reconcileMs: 250,
  redialMsMin: 500,
  redialMsMax: 10 * SECOND_MS,
  dialMsMax: 20 * SECOND_MS,
  watchdogMs: 10 * SECOND_MS,
  probeMs: 1 * SECOND_MS,
  refusalMsMax: 5 * SECOND_MS,
  pingEveryMs: 10 * SECOND_MS,
  pingMsMax: 10 * SECOND_MS,
  catchUpEveryMs: 30 * SECOND_MS,
  catchUpSpacingMs: 500,
  stallMs: 2 * SECOND_MS,
  idleMsMax: 30 * SECOND_MS,
  sessionMsMax: 5 * MINUTE_MS,
  beaconEveryMs: 45 * SECOND_MS,
  beaconSoonMs: 750,
  beaconSpacingMs: 2 * SECOND_MS,
  beaconFreshMs: 150 * SECOND_MS,
}
