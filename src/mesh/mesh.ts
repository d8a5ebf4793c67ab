/**
 * The mesh of one node: libp2p host, gate, gossip, beacons, links and catch-up, behind the ports of
 * `core/`.
 * It moves bytes between members and reports outcomes; what an envelope means, and whether it is
 * kept, is decided behind `accept`. Starting and stopping are safe twice.
 */
import type { ForkProof } from '../core/fork.js'
import type { Head } from '../core/heads.js'
import { authorOfPeer, peerNameOf, type AuthorId } from '../core/identity.js'
import type { CatchUpStatus, Link, Receipts } from '../core/mesh-port.js'
import type { Accept, Clock, Log, Publish } from '../core/ports.js'
import type { Store } from '../core/store-port.js'
import type { Roster } from '../core/roster.js'
import { Beacons, beaconTopicOf } from './beacons.js'
import { CatchUp } from './catch-up.js'
import { ForkNews } from './fork-news.js'
import { Gate } from './gate.js'
import { Gossip, topicOf } from './gossip.js'
import { createHost, type Host } from './host.js'
import { Ledger } from './ledger.js'
import { Mending, type Damaged } from './mending.js'
import { Pace } from './pace.js'
import { Peers } from './peers.js'
import { TIMINGS, type MeshTimings } from './timings.js'

const MIB = 1024 * 1024
/**
 * What all members together are served by catch-up: a late joiner is level in minutes, lookups stay
 * quick.
 */
const SERVE_BYTES_PER_SECOND = 16 * MIB
const SERVE_BURST_BYTES = 4 * MIB
const UNHEARD = { current: false, quiet: false, hears: [] } as const

export interface MeshOptions {
  /** 32 bytes. */
  readonly seed: Uint8Array
  /** 32 bytes in hex. */
  readonly networkId: string
  /** Multiaddrs. */
  readonly listen: readonly string[]
  /** Multiaddrs told to others instead of those listened on; may be empty. */
  readonly announce: readonly string[]
  readonly timings?: Partial<MeshTimings>
}

export interface MeshDependencies {
  readonly accept: Accept
  readonly roster: () => Roster
  readonly heads: () => ReadonlyMap<AuthorId, Head>
  /** The first seq held of a log. */
  readonly floorOf: (author: AuthorId) => number
  readonly forks: () => ReadonlyMap<AuthorId, ForkProof>
  /** Rows that cannot be read here and must be had again. */
  readonly damaged: () => Damaged
  /** Told what a member's clock shows. */
  readonly hearTime: (author: AuthorId, theirsMs: number) => void
  readonly readLog: Store['logRows']
  readonly own: AuthorId
  readonly clock: Clock
  readonly log: Log
}

interface Parts {
  readonly host: Host
  readonly gossip: Gossip
  readonly peers: Peers
  readonly beacons: Beacons
  readonly catchUp: CatchUp
}

export class Mesh {
  readonly #options: MeshOptions
  readonly #timings: MeshTimings
  readonly #deps: MeshDependencies
  readonly #gate: Gate
  readonly #ledger: Ledger
  #parts: Parts | undefined
  /** The start or stop under way; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: MeshOptions, dependencies: MeshDependencies) {
    this.#options = options
    this.#timings = { ...TIMINGS, ...options.timings }
    this.#deps = dependencies
    this.#gate = new Gate(dependencies)
    this.#ledger = new Ledger(dependencies.clock, dependencies.log)
  }

  /**
   * Resolves when listening; dialling goes on behind it. Rejects where an address cannot be
   * listened on.
   */
  start(): Promise<void> {
    return this.#next(() => this.#start())
  }

  stop(): Promise<void> {
    return this.#next(() => this.#stop())
  }

  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #start(): Promise<void> {
    if (this.#parts !== undefined) return
    const parts = await this.#build()
    // Before the first connection: whoever is quick must find the protocol.
    await parts.catchUp.start()
    await parts.host.start()
    this.#parts = parts
    parts.gossip.start()
    parts.beacons.start()
    parts.peers.start()
    this.#deps.log.info('mesh-started', { addresses: this.addresses() })
  }

  async #stop(): Promise<void> {
    const parts = this.#parts
    if (parts === undefined) return
    this.#parts = undefined
    parts.peers.stop()
    await parts.catchUp.stop()
    parts.gossip.stop()
    await parts.host.stop()
    this.#deps.log.info('mesh-stopped')
  }

  async #build(): Promise<Parts> {
    const { networkId, seed, listen, announce } = this.#options
    const ledger = this.#ledger
    const topic = topicOf(networkId)
    const host = await createHost({
      seed,
      listen,
      announce,
      topics: [topic, beaconTopicOf(networkId)],
      gater: this.#gate.gater(),
      chargeOf: (peer) => {
        const author = authorOfPeer(peer)
        return author === undefined ? 0 : ledger.chargeOf(author)
      },
    })
    return this.#wire(host, topic)
  }

  /** The parts ask each other only after `start`, so later ones may be named before they exist. */
  #wire(host: Host, topic: string): Parts {
    const { networkId, seed } = this.#options
    const timings = this.#timings
    const shared = {
      ...this.#deps,
      host,
      router: host.services.pubsub,
      ledger: this.#ledger,
      authorOf: this.#gate.authorOf.bind(this.#gate),
      shutOut: this.#gate.shutOut.bind(this.#gate),
      connected: () => peers.connected(),
      up: () => peers.up(),
      affords: (from: AuthorId, bytes: number) => gossip.affords(from, bytes),
      brought: (from: AuthorId) => beacons.brought(from),
      ask: (author: AuthorId, delayMs?: number) => catchUp.request(author, delayMs),
    }
    const gossip: Gossip = new Gossip(topic, shared)
    const beacons: Beacons = new Beacons({ networkId, seed, timings }, shared)
    const news = new ForkNews({ ...shared, tell: (proof) => gossip.tell(proof) })
    const mending = new Mending(shared)
    const peers: Peers = new Peers(timings, {
      ...shared,
      reached: () => gossip.reached(),
      beat: (now) => {
        beacons.look(now)
        news.look()
        mending.look(now)
      },
    })
    const catchUp: CatchUp = new CatchUp(
      { networkId, timings },
      {
        ...shared,
        beacons,
        pace: new Pace(SERVE_BYTES_PER_SECOND, SERVE_BURST_BYTES),
        foreign: (author) => peers.markForeign(author),
      },
    )
    return { host, gossip, peers, beacons, catchUp }
  }

  /** As `Gossip.publish`; 0 while stopped, and catch-up carries it later. */
  readonly publish: Publish = (bytes) => this.#parts?.gossip.publish(bytes) ?? Promise.resolve(0)

  /** One per admitted key, in the roster's order. */
  links(): Link[] {
    const neighbours = new Map(
      this.#parts?.peers.neighbours().map((one) => [one.author, one] as const),
    )
    const keys = this.#deps.roster().members.flatMap((member) => member.keys)
    return keys.map(({ author }) => {
      const neighbour = neighbours.get(author)
      const counts = this.#ledger.counts(author)
      const link = neighbour?.link ?? 'down'
      const lagMs = neighbour?.lagMs
      const standing = this.#parts?.beacons.standing(author) ?? UNHEARD
      const seen = { author, link, counts, ...standing }
      return lagMs === undefined ? seen : { ...seen, lagMs }
    })
  }

  /**
   * Where others reach us: multiaddrs without the PeerId part, the announced ones if there are any.
   */
  addresses(): string[] {
    if (this.#options.announce.length > 0) return [...this.#options.announce]
    const suffix = `/p2p/${peerNameOf(this.#deps.own)}`
    const listening = this.#parts?.host.getMultiaddrs() ?? []
    return listening.map((address) => address.toString().replace(suffix, ''))
  }

  catchUp(): CatchUpStatus {
    if (this.#parts === undefined) return { running: 0 }
    const status = this.#parts.catchUp.status()
    const missing = this.#parts.beacons.missing()
    return missing.length === 0 ? status : { ...status, missing }
  }

  readonly receipts: Receipts = {
    of: (author) => this.#parts?.beacons.receipts.of(author),
    firstMs: (author, seq) => this.#parts?.beacons.receipts.firstMs(author, seq),
    ask: (seq) => this.#parts?.beacons.askFor(seq),
  }

  /** Messages that gossip brought since the start, each copy of each. */
  copies(): number {
    return this.#parts?.gossip.copies() ?? 0
  }

  /** gossipsub's score of a neighbour: 0, or below it for what it is charged with. */
  score(author: AuthorId): number {
    return this.#parts?.gossip.score(author) ?? 0
  }

  /** Connections refused because their key is not in the roster; since the object was made. */
  gateRefusals(): number {
    return this.#gate.refused
  }
}
