/**
 * The libp2p node: TCP, Noise, yamux, identify, ping and gossipsub, and nothing that finds, relays
 * or maps (no DHT, mDNS, relay, AutoNAT, UPnP): whom we talk to is the roster's business. Every
 * option whose default could move or hurt is written out with its reason.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify, type Identify } from '@libp2p/identify'
import { FaultTolerance, type ConnectionGater, type Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping, type Ping } from '@libp2p/ping'
import { tcp, type TCPOptions } from '@libp2p/tcp'
import type { YamuxMuxerInit } from '@libp2p/yamux'
import { createLibp2p, type ConnectionManagerInit, type Libp2pOptions } from 'libp2p'
import { LIMITS, MINUTE_MS, SECOND_MS } from '../core/limits.js'
import { muxer } from './muxer.js'
import { router, type Router } from './router.js'

// A type alias, not an interface: libp2p's service map asks for an index signature.
export type Services = { identify: Identify; ping: Ping; pubsub: Router }
export type Host = Libp2p<Services>

export interface HostOptions {
  /** 32 bytes; the same key signs the log. */
  readonly seed: Uint8Array
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly topics: readonly string[]
  readonly gater: ConnectionGater
  /** Faded number of refused envelopes of a peer. */
  readonly chargeOf: (peer: string) => number
}

/**
 * Noise, identify and an empty upgrade are a few packets, and a slow one holds a place meant for
 * members. But a line that loses three packets in ten, or a starved machine, takes many seconds for
 * them; what is broken off is done again, so a short limit feeds itself: of ten nodes at once on a
 * starved machine 18 of 90 links came up in 24 s with 5 s here, all in 13 s with 15 s.
 */
const HANDSHAKE_MS_MAX = 15 * SECOND_MS
/** Two connections per key happen when both dial at once. */
const CONNECTIONS_MAX = 2 * LIMITS.membersMax

const TCP: TCPOptions = {
  // Pings keep a live link busy; only a dead one is silent this long.
  inboundSocketInactivityTimeout: 2 * MINUTE_MS,
  outboundSocketInactivityTimeout: 2 * MINUTE_MS,
  maxConnections: CONNECTIONS_MAX + LIMITS.membersMax,
  backlog: 128,
  dialOpts: { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30 * SECOND_MS },
  listenOpts: { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30 * SECOND_MS },
}

const YAMUX: YamuxMuxerInit = {
  enableKeepAlive: true,
  keepAliveInterval: 30 * SECOND_MS,
  // Per connection: gossip, catch-up, ping and identify need a dozen.
  maxInboundStreams: 64,
  maxOutboundStreams: 64,
  maxEarlyStreams: 10,
  maxMessageSize: 64 * 1024,
}

const CONNECTIONS: ConnectionManagerInit = {
  maxConnections: CONNECTIONS_MAX,
  // Per second and address: the default of 5 turns members behind one NAT away.
  inboundConnectionThreshold: 50,
  // Ten a second, each for as long as a handshake may take.
  maxIncomingPendingConnections: 150,
  inboundUpgradeTimeout: HANDSHAKE_MS_MAX,
  outboundStreamProtocolNegotiationTimeout: HANDSHAKE_MS_MAX,
  inboundStreamProtocolNegotiationTimeout: HANDSHAKE_MS_MAX,
  connectionCloseTimeout: SECOND_MS,
  maxParallelDials: 50,
  maxPeerAddrsToDial: LIMITS.addressesMax,
  addressDialTimeout: HANDSHAKE_MS_MAX,
  // It gives up after a few tries; peers.ts redials for ever.
  reconnectRetries: 0,
}

/** Made, not started. Rejects where the options are unusable. */
export async function createHost(options: HostOptions): Promise<Host> {
  const init: Libp2pOptions<Services> = {
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', new Uint8Array(options.seed)),
    // What a member learns about our software: its name and wire version, not the runtime below.
    nodeInfo: { name: 'tocsin', version: '1', userAgent: 'tocsin/1' },
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    // An address that cannot be listened on is the operator's mistake: fail, do not run deaf.
    transportManager: { faultTolerance: FaultTolerance.FATAL_ALL },
    transports: [tcp(TCP)],
    connectionEncrypters: [noise()],
    streamMuxers: [muxer(YAMUX)],
    connectionGater: options.gater,
    // It aborts a healthy but busy link on one lost ping; peers.ts pings and counts to three.
    connectionMonitor: { enabled: false },
    connectionManager: CONNECTIONS,
    services: {
      // The standard names: the 14.1.2 line and other implementations must be able to join.
      identify: identify({ runOnConnectionOpen: true, timeout: HANDSHAKE_MS_MAX }),
      ping: ping({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      pubsub: router(options.topics, options.chargeOf),
    },
  }
  return createLibp2p(init)
}
