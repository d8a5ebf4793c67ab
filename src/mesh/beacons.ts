/**
 * Beacons by gossip: says which heads this node has applied, now and then and soon after something
 * changed, and judges what others say. A beacon costs its forwarder only where every honest node
 * refuses it; an old, strange or early one costs nobody.
 */
import { TopicValidatorResult, type Message } from '@chainsafe/libp2p-gossipsub'
import type { PeerId } from '@libp2p/interface'
import { openBeacon, sealBeacon, verifyBeacon, type BeaconHead } from '../core/beacon.js'
import type { AuthorId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import { failed, type RefuseCode, type Result } from '../core/outcome.js'
import type { CatchUpStatus, Link } from '../core/mesh-port.js'
import type { Log } from '../core/ports.js'
import { BeaconBook, type BookDependencies } from './beacon-book.js'
import { exchanges } from './exchange.js'
import type { Ledger } from './ledger.js'
import { Receipts } from './receipts.js'
import type { Router } from './router.js'
import type { MeshTimings } from './timings.js'
import { Watch } from './watch.js'

/** No node speaks more often than every two seconds; what comes much faster is not worth a look. */
const GAP_MS_MIN = 200

export function beaconTopicOf(networkId: string): string {
  return `/tocsin/1/${networkId}/beacons`
}

export interface BeaconsOptions {
  readonly networkId: string
  /** 32 bytes. */
  readonly seed: Uint8Array
  readonly timings: MeshTimings
}

export interface BeaconsDependencies extends BookDependencies {
  readonly router: Router
  readonly ledger: Ledger
  /** The admitted key behind a PeerId, or undefined. */
  readonly authorOf: (peer: PeerId) => AuthorId | undefined
  /** Whether a neighbour may have so much more judged. */
  readonly affords: (from: AuthorId, bytes: number) => boolean
  /** Members connected now that may be in our network. */
  readonly connected: () => readonly AuthorId[]
  /** Since when each link that is up has been so. */
  readonly up: () => ReadonlyMap<AuthorId, number>
  /** Asks for a catch-up with a member. */
  readonly ask: (author: AuthorId) => void
  readonly log: Log
}

type Standing = Pick<Link, 'current' | 'beaconAgeMs' | 'appliedLagMs' | 'quiet' | 'hears'>

/** `stale`: nobody's fault. */
export type BeaconJudgement = Result<'taken' | 'stale', RefuseCode>

const TAKEN: BeaconJudgement = { ok: true, value: 'taken' }
const STALE: BeaconJudgement = { ok: true, value: 'stale' }

export class Beacons {
  readonly #options: BeaconsOptions
  readonly #topic: string
  readonly #deps: BeaconsDependencies
  readonly #book: BeaconBook
  readonly #watch: Watch
  readonly #receipts: Receipts
  /** Whose word is wanted now, and not when it comes by itself. */
  readonly #wanted = new Set<AuthorId>()
  #time = 0
  #saidMs = -Infinity
  #dueMs = Infinity
  #ownSeq = 0
  #up: ReadonlySet<AuthorId> = new Set()

  constructor(options: BeaconsOptions, dependencies: BeaconsDependencies) {
    this.#options = options
    this.#topic = beaconTopicOf(options.networkId)
    this.#deps = dependencies
    this.#book = new BeaconBook(options.timings, dependencies)
    this.#receipts = new Receipts(dependencies)
    this.#watch = new Watch(options.timings, {
      ...dependencies,
      isCurrent: (author, now) => this.#book.isCurrent(author, now),
    })
    this.#ownSeq = this.#ownHead()
    // Here and not in `start`: without a validator gossipsub takes and forwards everything.
    dependencies.router.topicValidators.set(this.#topic, (peer, message) =>
      this.#validate(peer, message),
    )
  }

  /** Joins the topic; the router must be running. */
  start(): void {
    this.#deps.router.subscribe(this.#topic)
  }

  /** Says, asks and names what is due; `now` is monotonic. */
  look(now: number): void {
    this.#book.followRoster()
    this.#receipts.look()
    this.#planSoon(now)
    if (now >= this.#dueMs) this.#say(now)
    for (const author of this.#book.due(now, this.#deps.connected())) this.#deps.ask(author)
    this.#watch.look(now)
  }

  /** A new link, or a new head of our own, is worth a word before the next one is due. */
  #planSoon(now: number): void {
    const up = new Set(this.#deps.up().keys())
    const ownSeq = this.#ownHead()
    const more = [...up].some((author) => !this.#up.has(author)) || ownSeq !== this.#ownSeq
    this.#up = up
    this.#ownSeq = ownSeq
    if (up.size === 0) this.#dueMs = Infinity
    else if (more) this.#hasten(now)
  }

  #hasten(now: number): void {
    const { beaconSoonMs, beaconSpacingMs } = this.#options.timings
    const soonMs = Math.max(now + jittered(beaconSoonMs), this.#saidMs + beaconSpacingMs)
    this.#dueMs = Math.min(this.#dueMs, soonMs)
  }

  #ownHead(): number {
    return this.#deps.heads().get(this.#deps.own)?.seq ?? 0
  }

  #say(now: number): void {
    this.#saidMs = now
    this.#dueMs = now + jittered(this.#options.timings.beaconEveryMs)
    this.#deps.router.publish(this.#topic, this.sealed()).catch((error: unknown) => {
      this.#deps.log.error('mesh-beacon-failed', { error: String(error) })
    })
  }

  /** Our beacon as of now. */
  sealed(): Uint8Array {
    const { roster, heads, own, clock } = this.#deps
    const { networkId, seed } = this.#options
    // A clock set back must not make us mute: others take only later times.
    this.#time = Math.max(clock(), this.#time + 1)
    const known = roster()
    const exchanged = [...heads().values()].filter(({ author }) => exchanges(known, own, author))
    const shown = exchanged.slice(0, LIMITS.headsMax)
    return sealBeacon({ networkId, author: own, time: this.#time, heads: shown }, seed)
  }

  /** Never throws: gossipsub takes a throw for "ignore" and would hide the bug behind it. */
  #validate(peer: PeerId, message: Message): TopicValidatorResult {
    try {
      const { authorOf, affords } = this.#deps
      const from = authorOf(peer)
      if (from === undefined || !affords(from, message.data.length)) {
        return TopicValidatorResult.Ignore
      }
      const judged = this.take(message.data, from)
      if (!judged.ok) return TopicValidatorResult.Reject
      return judged.value === 'taken' ? TopicValidatorResult.Accept : TopicValidatorResult.Ignore
    } catch (error) {
      this.#deps.log.error('mesh-validator-failed', { error: String(error) })
      return TopicValidatorResult.Ignore
    }
  }

  /**
   * Judges a beacon that a neighbour brought, by gossip or in a session, and charges the neighbour
   * for what is refused. What costs nothing to know comes before the signature.
   */
  take(bytes: Uint8Array, from: AuthorId): BeaconJudgement {
    const now = performance.now()
    const opened = openBeacon(bytes)
    if (!opened.ok) {
      return opened.code === 'version-unknown' ? STALE : this.#refuse(from, opened.code)
    }
    const beacon = opened.value
    const { own, roster, clock } = this.#deps
    if (beacon.networkId !== this.#options.networkId || beacon.author === own) return STALE
    if (roster().memberOf(beacon.author) === undefined) return STALE
    if (beacon.time <= this.#book.timeOf(beacon.author)) return STALE
    if (beacon.time > clock() + LIMITS.futureMsMax) return STALE
    if ((this.#book.ageMs(beacon.author, now) ?? Infinity) < GAP_MS_MIN) return STALE
    const verified = verifyBeacon(beacon)
    if (!verified.ok) return this.#refuse(from, verified.code)
    this.#book.take(beacon, from, now)
    this.#receipts.take(beacon, bytes)
    this.#wanted.delete(beacon.author)
    this.#watch.brought(from, now)
    return TAKEN
  }

  #refuse(from: AuthorId, code: RefuseCode): BeaconJudgement {
    this.#deps.ledger.note(from, { status: 'refused', code })
    return failed(code)
  }

  /** What a neighbour says it holds, in a session. */
  takeHeads(from: AuthorId, heads: readonly BeaconHead[]): void {
    this.#book.takeHeads(from, heads, performance.now())
  }

  /** A neighbour brought an envelope. */
  brought(from: AuthorId): void {
    this.#watch.brought(from, performance.now())
  }

  get receipts(): Receipts {
    return this.#receipts
  }

  /** Asks whoever is connected and has not shown our own log to be applied up to `seq`. */
  askFor(seq: number): void {
    this.#receipts.look()
    for (const author of this.#deps.connected()) {
      if ((this.#receipts.of(author)?.seq ?? 0) >= seq) continue
      this.#wanted.add(author)
      this.#deps.ask(author)
    }
  }

  /**
   * Somebody waits for it, it has never been heard, or gossip should have brought one by now: a
   * session asks for it. The first one of a link makes its member current, where its next beacon
   * may be seconds away.
   */
  isWanted(author: AuthorId): boolean {
    if (this.#wanted.has(author)) return true
    const now = performance.now()
    const ageMs = this.#book.ageMs(author, now)
    if (ageMs === undefined) return true
    const upMs = this.#deps.up().get(author)
    return (
      upMs !== undefined && Math.min(now - upMs, ageMs) > this.#options.timings.beaconFreshMs / 2
    )
  }

  standing(author: AuthorId): Standing {
    const now = performance.now()
    const current = this.#book.isCurrent(author, now)
    const quiet = this.#watch.isQuiet(author, now)
    const beaconAgeMs = this.#book.ageMs(author, now)
    const appliedLagMs = this.#receipts.lagMs(author)
    return {
      ...{ current, quiet, hears: this.#book.hears(author) },
      ...(beaconAgeMs === undefined ? {} : { beaconAgeMs }),
      ...(appliedLagMs === undefined ? {} : { appliedLagMs }),
    }
  }

  missing(): NonNullable<CatchUpStatus['missing']> {
    return this.#book.missing(performance.now())
  }
}

/** Between two thirds and four thirds, so that nodes do not speak in step. */
function jittered(ms: number): number {
  return ms * (2 / 3 + (Math.random() * 2) / 3)
}
