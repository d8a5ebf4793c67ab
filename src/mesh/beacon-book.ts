/**
 * What members have shown to hold, by beacon and by the HEADS of catch-up, and what follows from
 * it: who is current, what is missing here, and whom to ask for it. Only a member's own signed line
 * about its own log says whether that member is current; what anybody says about others is a hint
 * that leads to a catch-up, ever more rarely while it brings nothing.
 *
 * Pure: `now` is monotonic and handed in.
 */
import type { Beacon, BeaconHead } from '../core/beacon.js'
import type { ForkProof } from '../core/fork.js'
import type { Head } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { CatchUpStatus } from '../core/mesh-port.js'
import type { Clock } from '../core/ports.js'
import type { Roster } from '../core/roster.js'
import { exchanges } from './exchange.js'
import type { MeshTimings } from './timings.js'

export interface BookDependencies {
  readonly own: AuthorId
  readonly roster: () => Roster
  readonly heads: () => ReadonlyMap<AuthorId, Head>
  readonly forks: () => ReadonlyMap<AuthorId, ForkProof>
  readonly clock: Clock
}

interface Entry {
  /** Of the newest beacon. */
  readonly beacon?: {
    readonly time: number
    readonly heardMs: number
    readonly ownHead: BeaconHead | undefined
    readonly hears: readonly AuthorId[]
  }
  /** Of the newest beacon or HEADS. */
  readonly shown: readonly BeaconHead[]
  readonly shownMs: number
  /** The neighbour that brought it. */
  readonly via: AuthorId
  /** When to see whether what was shown has come. */
  checkMs: number
  /** Catch-ups asked for in vain since nothing was lacking. */
  tries: number
}

export class BeaconBook {
  readonly #timings: MeshTimings
  readonly #deps: BookDependencies
  readonly #entries = new Map<AuthorId, Entry>()

  constructor(timings: MeshTimings, dependencies: BookDependencies) {
    this.#timings = timings
    this.#deps = dependencies
  }

  /** The time the sender's newest beacon names; the next one must name a later one. */
  timeOf(sender: AuthorId): number {
    return this.#entries.get(sender)?.beacon?.time ?? -1
  }

  ageMs(sender: AuthorId, now: number): number | undefined {
    const heardMs = this.#entries.get(sender)?.beacon?.heardMs
    return heardMs === undefined ? undefined : now - heardMs
  }

  /** Whose logs the sender has applied, by its newest beacon, but its own: whom it hears. */
  hears(sender: AuthorId): readonly AuthorId[] {
    return this.#entries.get(sender)?.beacon?.hears ?? []
  }

  /** Takes a verified beacon newer than the one held. */
  take({ author, time, heads }: Beacon, via: AuthorId, now: number): void {
    const ownHead = heads.find((head) => head.author === author)
    const before = this.#entries.get(author)
    if (before !== undefined && !this.#hasNews(author, before)) before.tries = 0
    const hears = heads.map((head) => head.author).filter((heard) => heard !== author)
    this.#note(author, via, now, heads, { time, heardMs: now, ownHead, hears })
    const entry = this.#entries.get(author)!
    // What it shows is mostly under way by gossip; whoever has failed before keeps its longer wait.
    if (entry.tries === 0) entry.checkMs = now + this.#timings.beaconSoonMs
  }

  /** What a neighbour says in a session; the session itself fetches it. */
  takeHeads(from: AuthorId, heads: readonly BeaconHead[], now: number): void {
    this.#note(from, from, now, heads, this.#entries.get(from)?.beacon)
  }

  #note(
    sender: AuthorId,
    via: AuthorId,
    now: number,
    shown: readonly BeaconHead[],
    beacon: Entry['beacon'],
  ): void {
    const held = this.#entries.get(sender)
    const { checkMs, tries } = held ?? { checkMs: Infinity, tries: 0 }
    const entry = { shown, shownMs: now, via, checkMs, tries }
    this.#entries.set(sender, beacon === undefined ? entry : { ...entry, beacon })
  }

  /** Forgets whom the roster no longer has. */
  followRoster(): void {
    const roster = this.#deps.roster()
    for (const sender of this.#entries.keys()) {
      if (roster.memberOf(sender) === undefined) this.#entries.delete(sender)
    }
  }

  /**
   * Heard lately, and we hold what it says of its own log. Beacons that a path has kept for longer
   * than any clock error are old news, however recently they came.
   */
  isCurrent(member: AuthorId, now: number): boolean {
    const beacon = this.#entries.get(member)?.beacon
    const { beaconFreshMs } = this.#timings
    if (beacon === undefined || now - beacon.heardMs > beaconFreshMs) return false
    if (this.#deps.clock() - beacon.time > LIMITS.futureMsMax + beaconFreshMs) return false
    return beacon.ownHead === undefined || this.#holds(beacon.ownHead)
  }

  #holds({ author, seq, id }: BeaconHead): boolean {
    const held = this.#deps.heads().get(author)
    if (held === undefined) return false
    return held.seq > seq || (held.seq === seq && held.id === id)
  }

  /** How many envelopes of a log another head is ahead; nothing counts from a fork on. */
  #lag({ author, seq }: BeaconHead): number {
    const end = this.#deps.forks().get(author)?.seq ?? Infinity
    return Math.min(seq, end - 1) - (this.#deps.heads().get(author)?.seq ?? 0)
  }

  /**
   * Per log, what others have lately shown and we lack. Where the author itself is heard its word
   * counts alone, or one liar could fill the list.
   */
  missing(now: number): NonNullable<CatchUpStatus['missing']> {
    const lags = new Map<AuthorId, number>()
    const settled = new Set<AuthorId>()
    for (const [sender, entry] of this.#entries) {
      if (now - entry.shownMs > this.#timings.beaconFreshMs) continue
      for (const head of entry.shown) {
        const { author } = head
        if (!exchanges(this.#deps.roster(), this.#deps.own, author)) continue
        if (sender === author) settled.add(author)
        else if (settled.has(author)) continue
        const before = sender === author ? 0 : (lags.get(author) ?? 0)
        lags.set(author, Math.max(before, this.#lag(head)))
      }
    }
    return [...lags]
      .filter(([, envelopes]) => envelopes > 0)
      .map(([author, envelopes]) => ({ author, envelopes }))
  }

  /** Members to catch up with now because of what was shown and has not come. */
  due(now: number, connected: readonly AuthorId[]): AuthorId[] {
    const asked = new Set<AuthorId>()
    for (const [sender, entry] of this.#entries) {
      if (entry.checkMs > now) continue
      if (!this.#hasNews(sender, entry)) {
        entry.checkMs = Infinity
        entry.tries = 0
        continue
      }
      const whom = this.#whom(entry, connected)
      if (whom !== undefined) asked.add(whom)
      const waitMs = this.#timings.beaconSoonMs * 2 ** Math.min(entry.tries, 16)
      entry.tries++
      entry.checkMs = now + Math.min(waitMs, this.#timings.beaconEveryMs)
    }
    return [...asked]
  }

  #hasNews(sender: AuthorId, entry: Entry): boolean {
    return entry.shown.some((head) => this.#isNews(sender, head))
  }

  /** It shows more than we hold, another history, or a log that we know to have ended. */
  #isNews(sender: AuthorId, head: BeaconHead): boolean {
    const { author, seq, id } = head
    if (!exchanges(this.#deps.roster(), this.#deps.own, author)) return false
    if (this.#lag(head) > 0) return true
    const held = this.#deps.heads().get(author)
    if (held?.seq === seq) return held.id !== id
    // Somebody has not heard of the fork; its author has, or will not listen.
    return sender !== author && seq >= (this.#deps.forks().get(author)?.seq ?? Infinity)
  }

  /** First the neighbour it came from, then others, those first that have shown it as well. */
  #whom(entry: Entry, connected: readonly AuthorId[]): AuthorId | undefined {
    if (entry.tries === 0) return entry.via
    const lacking = new Set(
      entry.shown.filter((head) => this.#lag(head) > 0).map((head) => head.author),
    )
    const able = connected.filter((one) =>
      this.#entries.get(one)?.shown.some((head) => lacking.has(head.author) && this.#lag(head) > 0),
    )
    // Each second time anybody: a relay that only claims to hold it must not be asked for ever.
    const from = able.length > 0 && entry.tries % 2 === 1 ? able : connected
    return from[Math.floor((entry.tries - 1) / 2) % from.length]
  }
}
