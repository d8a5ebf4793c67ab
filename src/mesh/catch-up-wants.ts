/**
 * What a session still has to ask its peer for: ranges of logs that the peer has more of, and
 * single envelopes that tell where two histories of one log part. Asks nothing itself.
 */
import { openHeader } from '../core/envelope.js'
import type { ForkProof } from '../core/fork.js'
import type { Head } from '../core/heads.js'
import type { AuthorId, EnvelopeId } from '../core/identity.js'
import type { Log } from '../core/ports.js'
import type { Store } from '../core/store-port.js'
import type { Roster } from '../core/roster.js'
import { Bisection } from './bisection.js'
import type { PeerHead } from './catch-up-protocol.js'
import { exchanges } from './exchange.js'
import { DamagedPlaces, type Damaged } from './mending.js'

export interface WantsDependencies {
  readonly own: AuthorId
  readonly roster: () => Roster
  readonly heads: () => ReadonlyMap<AuthorId, Head>
  readonly floorOf: (author: AuthorId) => number
  readonly forks: () => ReadonlyMap<AuthorId, ForkProof>
  readonly damaged: () => Damaged
  readonly readLog: Store['logRows']
  readonly log: Log
}

export interface Want {
  readonly author: AuthorId
  readonly from: number
  readonly to: number
}

export class Wants {
  readonly #deps: WantsDependencies
  readonly #theirs = new Map<AuthorId, PeerHead>()
  /** Logs where the other side is ahead; an author leaves when level or beyond help. */
  readonly #ahead = new Map<AuthorId, PeerHead>()
  /** One search per log and session, so that no answer can make us ask for ever. */
  readonly #searches = new Map<AuthorId, Bisection | DamagedPlaces>()

  constructor(dependencies: WantsDependencies) {
    this.#deps = dependencies
  }

  /** Takes note of a head of theirs. */
  async compare(head: PeerHead): Promise<void> {
    if (!exchanges(this.#deps.roster(), this.#deps.own, head.author)) return
    this.#theirs.set(head.author, head)
    this.#mend(head)
    await this.#place(head)
  }

  /** Rows that cannot be read here and that they hold are asked for before anything else. */
  #mend({ author, floor, seq }: PeerHead): void {
    const damaged = [...(this.#deps.damaged().get(author) ?? [])]
    const places = damaged.filter((at) => at >= floor && at <= seq)
    if (places.length > 0) this.#searches.set(author, new DamagedPlaces(places))
  }

  /** Our end of a log has moved back below a fork: theirs means something else now. */
  async compareAgain(author: AuthorId): Promise<void> {
    const head = this.#theirs.get(author)
    if (head !== undefined) await this.#place(head)
  }

  async #place(head: PeerHead): Promise<void> {
    const { author, seq, id } = head
    const held = this.#deps.heads().get(author)
    this.#ahead.delete(author)
    if (this.#reach(head) > (held?.seq ?? 0)) {
      this.#ahead.set(author, head)
      return
    }
    // What lies beyond a fork known here counts nowhere: they are told, and compare again.
    if (held === undefined || this.#reach(head) < seq) return
    const ours = held.seq === seq ? held.id : await this.#idAt(author, seq)
    if (ours !== undefined && ours !== id) this.#search(head, seq)
  }

  /** How far their log counts. */
  #reach({ author, seq }: PeerHead): number {
    return Math.min(seq, (this.#deps.forks().get(author)?.seq ?? Infinity) - 1)
  }

  async #idAt(author: AuthorId, seq: number): Promise<EnvelopeId | undefined> {
    if (seq < this.#deps.floorOf(author)) return undefined
    try {
      const [row] = await this.#deps.readLog(author, seq, seq, 0)
      const opened = row === undefined ? undefined : openHeader(row.header)
      return opened?.ok === true && opened.value.seq === seq ? opened.value.id : undefined
    } catch (error) {
      this.#deps.log.error('mesh-catch-up-read-failed', { author, error: String(error) })
      return undefined
    }
  }

  /** Their next envelope does not continue ours: the histories part at our head or before it. */
  mismatch(author: AuthorId): void {
    const head = this.#theirs.get(author)
    const held = this.#deps.heads().get(author)
    this.#ahead.delete(author)
    if (head !== undefined && held !== undefined) this.#search(head, held.seq)
  }

  #search(theirs: PeerHead, high: number): void {
    const { author, floor } = theirs
    if (this.#searches.get(author) instanceof Bisection) return
    this.#deps.log.warn('mesh-heads-differ', { author, seq: theirs.seq })
    const low = Math.max(floor, this.#deps.floorOf(author))
    this.#searches.set(author, new Bisection(low, high))
  }

  /** The next question, but none of a log that is `elsewhere`: fetched from somebody else. */
  next(elsewhere: (author: AuthorId) => boolean): Want | undefined {
    for (const [author, search] of this.#searches) {
      const seq = search.probe
      if (seq !== undefined) return { author, from: seq, to: seq }
    }
    for (const [author, head] of this.#ahead) {
      const want = this.#range(head)
      if (want === undefined) this.#ahead.delete(author)
      else if (!elsewhere(author)) return want
    }
    return undefined
  }

  /** Whether the other side holds more than we do that we have not given up. */
  get isLeft(): boolean {
    return this.#ahead.size > 0
  }

  #range(head: PeerHead): Want | undefined {
    const { author, floor } = head
    const from = (this.#deps.heads().get(author)?.seq ?? 0) + 1
    const to = this.#reach(head)
    if (from > to) return undefined
    if (from >= floor) return { author, from, to }
    // They have dropped what comes next here. Their first one may be old enough for a beginning;
    // alone, because if it is not, whatever follows would be in vain.
    return floor > to ? undefined : { author, from: floor, to: floor }
  }

  /** The search that an answer about this log belongs to, while it runs. */
  searchOf(author: AuthorId): Bisection | DamagedPlaces | undefined {
    const search = this.#searches.get(author)
    return search?.probe === undefined ? undefined : search
  }

  /** This log cannot go on here now; the others can. */
  drop(author: AuthorId): void {
    this.#ahead.delete(author)
    this.#searches.set(author, new Bisection(1, 0))
  }
}
