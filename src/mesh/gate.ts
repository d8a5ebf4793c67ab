/**
 * Who may connect: keys in the roster (observers too), nobody else, in both directions. The roster
 * is pulled at each question, so an admission or a removal needs no message to get here.
 *
 * A stranger is cut after Noise has proved its key and before a muxer exists: it learns our key and
 * that we speak Noise and yamux, but no protocol, no topic and no address. Cutting a member that is
 * already connected when it is removed is `peers.ts`'s work.
 */
import type { ConnectionGater, PeerId } from '@libp2p/interface'
import { authorOfPeer, peerNameOf, type AuthorId } from '../core/identity.js'
import { MINUTE_MS } from '../core/limits.js'
import type { Log } from '../core/ports.js'
import type { Roster } from '../core/roster.js'

/**
 * Strangers named in the log within a minute; more are only counted, or they could fill the disk.
 */
const NAMED_PER_MINUTE_MAX = 8

export class Gate {
  readonly #roster: () => Roster
  readonly #log: Log
  readonly #shutUntilMs = new Map<AuthorId, number>()
  #refused = 0
  #named = 0
  #minute = 0

  constructor(dependencies: { readonly roster: () => Roster; readonly log: Log }) {
    this.#roster = dependencies.roster
    this.#log = dependencies.log
  }

  /** Connections refused since start. */
  get refused(): number {
    return this.#refused
  }

  /** The admitted key behind a PeerId, or undefined; also while it is shut out. */
  authorOf(peer: PeerId): AuthorId | undefined {
    const author = authorOfPeer(peer.toString())
    if (author === undefined || this.#roster().memberOf(author) === undefined) return undefined
    return (this.#shutUntilMs.get(author) ?? 0) > performance.now() ? undefined : author
  }

  /** Treats a member as a stranger for a while; `peers.ts` then cuts its connections. */
  shutOut(author: AuthorId, forMs: number): void {
    this.#shutUntilMs.set(author, performance.now() + forMs)
    this.#log.warn('mesh-flood', { peer: peerNameOf(author), forMs })
  }

  gater(): ConnectionGater {
    return {
      denyDialPeer: (peer) => this.authorOf(peer) === undefined,
      denyInboundEncryptedConnection: (peer) => this.#denies(peer, 'inbound'),
      denyOutboundEncryptedConnection: (peer) => this.#denies(peer, 'outbound'),
    }
  }

  #denies(peer: PeerId, direction: 'inbound' | 'outbound'): boolean {
    if (this.authorOf(peer) !== undefined) return false
    this.#refused++
    const minute = Math.floor(performance.now() / MINUTE_MS)
    if (minute !== this.#minute) this.#named = 0
    this.#minute = minute
    if (this.#named++ < NAMED_PER_MINUTE_MAX) {
      const fields = { peer: peer.toString(), direction, refused: this.#refused }
      this.#log.warn('mesh-gate-refused', fields)
    }
    return true
  }
}
