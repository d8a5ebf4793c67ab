/**
 * What this node holds, as readers see it: claims, heads, roster, tokens and sums of the last
 * commit. One object per node. Only intake calls `apply`, after the durable commit, so nothing
 * becomes visible that a power cut could take back.
 */
import type { ForkProof } from '../core/fork.js'
import type { Head } from '../core/heads.js'
import { StateSums, dayOf, logHash } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import { OwnRows } from '../core/own-rows.js'
import type { Changes, Loaded, Seen } from '../core/store-port.js'
import type { Stopped } from '../core/stopped.js'
import { Roster } from '../core/roster.js'
import { ClaimIndex } from './claim-index.js'
import { ForkRevocations } from './fork-revocations.js'
import type { HashKey } from './half-siphash.js'
import { VoidCounts } from './void-counts.js'

export class LiveState {
  #claims: ClaimIndex
  #sums = new StateSums()
  readonly #heads: Map<AuthorId, Head>
  readonly #floors: Map<AuthorId, number>
  readonly #forks: Map<AuthorId, ForkProof>
  #roster = Roster.EMPTY
  #revision = 0
  #number = 0
  #seen: Seen = { number: 0, atMs: 0 }
  #stopped: Stopped | undefined

  readonly forkRevocations: ForkRevocations
  /** Rows of this node's own lists. */
  readonly lists: OwnRows

  /** Statements that mean nothing here, by author. */
  readonly voids: VoidCounts

  constructor(
    readonly own: AuthorId,
    /** Our organisation's name: a member of that name in our roster is another key of our own. */
    readonly name = '',
    /** Secret, so that nobody can choose values whose hashes collide. */
    hashKey?: HashKey,
    like?: LiveState,
  ) {
    this.#claims = like?.claims ?? new ClaimIndex(hashKey)
    this.#heads = like === undefined ? new Map() : like.#heads
    this.#floors = like === undefined ? new Map() : like.#floors
    this.#forks = like === undefined ? new Map() : like.#forks
    this.forkRevocations = like?.forkRevocations ?? new ForkRevocations()
    this.lists = like?.lists ?? new OwnRows()
    this.voids = like?.voids ?? new VoidCounts()
  }

  /** The same, shared, under another roster: to look up what a change of it would make. */
  under(roster: Roster): LiveState {
    const other = new LiveState(this.own, this.name, undefined, this)
    other.#roster = roster
    return other
  }

  /** Names the organisation behind a key: us, a member, or undefined for a stranger. */
  organisationOf(author: AuthorId): string | undefined {
    return author === this.own ? this.name : this.#roster.memberOf(author)?.name
  }

  get claims(): ClaimIndex {
    return this.#claims
  }

  get sums(): StateSums {
    return this.#sums
  }

  /** Rises with every commit. */
  get revision(): number {
    return this.#revision
  }

  /** Rises with every change of the roster; who needs the roster looks at this now and then. */
  get rosterRevision(): number {
    return this.lists.revision('roster')
  }

  get roster(): Roster {
    return this.#roster
  }

  get heads(): ReadonlyMap<AuthorId, Head> {
    return this.#heads
  }

  /** The first seq held of a log: 1, or that of its base. */
  floorOf(author: AuthorId): number {
    return this.#floors.get(author) ?? 1
  }

  /** Authors whose logs have ended because they signed two histories. */
  get forks(): ReadonlyMap<AuthorId, ForkProof> {
    return this.#forks
  }

  /** What look-ups answer from, and since when. */
  get seen(): Seen {
    return this.#seen
  }

  /** The newest row of what was kept from leaving. */
  get stopped(): Stopped | undefined {
    return this.#stopped
  }

  /** The commit that was just applied is what look-ups answer from, as of now. */
  saw(atMs: number): void {
    if (this.#number > this.#seen.number) this.#seen = { number: this.#number, atMs }
  }

  /** Number of the last envelope or change of our own lists that was committed. */
  get number(): number {
    return this.#number
  }

  get logHash(): string {
    return logHash(this.#heads.values(), this.#forks.values())
  }

  stateHash(now: number): string {
    return this.sums.stateHash(dayOf(now))
  }

  restore(loaded: Loaded, now = 0): void {
    this.#number = loaded.number
    this.#seen = { number: loaded.number, atMs: loaded.lastMs ?? now }
    this.#stopped = loaded.stopped
    for (const head of loaded.heads) this.#heads.set(head.author, head)
    for (const { author, seq } of loaded.floors) this.#floors.set(author, seq)
    for (const fork of loaded.forks) this.#forks.set(fork.author, fork)
    for (const { author, key } of loaded.forkRevocations) this.forkRevocations.add(author, key)
    for (const row of loaded.voids) this.voids.set(row)
    for (const row of loaded.own) this.lists.apply(row)
    this.#roster = new Roster(this.lists.of('roster').values())
    this.#revision++
  }

  /** Takes over claims that were read whole. */
  hold(claims: ClaimIndex): void {
    this.#claims = claims
  }

  /** Takes over claims made anew from the same logs; readers see all of them or none. */
  adopt(rebuilt: LiveState): void {
    this.#claims = rebuilt.claims
    this.#sums = rebuilt.sums
    for (const row of rebuilt.voids.rows()) this.voids.set(row)
    this.#revision++
  }

  apply(changes: Changes): void {
    for (const { envelope, number } of changes.envelopes) {
      const { id, author, seq, time } = envelope
      // A log begins, or begins again with a base.
      if (seq !== (this.#heads.get(author)?.seq ?? 0) + 1) this.#floors.set(author, seq)
      this.#heads.set(author, { id, author, seq, time })
      this.#number = Math.max(this.#number, number)
    }
    for (const { proof, head } of changes.forks) {
      this.#forks.set(proof.author, proof)
      if (head === undefined) {
        this.#heads.delete(proof.author)
        this.#floors.delete(proof.author)
      } else this.#heads.set(proof.author, head)
    }
    for (const { author, key } of changes.forkRevocations) this.forkRevocations.add(author, key)
    for (const row of changes.voids) this.voids.set(row)
    for (const place of changes.voidsGone) this.voids.drop(place)
    for (const { author, seq } of changes.headersGone) {
      this.#floors.set(author, Math.max(this.floorOf(author), seq + 1))
    }
    for (const claim of changes.claims) this.#claims.set(claim.key, claim)
    for (const { author, day, lanes } of changes.sums) {
      if (lanes !== undefined) this.#sums.set(author, day, lanes)
    }
    for (const { change, number } of changes.own) {
      this.lists.apply(change)
      if (change.table === 'roster') this.#roster = this.#roster.with(change)
      this.#number = Math.max(this.#number, number)
    }
    this.#stopped = changes.stopped.at(-1) ?? this.#stopped
    for (const { number } of changes.mended) this.#number = Math.max(this.#number, number)
    this.#revision++
  }
}
