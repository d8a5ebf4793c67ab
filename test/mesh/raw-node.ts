/**
 * A plain libp2p node with gossipsub and no manners: what a stranger or a hostile member would run.
 */
import { randomBytes } from 'node:crypto'
import { gossipsub, StrictNoSign, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify, type Identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { authorOf, peerNameOf, type AuthorId, type PeerName } from '../../src/core/identity.js'
import { publicKeyOf } from '../../src/core/signature.js'
import { beaconTopicOf } from '../../src/mesh/beacons.js'
import { topicOf } from '../../src/mesh/gossip.js'
import { until } from '../support/until.js'
import { NETWORK, type Lab, type Party } from './lab.js'

type Services = { identify: Identify; pubsub: GossipSub }

export class RawNode implements Party {
  static readonly #running = new Set<RawNode>()
  readonly author: AuthorId

  private constructor(
    readonly seed: Uint8Array,
    readonly libp2p: Libp2p<Services>,
  ) {
    this.author = authorOf(publicKeyOf(seed))
    RawNode.#running.add(this)
  }

  /** `sorts`: where its PeerId is to lie, as that decides whose session stands. */
  static async start(
    sorts: (own: PeerName) => boolean = () => true,
    seed: Uint8Array = new Uint8Array(randomBytes(32)),
  ): Promise<RawNode> {
    if (!sorts(peerNameOf(authorOf(publicKeyOf(seed))))) return RawNode.start(sorts)
    const libp2p = await createLibp2p<Services>({
      privateKey: await generateKeyPairFromSeed('Ed25519', seed),
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
      services: {
        identify: identify(),
        pubsub: gossipsub({
          globalSignaturePolicy: StrictNoSign,
          allowPublishToZeroTopicPeers: true,
          floodPublish: true,
          scoreParams: { IPColocationFactorWeight: 0 },
        }),
      },
    })
    return new RawNode(seed, libp2p)
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...RawNode.#running].map(async (node) => node.libp2p.stop()))
    RawNode.#running.clear()
  }

  readonly addresses = (): string[] => {
    const suffix = `/p2p/${peerNameOf(this.author)}`
    return this.libp2p.getMultiaddrs().map((address) => address.toString().replace(suffix, ''))
  }

  get topic(): string {
    return topicOf(NETWORK)
  }

  get beaconTopic(): string {
    return beaconTopicOf(NETWORK)
  }

  subscribe(): void {
    this.libp2p.services.pubsub.subscribe(this.topic)
  }

  dial(lab: Lab): Promise<Connection> {
    const name = peerNameOf(lab.author)
    return this.libp2p.dial(multiaddr(`${lab.addresses()[0]}/p2p/${name}`))
  }

  /** Connected, subscribed and seen by the node as a neighbour. */
  async join(...labs: readonly Lab[]): Promise<void> {
    this.subscribe()
    for (const lab of labs) {
      lab.admit(this, { dial: false })
      await this.dial(lab)
      await until(() => lab.isUp(this) && this.hears(lab) && this.hears(lab, this.beaconTopic), {
        what: 'raw node joined',
      })
    }
  }

  hears(lab: Lab, topic = this.topic): boolean {
    const subscribers = this.libp2p.services.pubsub.getSubscribers(topic)
    return subscribers.some((peer) => peer.toString() === String(peerNameOf(lab.author)))
  }

  async send(bytes: Uint8Array, topic = this.topic): Promise<number> {
    const { recipients } = await this.libp2p.services.pubsub.publish(topic, bytes)
    return recipients.length
  }

  async open(lab: Lab, protocol: string): Promise<Stream> {
    const connection = await this.dial(lab)
    return connection.newStream([protocol])
  }
}
