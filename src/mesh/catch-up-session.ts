/**
 * One catch-up with one member. Both sides do the same: say HELLO and HEADS, then ask for what they
 * lack, one range at a time, and answer what they are asked; who lacks nothing more says DONE.
 * Memory is bounded by that lockstep, progress by the durable commit: the next WANT starts at our
 * own committed head.
 *
 * Every envelope goes through the same `accept` as gossip's. Nothing received here is published on.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import { toBytes } from '../core/envelope.js'
import type { Head } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { Outcome } from '../core/outcome.js'
import type { Accept, Clock, Log, LogRow, Store } from '../core/ports.js'
import type { Roster } from '../core/roster.js'
import { consequence, type Ending } from './catch-up-ending.js'
import { ChannelError, type Channel } from './catch-up-channel.js'
import {
  CATCH_UP_VERSION,
  DONE_REASON,
  HEADS_PER_FRAME_MAX,
  NONE_REASON,
  WIRES_PER_FRAME_MAX,
  type CatchUpMessage,
  type PeerHead,
} from './catch-up-protocol.js'
import type { Ledger } from './ledger.js'
import type { Pace } from './pace.js'

/**
 * Sessions at once; with the chunk below they fill half of intake's queue and leave the rest to
 * gossip.
 */
export const SESSIONS_MAX = 8
const CHUNK = Math.floor(LIMITS.queueEnvelopesMax / 2 / SESSIONS_MAX)
/** Envelopes judged (0.1 ms each) before lookups get a turn. */
const BREATH = 16

export interface SessionDependencies {
  readonly accept: Accept
  readonly roster: () => Roster
  readonly heads: () => ReadonlyMap<AuthorId, Head>
  readonly readLog: Store['logRows']
  readonly own: AuthorId
  readonly clock: Clock
  readonly log: Log
  readonly ledger: Ledger
  /** Bytes served to all sessions together. */
  readonly pace: Pace
  /** Which author each running session is fetching: two sessions had better fetch two. */
  readonly fetching: Map<Session, AuthorId>
}

export class Session {
  readonly #peer: AuthorId
  readonly #networkId: string
  readonly #channel: Channel
  readonly #deps: SessionDependencies
  /** Logs where the other side is ahead; an author leaves when level or beyond help. */
  readonly #ahead = new Map<AuthorId, PeerHead>()
  #wanted: { readonly author: AuthorId; readonly from: number } | undefined
  #frameBytesMax: number = LIMITS.frameBytesMax
  #greeted = false
  #doneHere = false
  #doneThere = false
  #accepted = 0

  constructor(
    options: { readonly peer: AuthorId; readonly networkId: string; readonly channel: Channel },
    dependencies: SessionDependencies,
  ) {
    this.#peer = options.peer
    this.#networkId = options.networkId
    this.#channel = options.channel
    this.#deps = dependencies
  }

  /**
   * Until both sides are level or one gives up. Throws where line or protocol break, or on abort.
   */
  async run(signal: AbortSignal): Promise<Ending> {
    try {
      await this.#greet(signal)
      while (!(this.#doneHere && this.#doneThere)) {
        const ending = await this.#take(await this.#channel.read(signal), signal)
        if (ending !== undefined) return ending
      }
      return { kind: 'level', accepted: this.#accepted }
    } finally {
      this.#deps.fetching.delete(this)
    }
  }

  async #greet(signal: AbortSignal): Promise<void> {
    await this.#channel.write(
      {
        kind: 'hello',
        version: CATCH_UP_VERSION,
        networkId: this.#networkId,
        now: this.#deps.clock(),
        frameBytesMax: LIMITS.frameBytesMax,
      },
      signal,
    )
    const heads = [...this.#deps.heads().values()]
      .filter((head) => this.#exchanges(head.author))
      .slice(0, HEADS_PER_FRAME_MAX)
      .map(({ author, seq, id }) => ({ author, floor: 1, seq, id }))
    await this.#channel.write({ kind: 'heads', heads }, signal)
  }

  /**
   * Logs we ask for and hand out: our own (a restored node gets it back) and those of speaking
   * members.
   */
  #exchanges(author: AuthorId): boolean {
    if (author === this.#deps.own) return true
    return this.#deps.roster().memberOf(author)?.role === 'member'
  }

  async #take(message: CatchUpMessage, signal: AbortSignal): Promise<Ending | undefined> {
    if (!this.#greeted && message.kind !== 'hello' && message.kind !== 'busy') {
      throw new ChannelError('no HELLO')
    }
    switch (message.kind) {
      case 'hello':
        this.#greeted = true
        this.#frameBytesMax = Math.min(LIMITS.frameBytesMax, message.frameBytesMax)
        return message.networkId === this.#networkId ? undefined : { kind: 'foreign' }
      case 'heads':
        this.#compare(message.heads)
        return this.#wantNext(signal)
      case 'want':
        return this.#serve(message.author, message.from, message.to, signal)
      case 'envelopes':
        return this.#receive(message.author, message.from, message.wires, signal)
      case 'none':
        this.#answers(message.author, message.from)
        this.#ahead.delete(message.author)
        return this.#wantNext(signal)
      case 'done':
        this.#doneThere = true
        return undefined
      case 'busy':
        return { kind: 'busy', retryMs: message.retryMs }
      case 'unknown':
        return undefined
    }
  }

  #compare(heads: readonly PeerHead[]): void {
    const ours = this.#deps.heads()
    for (const head of heads) {
      if (!this.#exchanges(head.author)) continue
      const held = ours.get(head.author)
      if (head.seq > (held?.seq ?? 0)) this.#ahead.set(head.author, head)
      if (held?.seq === head.seq && held.id !== head.id) {
        this.#deps.log.warn('mesh-heads-differ', { author: head.author, seq: head.seq })
      }
    }
  }

  /**
   * Asks for the next range, of an author nobody else is fetching where there is one; else DONE.
   */
  async #wantNext(signal: AbortSignal): Promise<undefined> {
    this.#deps.fetching.delete(this)
    const taken = new Set(this.#deps.fetching.values())
    const authors = [...this.#ahead.keys()].sort(
      (a, b) => Number(taken.has(a)) - Number(taken.has(b)),
    )
    for (const author of authors) {
      const head = this.#ahead.get(author)!
      const from = (this.#deps.heads().get(author)?.seq ?? 0) + 1
      if (from > head.seq || from < head.floor) {
        this.#ahead.delete(author)
        continue
      }
      this.#wanted = { author, from }
      this.#deps.fetching.set(this, author)
      return void (await this.#channel.write({ kind: 'want', author, from, to: head.seq }, signal))
    }
    if (this.#doneHere) return
    this.#doneHere = true
    await this.#channel.write({ kind: 'done', reason: DONE_REASON.level }, signal)
  }

  /** An answer must be to the one question that is open. */
  #answers(author: AuthorId, from: number): void {
    if (this.#wanted?.author !== author || this.#wanted.from !== from) {
      throw new ChannelError('an answer nobody asked for')
    }
    this.#wanted = undefined
  }

  async #serve(
    author: AuthorId,
    from: number,
    to: number,
    signal: AbortSignal,
  ): Promise<undefined> {
    const head = this.#deps.heads().get(author)
    if (head === undefined || !this.#exchanges(author)) {
      return this.#none(author, from, NONE_REASON['not-served'], signal)
    }
    if (from > head.seq) return this.#none(author, from, NONE_REASON['not-held'], signal)
    const rows = await this.#rows(author, from, Math.min(to, head.seq))
    if (rows === undefined) return this.#none(author, from, NONE_REASON['store-failed'], signal)
    if (rows.length === 0) return this.#none(author, from, NONE_REASON['not-held'], signal)
    const wires = rows.slice(0, WIRES_PER_FRAME_MAX).map(toBytes)
    const bytes = wires.reduce((sum, wire) => sum + wire.length, 0)
    await this.#deps.pace.take(bytes, signal)
    await this.#channel.write({ kind: 'envelopes', author, from, wires }, signal)
  }

  /** What our own disk cannot give is our fault: the other side is told and asks elsewhere. */
  async #rows(author: AuthorId, from: number, to: number): Promise<LogRow[] | undefined> {
    // Half a frame always leaves room for one more envelope and the heads of the rest.
    const bytesMax = Math.min(LIMITS.wantBytesMax, Math.floor(this.#frameBytesMax / 2))
    try {
      return await this.#deps.readLog(author, from, to, bytesMax)
    } catch (error) {
      this.#deps.log.error('mesh-catch-up-read-failed', { author, error: String(error) })
      return undefined
    }
  }

  async #none(
    author: AuthorId,
    from: number,
    reason: number,
    signal: AbortSignal,
  ): Promise<undefined> {
    await this.#channel.write({ kind: 'none', author, from, reason }, signal)
  }

  async #receive(
    author: AuthorId,
    from: number,
    wires: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<Ending | undefined> {
    this.#answers(author, from)
    for (let at = 0; at < wires.length; at += CHUNK) {
      const stop = await this.#acceptAll(wires.slice(at, at + CHUNK))
      signal.throwIfAborted()
      if (stop === 'author') this.#ahead.delete(author)
      else if (stop !== undefined) return stop
      if (stop !== undefined) break
    }
    // No step forward: asking again would be answered the same.
    const seq = this.#deps.heads().get(author)?.seq ?? 0
    if (seq < from) this.#ahead.delete(author)
    return this.#wantNext(signal)
  }

  /** Judges in order, waits for the commit of all of them, and answers why not to go on, if so. */
  async #acceptAll(wires: readonly Uint8Array[]): Promise<Ending | 'author' | undefined> {
    const commits: Promise<Outcome>[] = []
    let stop: Ending | 'author' | undefined
    for (const wire of wires) {
      const origin = { via: 'catch-up', from: this.#peer } as const
      const { judged, committed } = this.#deps.accept(wire, origin)
      this.#deps.ledger.note(this.#peer, judged)
      commits.push(committed)
      stop = consequence(judged)
      if (stop !== undefined) break
      if (commits.length % BREATH === 0) await breathe()
    }
    for (const outcome of await Promise.all(commits)) {
      if (outcome.status === 'accepted') this.#accepted++
      stop ??= consequence(outcome)
    }
    return stop
  }
}
