/**
 * The guarantee beneath gossip: decides with whom to catch up and when, and keeps one session per
 * pair. A request is met by any session that starts after it, whoever opens it, because sessions
 * are symmetric. A request made during a session therefore leads to another one. If both sides open
 * at once the stream of the lower PeerId stands.
 */
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerNameOf, type AuthorId } from '../core/identity.js'
import { SECOND_MS } from '../core/limits.js'
import type { CatchUpStatus } from '../core/mesh-port.js'
import { Channel } from './catch-up-channel.js'
import type { Ending } from './catch-up-ending.js'
import { CATCH_UP_PROTOCOL } from './catch-up-protocol.js'
import { Session, type SessionDependencies } from './catch-up-session.js'
import { SESSIONS_MAX } from './catch-up-taking.js'
import { Fetching } from './fetching.js'
import type { Host } from './host.js'
import type { MeshTimings } from './timings.js'

/**
 * Half for those who come to us: members that hold these places cannot keep us from asking others.
 */
const OPENED_BY_US_MAX = SESSIONS_MAX / 2
const OPENED_BY_THEM_MAX = SESSIONS_MAX - OPENED_BY_US_MAX
const RETRY_MS = 1 * SECOND_MS
const RETRY_MS_MAX = 30 * SECOND_MS

export interface CatchUpDependencies extends Omit<SessionDependencies, 'fetching'> {
  readonly host: Host
  /** The admitted key behind a PeerId, or undefined. */
  readonly authorOf: (peer: PeerId) => AuthorId | undefined
  /** Members connected now that may be in our network. */
  readonly connected: () => readonly AuthorId[]
  /** Told when a member's HELLO names another network. */
  readonly foreign: (author: AuthorId) => void
}

interface Running {
  readonly openedBy: 'us' | 'them'
  readonly control: AbortController
  readonly ended: Promise<void>
}

export class CatchUp {
  readonly #networkId: string
  readonly #timings: MeshTimings
  readonly #deps: CatchUpDependencies
  readonly #sessionDeps: SessionDependencies
  /** When each member's next session is due, by the monotonic clock. */
  readonly #due = new Map<AuthorId, number>()
  readonly #startedMs = new Map<AuthorId, number>()
  readonly #failures = new Map<AuthorId, number>()
  readonly #running = new Map<AuthorId, Running>()
  #wake: ReturnType<typeof setTimeout> | undefined
  #round: ReturnType<typeof setTimeout> | undefined
  #lastMs: number | undefined
  #stopped = false

  constructor(
    options: { readonly networkId: string; readonly timings: MeshTimings },
    dependencies: CatchUpDependencies,
  ) {
    this.#networkId = options.networkId
    this.#timings = options.timings
    this.#deps = dependencies
    this.#sessionDeps = {
      ...dependencies,
      fetching: new Fetching(options.timings.stallMs, () => performance.now()),
    }
  }

  async start(): Promise<void> {
    const handler = (stream: Stream, connection: Connection): void =>
      this.#enter(stream, connection)
    await this.#deps.host.handle(CATCH_UP_PROTOCOL, handler, {
      // One is in use; the others are losers of a race and ended ones that are still closing.
      maxInboundStreams: 4,
      maxOutboundStreams: 4,
      runOnLimitedConnection: false,
    })
    this.#planRound()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#wake)
    clearTimeout(this.#round)
    this.#due.clear()
    await this.#deps.host.unhandle(CATCH_UP_PROTOCOL)
    const running = [...this.#running.values()]
    for (const { control } of running) control.abort(new Error('stopping'))
    await Promise.all(running.map((one) => one.ended))
  }

  status(): Omit<CatchUpStatus, 'missing'> {
    const { fetching, heads } = this.#sessionDeps
    const logs = [...fetching.list()].map((log) => {
      return { ...log, held: heads().get(log.author)?.seq ?? 0 }
    })
    return {
      running: this.#running.size,
      ...(this.#lastMs === undefined ? {} : { lastMs: this.#lastMs }),
      ...(logs.length === 0 ? {} : { fetching: logs }),
    }
  }

  /** Asks for a session with a member that starts from now on, in `delayMs` at the earliest. */
  request(author: AuthorId, delayMs = 0): void {
    if (this.#stopped) return
    const lastMs = this.#startedMs.get(author) ?? -Infinity
    const dueMs = Math.max(performance.now() + delayMs, lastMs + this.#timings.catchUpSpacingMs)
    this.#due.set(author, Math.min(dueMs, this.#due.get(author) ?? Infinity))
    this.#pump()
  }

  /** Starts what is due and may start, and sets the timer for the rest. */
  #pump(): void {
    if (this.#stopped) return
    clearTimeout(this.#wake)
    const now = performance.now()
    let nextMs = Infinity
    for (const [author, dueMs] of this.#due) {
      // The end of a session pumps again.
      if (this.#running.has(author)) continue
      if (dueMs > now) nextMs = Math.min(nextMs, dueMs)
      else if (this.#openedBy('us') < OPENED_BY_US_MAX) this.#leave(author)
    }
    if (nextMs < Infinity) this.#wake = setTimeout(() => this.#pump(), nextMs - now)
  }

  #openedBy(side: Running['openedBy']): number {
    let count = 0
    for (const one of this.#running.values()) if (one.openedBy === side) count++
    return count
  }

  /** A session with a random member now and then finds what every hint has missed. */
  #planRound(): void {
    const waitMs = this.#timings.catchUpEveryMs * (0.5 + Math.random())
    this.#round = setTimeout(() => {
      const connected = this.#deps.connected()
      const author = connected[Math.floor(Math.random() * connected.length)]
      if (author !== undefined) this.request(author)
      this.#planRound()
    }, waitMs)
  }

  /** We open. */
  #leave(author: AuthorId): void {
    const connection = this.#deps.host
      .getConnections()
      .find((one) => one.status === 'open' && this.#deps.authorOf(one.remotePeer) === author)
    if (connection === undefined) {
      // Whoever comes back is asked when its link is up.
      this.#due.delete(author)
      return
    }
    this.#run(author, 'us', async (signal) => {
      return new Channel(
        await connection.newStream([CATCH_UP_PROTOCOL], { signal }),
        this.#timings.idleMsMax,
      )
    })
  }

  /** They open. */
  #enter(stream: Stream, connection: Connection): void {
    const author = this.#deps.authorOf(connection.remotePeer)
    const channel = new Channel(stream, this.#timings.idleMsMax)
    if (author === undefined || this.#stopped) return channel.abort('not admitted')
    const running = this.#running.get(author)
    const weStand = peerNameOf(this.#deps.own) < peerNameOf(author)
    const full = running === undefined && this.#openedBy('them') >= OPENED_BY_THEM_MAX
    if (full || running?.openedBy === 'them' || (running !== undefined && weStand)) {
      void this.#turnAway(channel)
      return
    }
    running?.control.abort(new Error('superseded'))
    this.#run(author, 'them', () => Promise.resolve(channel))
  }

  async #turnAway(channel: Channel): Promise<void> {
    try {
      await channel.write({ kind: 'busy', retryMs: RETRY_MS }, AbortSignal.timeout(RETRY_MS))
      await channel.close()
    } catch (error) {
      channel.abort(error)
    }
  }

  #run(
    author: AuthorId,
    openedBy: Running['openedBy'],
    open: (signal: AbortSignal) => Promise<Channel>,
  ): void {
    const control = new AbortController()
    this.#due.delete(author)
    this.#startedMs.set(author, performance.now())
    const ended = this.#converse(author, control, open).finally(() => {
      if (this.#running.get(author)?.control === control) this.#running.delete(author)
      this.#pump()
    })
    this.#running.set(author, { openedBy, control, ended })
  }

  /** One session from stream to consequence; never rejects. */
  async #converse(
    author: AuthorId,
    control: AbortController,
    open: (signal: AbortSignal) => Promise<Channel>,
  ): Promise<void> {
    const overlong = AbortSignal.timeout(this.#timings.sessionMsMax)
    const signal = AbortSignal.any([control.signal, overlong])
    let channel: Channel | undefined
    try {
      channel = await open(signal)
      const options = { peer: author, networkId: this.#networkId, channel }
      const ending = await new Session(options, this.#sessionDeps).run(signal)
      await this.#conclude(author, ending, channel, signal)
    } catch (error) {
      channel?.abort(error)
      // Stopped, or superseded: the session that took its place does the same work.
      if (control.signal.aborted) return
      this.#retry(author, error)
    }
  }

  async #conclude(
    author: AuthorId,
    ending: Ending,
    channel: Channel,
    signal: AbortSignal,
  ): Promise<void> {
    const peer = peerNameOf(author)
    switch (ending.kind) {
      case 'level':
      case 'elsewhere':
        this.#failures.delete(author)
        if (ending.kind === 'level') this.#lastMs = this.#deps.clock()
        else this.request(author, jittered(this.#timings.stallMs))
        if (ending.accepted > 0) {
          this.#deps.log.info('mesh-caught-up', { peer, accepted: ending.accepted })
        }
        return channel.close()
      case 'later':
        await channel.write({ kind: 'busy', retryMs: RETRY_MS }, signal)
        this.request(author, jittered(RETRY_MS))
        return channel.close()
      case 'busy':
        this.request(author, jittered(Math.min(RETRY_MS_MAX, Math.max(100, ending.retryMs))))
        return channel.close()
      case 'foreign':
        this.#deps.foreign(author)
        return channel.close()
      case 'refused':
        this.#deps.log.warn('mesh-catch-up-refused', { peer, code: ending.code })
        return channel.abort('refused')
    }
  }

  #retry(author: AuthorId, error: unknown): void {
    const failures = this.#failures.get(author) ?? 0
    this.#failures.set(author, failures + 1)
    this.#deps.log.info('mesh-catch-up-failed', { peer: peerNameOf(author), error: String(error) })
    this.request(author, jittered(Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(failures, 8))))
  }
}

/** Both sides of a session wait from the same moment; they had better not return in the same. */
function jittered(ms: number): number {
  return ms * (0.75 + Math.random() / 2)
}
