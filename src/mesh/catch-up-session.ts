/**
 * One catch-up with one member. Both sides do the same: say HELLO, the proofs of forks they hold
 * and HEADS, then ask for what they lack, one range at a time, and answer what they are asked; who
 * lacks nothing more says DONE. A WANT is the credit for one frame, and goes out while the frame
 * before it is judged; memory is bounded by that and by `Taking`'s window. Whatever ends a session,
 * the next one begins at our own committed head.
 *
 * Every envelope and proof goes through the same `accept` as gossip's. No envelope received here is
 * published on; a proof that is new to this node is, like any other (`fork-news`).
 */
import type { AuthorId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { Clock } from '../core/ports.js'
import type { Beacons } from './beacons.js'
import { Asking, type AskingDependencies } from './catch-up-asking.js'
import { ChannelError, type Channel } from './catch-up-channel.js'
import { consequence, type Ending } from './catch-up-ending.js'
import { ForkTelling } from './catch-up-forks.js'
import {
  CATCH_UP_VERSION,
  DONE_REASON,
  HEADS_PER_FRAME_MAX,
  type CatchUpMessage,
  type PeerHead,
} from './catch-up-protocol.js'
import { serve, type ServingDependencies } from './catch-up-serving.js'
import { Taking, type TakingDependencies } from './catch-up-taking.js'
import { Wants, type Want, type WantsDependencies } from './catch-up-wants.js'
import { exchanges } from './exchange.js'
import type { Pace } from './pace.js'

export interface SessionDependencies
  extends WantsDependencies, ServingDependencies, TakingDependencies, AskingDependencies {
  readonly beacons: Pick<Beacons, 'sealed' | 'take' | 'takeHeads' | 'isWanted'>
  readonly hearTime: (author: AuthorId, theirsMs: number) => void
  readonly clock: Clock
  /** Bytes served to all sessions together. */
  readonly pace: Pace
}

export class Session {
  readonly #peer: AuthorId
  readonly #networkId: string
  readonly #channel: Channel
  readonly #deps: SessionDependencies
  readonly #wants: Wants
  readonly #taking: Taking
  readonly #asking: Asking
  readonly #telling: ForkTelling
  #frameBytesMax: number = LIMITS.frameBytesMax
  #greeted = false
  #asked = false
  #doneHere = false
  #doneThere = false

  constructor(
    options: { readonly peer: AuthorId; readonly networkId: string; readonly channel: Channel },
    dependencies: SessionDependencies,
  ) {
    this.#peer = options.peer
    this.#networkId = options.networkId
    this.#channel = options.channel
    this.#deps = dependencies
    this.#wants = new Wants(dependencies)
    this.#taking = new Taking(options.peer, dependencies)
    const parts = { channel: this.#channel, wants: this.#wants, taking: this.#taking }
    this.#asking = new Asking(options.peer, parts, dependencies)
    this.#telling = new ForkTelling(dependencies.forks)
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
      const kind = this.#wants.isLeft ? 'elsewhere' : 'level'
      return { kind, accepted: this.#taking.accepted }
    } finally {
      this.#asking.end()
    }
  }

  /** HEADS is last: it is read in the light of the proofs, and answered by WANT or DONE. */
  async #greet(signal: AbortSignal): Promise<void> {
    const { clock, beacons, heads, floorOf, roster, own } = this.#deps
    await this.#channel.write(
      {
        kind: 'hello',
        version: CATCH_UP_VERSION,
        networkId: this.#networkId,
        now: clock(),
        frameBytesMax: LIMITS.frameBytesMax,
      },
      signal,
    )
    if (beacons.isWanted(this.#peer)) await this.#channel.write({ kind: 'ask' }, signal)
    await this.#tellForks(signal)
    const shown = [...heads().values()]
      .filter(({ author }) => exchanges(roster(), own, author))
      .slice(0, HEADS_PER_FRAME_MAX)
      .map(({ author, seq, id }) => ({ author, floor: floorOf(author), seq, id }))
    await this.#channel.write({ kind: 'heads', heads: shown }, signal)
  }

  async #tellForks(signal: AbortSignal): Promise<void> {
    for (const proof of this.#telling.next()) {
      await this.#channel.write({ kind: 'fork', proof }, signal)
    }
  }

  async #take(message: CatchUpMessage, signal: AbortSignal): Promise<Ending | undefined> {
    if (!this.#greeted && message.kind !== 'hello' && message.kind !== 'busy') {
      throw new ChannelError('no HELLO')
    }
    switch (message.kind) {
      case 'hello':
        return this.#meet(message)
      case 'heads':
        return this.#compare(message.heads, signal)
      case 'fork':
        return this.#receiveFork(message.proof, signal)
      case 'want':
        return this.#serve(message, signal)
      case 'envelopes':
      case 'none':
        return (await this.#asking.receive(message, signal)) ?? this.#wantNext(signal)
      case 'ask':
        return this.#answerAsk(signal)
      case 'beacon':
        return this.#receiveBeacon(message.wire)
      case 'done':
        this.#doneThere = true
        return undefined
      case 'busy':
        return { kind: 'busy', retryMs: message.retryMs }
      case 'unknown':
        return undefined
    }
  }

  #meet(hello: Extract<CatchUpMessage, { kind: 'hello' }>): Ending | undefined {
    this.#greeted = true
    this.#frameBytesMax = Math.min(LIMITS.frameBytesMax, hello.frameBytesMax)
    if (hello.networkId !== this.#networkId) return { kind: 'foreign' }
    this.#deps.hearTime(this.#peer, hello.now)
    return undefined
  }

  async #compare(heads: readonly PeerHead[], signal: AbortSignal): Promise<undefined> {
    this.#deps.beacons.takeHeads(this.#peer, heads)
    for (const head of heads) await this.#wants.compare(head)
    return this.#wantNext(signal)
  }

  /** Asks for what is lacking and nobody else fetches, if there is something; else DONE. */
  async #wantNext(signal: AbortSignal): Promise<undefined> {
    if (this.#doneHere || (await this.#asking.next(signal))) return
    this.#doneHere = true
    await this.#tellForks(signal)
    await this.#channel.write({ kind: 'done', reason: DONE_REASON.level }, signal)
  }

  async #serve(want: Want, signal: AbortSignal): Promise<undefined> {
    const { author, from } = want
    const served = await serve(want, this.#frameBytesMax, this.#deps)
    if ('reason' in served) {
      await this.#channel.write({ kind: 'none', author, from, reason: served.reason }, signal)
      return
    }
    const bytes = served.reduce((sum, wire) => sum + wire.length, 0)
    await this.#deps.pace.take(bytes, signal)
    await this.#channel.write({ kind: 'envelopes', author, from, wires: served }, signal)
  }

  /** Once a session: a signature costs more than the question. */
  async #answerAsk(signal: AbortSignal): Promise<undefined> {
    if (this.#asked) return
    this.#asked = true
    await this.#channel.write({ kind: 'beacon', wire: this.#deps.beacons.sealed() }, signal)
  }

  #receiveBeacon(wire: Uint8Array): Ending | undefined {
    const judged = this.#deps.beacons.take(wire, this.#peer)
    return judged.ok ? undefined : { kind: 'refused', code: judged.code }
  }

  /** A proof ends a log below the number used twice: what their head of it means has changed. */
  async #receiveFork(proof: Uint8Array, signal: AbortSignal): Promise<Ending | undefined> {
    const outcome = await this.#taking.one(proof)
    signal.throwIfAborted()
    if ('id' in outcome) this.#telling.known(outcome.id)
    const stop = consequence(outcome)
    if (typeof stop === 'object') return stop
    for (const [author, { id }] of this.#deps.forks()) {
      if (outcome.status === 'accepted' && id === outcome.id) await this.#wants.compareAgain(author)
    }
    return undefined
  }
}
