/**
 * Keeps connections equal to the roster: dials every admitted key for ever, hangs up what is no
 * longer admitted (within `reconcileMs`), resets links that are connected but deaf or dead, and
 * says which link is in which state. One loop looks at everything; events only make it look sooner,
 * so a lost event costs a quarter of a second and not a link. Knows nothing of envelopes.
 */
import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { peerNameOf, type AuthorId } from '../core/identity.js'
import type { Log } from '../core/ports.js'
import type { Roster } from '../core/roster.js'
import type { Host } from './host.js'
import { Neighbour } from './neighbour.js'
import type { MeshTimings } from './timings.js'

export interface PeersDependencies {
  readonly host: Host
  readonly own: AuthorId
  readonly roster: () => Roster
  /** Members subscribed on our topic with a stream of ours to them. */
  readonly reached: () => ReadonlySet<AuthorId>
  readonly authorOf: (peer: Connection['remotePeer']) => AuthorId | undefined
  /** Asks for a catch-up with a member, at once or after a moment. */
  readonly ask: (author: AuthorId, delayMs?: number) => void
  /** Called after each look: others have something to look at as well. */
  readonly beat: (now: number) => void
  readonly log: Log
}

/** The node with the higher name waits this long before its first dial and its first catch-up. */
const PATIENCE_MS = 200

export class Peers {
  readonly #timings: MeshTimings
  readonly #deps: PeersDependencies
  readonly #neighbours = new Map<AuthorId, Neighbour>()
  /** Addresses as written in the roster, to notice a change. */
  readonly #addresses = new Map<AuthorId, readonly string[]>()
  #roster: Roster | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  #looking = false
  #stopped = false

  constructor(timings: MeshTimings, dependencies: PeersDependencies) {
    this.#timings = timings
    this.#deps = dependencies
  }

  start(): void {
    const { host } = this.#deps
    host.addEventListener('connection:open', this.#lookSoon)
    host.addEventListener('connection:close', this.#lookSoon)
    host.services.pubsub.addEventListener('subscription-change', this.#lookSoon)
    this.#timer = setInterval(this.#look, this.#timings.reconcileMs)
    this.#look()
  }

  stop(): void {
    const { host } = this.#deps
    this.#stopped = true
    clearInterval(this.#timer)
    host.removeEventListener('connection:open', this.#lookSoon)
    host.removeEventListener('connection:close', this.#lookSoon)
    host.services.pubsub.removeEventListener('subscription-change', this.#lookSoon)
  }

  neighbours(): readonly Neighbour[] {
    return [...this.#neighbours.values()]
  }

  /** Members connected now that may be in our network. */
  connected(): AuthorId[] {
    return this.neighbours()
      .filter((one) => one.connected && one.link !== 'wrong-network')
      .map((one) => one.author)
  }

  /** Since when each link that is up has been so. */
  up(): Map<AuthorId, number> {
    const up = new Map<AuthorId, number>()
    for (const { author, upMs } of this.#neighbours.values()) {
      if (upMs !== undefined) up.set(author, upMs)
    }
    return up
  }

  markForeign(author: AuthorId): void {
    const neighbour = this.#neighbours.get(author)
    if (neighbour === undefined || neighbour.link === 'wrong-network') return
    neighbour.isForeign()
    this.#deps.log.warn('mesh-wrong-network', { peer: peerNameOf(author) })
  }

  readonly #lookSoon = (): void => {
    if (this.#looking) return
    this.#looking = true
    setImmediate(() => {
      this.#looking = false
      if (!this.#stopped) this.#look()
    })
  }

  readonly #look = (): void => {
    try {
      const now = performance.now()
      this.#followRoster(now)
      const open = this.#openConnections()
      const reached = this.#deps.reached()
      for (const neighbour of this.#neighbours.values()) {
        const { author } = neighbour
        this.#tend(neighbour, now, open.get(author) ?? [], reached.has(author))
      }
      this.#deps.beat(now)
    } catch (error) {
      this.#deps.log.error('mesh-reconcile-failed', { error: String(error) })
    }
  }

  /** Connections by member; those of nobody we admit are cut on sight. */
  #openConnections(): Map<AuthorId, Connection[]> {
    const open = new Map<AuthorId, Connection[]>()
    for (const connection of this.#deps.host.getConnections()) {
      if (connection.status !== 'open') continue
      const author = this.#deps.authorOf(connection.remotePeer)
      if (author === undefined) {
        // Not `close`: that would wait for a second while the removed member still talks.
        connection.abort(new Error('not in the roster'))
        this.#deps.log.info('mesh-link-cut', { peer: connection.remotePeer.toString() })
      } else {
        open.set(author, [...(open.get(author) ?? []), connection])
      }
    }
    return open
  }

  /** The roster is an immutable value: another object means that something changed. */
  #followRoster(now: number): void {
    const roster = this.#deps.roster()
    if (roster === this.#roster) return
    const first = this.#roster === undefined
    this.#roster = roster
    const keys = new Map(
      roster.members.flatMap((member) => member.keys.map((key) => [key.author, key.addresses])),
    )
    keys.delete(this.#deps.own)
    for (const author of this.#neighbours.keys()) {
      if (keys.has(author)) continue
      this.#neighbours.delete(author)
      this.#addresses.delete(author)
    }
    for (const [author, addresses] of keys) this.#admit(author, addresses, now)
    // Authors admitted just now may have logs that every neighbour holds.
    if (!first) for (const author of this.connected()) this.#deps.ask(author)
  }

  #admit(author: AuthorId, addresses: readonly string[], now: number): void {
    const known = this.#neighbours.get(author)
    const same = this.#addresses.get(author)?.join() === addresses.join()
    this.#addresses.set(author, addresses)
    if (known !== undefined) {
      if (!same) known.readdressed(now)
      return
    }
    const peer = peerIdFromString(peerNameOf(author))
    const neighbour = new Neighbour(author, peer, this.#timings, now, this.#patienceMs(author))
    this.#neighbours.set(author, neighbour)
  }

  #patienceMs(author: AuthorId): number {
    return peerNameOf(this.#deps.own) < peerNameOf(author) ? 0 : PATIENCE_MS
  }

  /** Compares one link with what is seen and does what is due. */
  #tend(one: Neighbour, now: number, open: readonly Connection[], reached: boolean): void {
    const change = one.observe(now, open.length > 0, reached)
    const fields = { peer: peerNameOf(one.author) }
    if (change === 'up') {
      this.#deps.log.info('mesh-link-up', fields)
      this.#deps.ask(one.author, this.#patienceMs(one.author))
    }
    if (change === 'lost') this.#deps.log.info('mesh-link-down', fields)
    if (one.probeIsDue(now)) this.#deps.ask(one.author)
    if (one.resetIsDue(now)) {
      this.#deps.log.warn('mesh-link-reset', fields)
      for (const connection of open) connection.abort(new Error('connected but deaf'))
      one.observe(now, false, false)
    }
    if (one.pingIsDue(now)) void this.#ping(one)
    if (one.dialIsDue(now)) void this.#dial(one)
  }

  async #dial(neighbour: Neighbour): Promise<void> {
    const addresses = this.#dialable(neighbour.author)
    // A member without addresses dials us.
    if (addresses.length === 0) return
    neighbour.dialStarts()
    try {
      // No signal of ours besides: the host ends its dials when it stops, and `AbortSignal.any` on
      // a signal that lives as long as the node would keep a little of every dial and ping.
      const signal = AbortSignal.timeout(this.#timings.dialMsMax)
      await this.#deps.host.dial(addresses, { signal })
      neighbour.dialEnds(performance.now(), 'connected')
    } catch (error) {
      neighbour.dialEnds(performance.now(), isCut(error) ? 'cut' : 'failed')
      // Only the first: a member may be away for weeks.
      if (neighbour.failures === 1 && !this.#stopped) {
        const fields = { peer: peerNameOf(neighbour.author), error: String(error) }
        this.#deps.log.info('mesh-dial-failed', fields)
      }
    }
    this.#lookSoon()
  }

  #dialable(author: AuthorId): Multiaddr[] {
    const suffix = `/p2p/${peerNameOf(author)}`
    return (this.#addresses.get(author) ?? []).flatMap((address) => {
      try {
        // With the name, so that libp2p refuses whoever else answers there.
        return [multiaddr(address + suffix)]
      } catch {
        return []
      }
    })
  }

  async #ping(neighbour: Neighbour): Promise<void> {
    try {
      const signal = AbortSignal.timeout(this.#timings.pingMsMax)
      const lagMs = await this.#deps.host.services.ping.ping(neighbour.peer, { signal })
      neighbour.pinged(lagMs)
    } catch {
      neighbour.pinged(undefined)
    }
  }
}

/** The other side closed while we were still shaking hands, as a gate does. */
function isCut(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConnectionClosedError'
}
