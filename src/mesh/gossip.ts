/**
 * The fast path: envelopes by gossip on one topic. The validator is the one door, `accept`; its
 * judgement is the answer to gossipsub, in turn and without waiting for the disk. Delivery is not
 * promised: who was not reached, and what came out of order, is left to catch-up, which is asked
 * for here.
 */
import { TopicValidatorResult, type Message } from '@chainsafe/libp2p-gossipsub'
import type { PeerId } from '@libp2p/interface'
import { authorAt } from '../core/envelope.js'
import { authorOfPeer, peerNameOf, type AuthorId } from '../core/identity.js'
import { LIMITS, SECOND_MS } from '../core/limits.js'
import type { Outcome } from '../core/outcome.js'
import type { Accept, Log } from '../core/ports.js'
import { Allowance, AUTHOR, NEIGHBOUR } from './allowance.js'
import type { Ledger } from './ledger.js'
import { Pace } from './pace.js'
import type { Router } from './router.js'

const MIB = 1024 * 1024
/** A quarter of what a neighbour's write buffer holds, so a slower line has seconds to keep up. */
const PUBLISH_BYTES_PER_SECOND = 8 * MIB
const PUBLISH_BURST_BYTES = 8 * MIB

/** Long enough to end a flood, short enough for a burst of honest relaying to be a hiccup. */
const SHUT_OUT_MS = 10 * SECOND_MS
const OVERLOAD: Outcome = { status: 'ignored', code: 'overload' }

const ANSWERS: Readonly<Record<Outcome['status'], TopicValidatorResult>> = {
  accepted: TopicValidatorResult.Accept,
  duplicate: TopicValidatorResult.Ignore,
  ignored: TopicValidatorResult.Ignore,
  refused: TopicValidatorResult.Reject,
}

export function topicOf(networkId: string): string {
  return `/tocsin/1/${networkId}/envelopes`
}

export interface GossipDependencies {
  readonly router: Router
  readonly accept: Accept
  readonly ledger: Ledger
  /** The admitted key behind a PeerId, or undefined. */
  readonly authorOf: (peer: PeerId) => AuthorId | undefined
  /** Members connected now, subscribed or not. */
  readonly connected: () => readonly AuthorId[]
  /** Asks for a catch-up with a member. */
  readonly ask: (author: AuthorId) => void
  /** Told when a member brought something that is not garbage. */
  readonly brought: (from: AuthorId) => void
  /** Treats a member as a stranger for a while. */
  readonly shutOut: (author: AuthorId, forMs: number) => void
  readonly log: Log
}

export class Gossip {
  readonly #topic: string
  readonly #deps: GossipDependencies
  readonly #pace = new Pace(PUBLISH_BYTES_PER_SECOND, PUBLISH_BURST_BYTES)
  readonly #neighbours = new Allowance(NEIGHBOUR)
  /** Only for what they have truly signed, so nobody can spend what is another's. */
  readonly #authors = new Allowance(AUTHOR)
  readonly #stopped = new AbortController()

  constructor(topic: string, dependencies: GossipDependencies) {
    this.#topic = topic
    this.#deps = dependencies
    // Here and not in `start`: without a validator gossipsub takes and forwards everything.
    const { topicValidators } = dependencies.router
    topicValidators.set(topic, (peer, message) => this.#validate(peer, message))
  }

  /** Joins the topic; the router must be running. */
  start(): void {
    this.#deps.router.subscribe(this.#topic)
  }

  stop(): void {
    this.#stopped.abort()
  }

  /**
   * Members that hear us and that we hear: subscribed on our topic, with a stream of ours to them.
   */
  reached(): ReadonlySet<AuthorId> {
    const { router } = this.#deps
    const names = router.getSubscribers(this.#topic).map((peer) => peer.toString())
    const heard = names.filter((name) => router.streamsOutbound.has(name))
    return new Set(heard.map(authorOfPeer).filter((author) => author !== undefined))
  }

  /** Messages received since the start, each copy of each. */
  copies(): number {
    return this.#deps.router.copies()
  }

  score(author: AuthorId): number {
    return this.#deps.router.getScore(peerNameOf(author))
  }

  /**
   * Answers how many members got it at once. Rejects only bytes that no node would take: our own
   * bug.
   */
  async publish(bytes: Uint8Array): Promise<number> {
    if (bytes.length > LIMITS.envelopeBytesMax)
      throw new RangeError('envelope too large to publish')
    const told = await this.#say(bytes)
    if (told === undefined) return 0
    const { connected, ask } = this.#deps
    for (const author of connected()) if (!told.has(author)) ask(author)
    return told.size
  }

  /**
   * Says the proof of a fork. Whoever has had it from us or others already is told nothing, and
   * that is no reason to ask anybody for a catch-up.
   */
  async tell(proof: Uint8Array): Promise<void> {
    await this.#say(proof)
  }

  /** Whom it reached at once; undefined where it could not be said at all. */
  async #say(bytes: Uint8Array): Promise<ReadonlySet<AuthorId | undefined> | undefined> {
    try {
      await this.#pace.take(bytes.length, this.#stopped.signal)
      const { recipients } = await this.#deps.router.publish(this.#topic, bytes)
      return new Set(recipients.map((peer) => authorOfPeer(peer.toString())))
    } catch (error) {
      const fields = { error: String(error) }
      if (!this.#stopped.signal.aborted) this.#deps.log.error('mesh-publish-failed', fields)
      return undefined
    }
  }

  /** Never throws: gossipsub takes a throw for "ignore" and would hide the bug behind it. */
  async #validate(peer: PeerId, message: Message): Promise<TopicValidatorResult> {
    try {
      // A member removed a moment ago may still be connected; nothing of it is read any more.
      const from = this.#deps.authorOf(peer)
      if (from === undefined) return TopicValidatorResult.Ignore
      const { data } = message
      if (!this.affords(from, data.length)) return TopicValidatorResult.Ignore
      const author = authorAt(data)
      if (author !== undefined && this.#authors.isSpent(author, performance.now())) {
        // Who relays it is not to blame.
        this.#drop(from, author === from ? this.#neighbours.drop(from) : 'drop')
        return TopicValidatorResult.Ignore
      }
      const { judged, committed } = await this.#deps.accept(data, { via: 'gossip', from })
      this.#deps.ledger.note(from, judged)
      if (judged.status !== 'refused') this.#deps.brought(from)
      if (isOutOfOrder(judged)) this.#deps.ask(from)
      if (judged.status === 'accepted') {
        if (author !== undefined) this.#authors.spend(author, data.length, performance.now())
        void this.#follow(from, committed)
      }
      return ANSWERS[judged.status]
    } catch (error) {
      this.#deps.log.error('mesh-validator-failed', { error: String(error) })
      return TopicValidatorResult.Ignore
    }
  }

  /** Whether a neighbour may have so much more judged, on any topic. */
  affords(from: AuthorId, bytes: number): boolean {
    const answer = this.#neighbours.spend(from, bytes, performance.now())
    if (answer !== 'pass') this.#drop(from, answer)
    return answer === 'pass'
  }

  #drop(from: AuthorId, answer: 'drop' | 'flood'): void {
    this.#deps.ledger.note(from, OVERLOAD)
    if (answer === 'flood') this.#deps.shutOut(from, SHUT_OUT_MS)
  }

  /** What was accepted but not written is not coming by gossip again. */
  async #follow(from: AuthorId, committed: Promise<Outcome>): Promise<void> {
    try {
      const outcome = await committed
      if (outcome.status === 'ignored') this.#deps.ask(from)
    } catch (error) {
      this.#deps.log.error('mesh-commit-failed', { error: String(error) })
    }
  }
}

/** The neighbour has what we lack, or knows another history: only heads and ranges can tell. */
function isOutOfOrder(outcome: Outcome): boolean {
  if (outcome.status !== 'ignored') return false
  return outcome.code === 'gap' || outcome.code === 'chain-mismatch'
}
