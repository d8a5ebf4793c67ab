/**
 * The one door. Every envelope, our own included, by gossip or catch-up, enters by `accept` and is
 * judged by the same rules in the same order:
 *
 *   refused  frame wrong (core/envelope `open`) · signature wrong · time falls
 *   ignored  other network or version · author not in our roster, or an observer · too much waiting
 *   ·
 *            gap, other history, payload missing too early
 *   duplicate, else accepted: queued at once, visible after the commit.
 *
 * The judgement is synchronous, so envelopes that arrive in order are judged in order; it runs
 * against the tips of what is queued, not of what is committed.
 */
import { isBase, open, verifySeal, type Envelope } from '../core/envelope.js'
import { FORK_HEAD } from '../core/fork.js'
import type { Head } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import {
  failed,
  fine,
  REFUSE_CODES,
  type Outcome,
  type Result,
  type IgnoreCode,
  type RefuseCode,
} from '../core/outcome.js'
import { keyOf } from '../core/indicator.js'
import type { Forced } from '../core/own-rows.js'
import type { Clock, Judgement, Origin } from '../core/ports.js'
import { StoreError, type Receipt, type Spoken, type Store } from '../core/store-port.js'
import type { Stop } from '../core/stopped.js'
import type { Activity } from '../lookup/activity.js'
import type { LiveState } from '../lookup/live-state.js'
import { noteCommitted } from './counted.js'
import type { Damage } from './damage.js'
import { Forks } from './forks.js'
import { heldKeys, type Brake } from './held-keys.js'
import { RecentWires, type Place } from './recent-wires.js'
import type { Writer } from './writer.js'

export interface IntakeDependencies {
  readonly state: LiveState
  readonly store: Pick<Store, 'logRows'>
  readonly damage: Damage
  readonly writer: Writer
  readonly clock: Clock
  /** What holds a key that is new, if anything does. */
  readonly brake?: Brake
  /** Told what has become visible. */
  readonly activity?: Activity
}

/** What our own envelopes take into the same batch. */
export interface Beside {
  readonly receipts: readonly Receipt[]
  readonly spoken: readonly Spoken[]
  /** Guarded values said all the same: recorded in a list of this node's own. */
  readonly forced: readonly Forced[]
  /** What was kept from leaving. */
  readonly stops: readonly Stop[]
}

const NOTHING: Beside = { receipts: [], spoken: [], forced: [], stops: [] }

type Judged =
  | Result<Envelope, IgnoreCode | RefuseCode>
  | { readonly ok: 'held'; readonly envelope: Envelope; readonly same: boolean }

export class Intake {
  readonly #networkId: string
  readonly #dependencies: IntakeDependencies
  /** Ends of the logs including what is queued; a commit that fails takes them back. */
  readonly #tips = new Map<AuthorId, Head>()
  readonly #forks: Forks
  readonly #recent = new RecentWires()
  #queued = 0
  #spoken = false
  #elsewhere = false

  constructor(options: { readonly networkId: string }, dependencies: IntakeDependencies) {
    this.#networkId = options.networkId
    this.#dependencies = dependencies
    this.#forks = new Forks(options, {
      ...dependencies,
      store: dependencies.damage,
      ended: (author) => this.#tips.delete(author),
    })
  }

  /** The end of a log, counting what waits to be committed. */
  tip(author: AuthorId): Head | undefined {
    return this.#tips.get(author) ?? this.#dependencies.state.heads.get(author)
  }

  /** Someone else has gone on with our log after we had spoken: our key is in use twice. */
  get spokenElsewhere(): boolean {
    return this.#elsewhere
  }

  /** Without waiting for anybody; the mesh comes by `examiner`, with the same steps. */
  readonly accept = (bytes: Uint8Array, { via }: Origin): Judgement => {
    const opened = this.open(bytes)
    if ('judged' in opened) return opened
    const sealed = verifySeal(opened)
    return sealed.ok ? this.take(opened, via, bytes) : settled(toOutcome(sealed))
  }

  /** The judgement where the signature is not needed; else the envelope for which it is. */
  open(bytes: Uint8Array): Judgement | Envelope {
    // A proof that an author forked enters by the same door: it needs no history, and ends one.
    if (bytes[0] === FORK_HEAD) return this.#forks.accept(bytes)
    const known = this.#recent.placeOf(bytes)
    if (known !== undefined && this.#holds(known)) {
      return settled({ status: 'duplicate', id: known.id })
    }
    const opened = this.#read(bytes)
    return opened.ok ? opened.value : settled(toOutcome(opened))
  }

  /** Judges an envelope that was opened here, from these bytes, and whose signature holds. */
  take(envelope: Envelope, via: Origin['via'], bytes: Uint8Array): Judgement {
    const judged = this.#place(envelope)
    if (judged.ok === 'held') {
      // Something of that number is held: the same, or the author has signed two.
      const { id } = judged.envelope
      return {
        judged: judged.same ? { status: 'duplicate', id } : { status: 'ignored', code: 'forked' },
        committed: this.#meet(judged.envelope),
      }
    }
    if (!judged.ok) {
      const outcome = toOutcome(judged)
      if (judged.code !== 'forked') return settled(outcome)
      return { judged: outcome, committed: this.#forks.beyond(envelope) }
    }
    if (judged.value.author === this.#dependencies.state.own) this.#elsewhere = this.#spoken
    const judgement = this.#queue([judged.value], via, NOTHING)
    const committed = judgement.committed.then((outcome) => {
      if (outcome.status === 'accepted') this.#recent.note(bytes, envelope)
      return outcome
    })
    return { ...judgement, committed }
  }

  /**
   * Our own envelopes of one round, in one atomic batch with the receipts of the requests they
   * answer and what is recorded beside them. They pass the same judgement; one that fails means the
   * round must be thrown away. Throws where one holds what would be void: no way of asking for that
   * is known.
   */
  acceptOwn(envelopes: readonly Envelope[], beside: Beside): Judgement {
    if (envelopes.some(({ statements }) => statements.some(({ kind }) => kind === 'void'))) {
      throw new Error('our own voice says nothing void')
    }
    for (const envelope of envelopes) {
      const judged = this.#place(envelope)
      if (judged.ok === true) {
        this.#advance(envelope)
        continue
      }
      this.#tips.delete(envelope.author)
      const failure = judged.ok === 'held' ? failed('forked' as const) : judged
      return settled(toOutcome(failure))
    }
    this.#spoken = true
    return this.#queue(envelopes, 'own', beside)
  }

  /** Whether what was written at a place counts there still: heard, whole, below any fork. */
  #holds({ author, seq }: Place): boolean {
    const { state, damage } = this.#dependencies
    const isThere = seq <= (state.heads.get(author)?.seq ?? 0) && !damage.has(author, seq)
    return isThere && seq < this.#forks.endOf(author) && this.#whyUnheard(author) === undefined
  }

  /** What is held at its place may be damaged, and then this is what it is mended with. */
  async #meet(envelope: Envelope): Promise<Outcome> {
    const { damage } = this.#dependencies
    const { author, seq } = envelope
    const outcome = damage.has(author, seq) ? undefined : await this.#forks.compare(envelope)
    return outcome === undefined || damage.has(author, seq) ? damage.mend(envelope) : outcome
  }

  /** Everything that needs neither history nor cryptography: frame, network, author. */
  #read(bytes: Uint8Array): Result<Envelope, IgnoreCode | RefuseCode> {
    const opened = open(bytes)
    if (!opened.ok) return opened
    const envelope = opened.value
    if (envelope.networkId !== this.#networkId) return failed('network-unknown')
    const unheard = this.#whyUnheard(envelope.author)
    return unheard === undefined ? opened : failed(unheard)
  }

  #whyUnheard(author: AuthorId): IgnoreCode | undefined {
    const { state } = this.#dependencies
    if (author === state.own) return undefined
    const member = state.roster.memberOf(author)
    if (member === undefined) return 'author-unknown'
    return member.role === 'observer' ? 'author-observer' : undefined
  }

  /** Where it belongs in its author's log. */
  #place(envelope: Envelope): Judged {
    if (envelope.seq >= this.#forks.endOf(envelope.author)) return failed('forked')
    const tip = this.tip(envelope.author)
    const next = (tip?.seq ?? 0) + 1
    if (envelope.seq < next) {
      // Below the tip it takes the disk to tell; `compare` does.
      return { ok: 'held', envelope, same: envelope.seq !== tip?.seq || envelope.id === tip.id }
    }
    const now = this.#dependencies.clock()
    // Nothing before a base can matter any more: a log begins with it, or begins again.
    const begins = envelope.seq > next && isBase(envelope, now)
    if (envelope.seq > next && !begins) return failed('gap')
    if (!begins && envelope.prev !== (tip?.id ?? null)) return failed('chain-mismatch')
    // Whoever forwards it holds the predecessor too, or could not have placed it: they should have
    // checked.
    if (tip !== undefined && envelope.time < tip.time) {
      // Older than the tip and beyond it: whoever holds nothing before that base could not tell.
      return begins ? { ok: 'held', envelope, same: false } : failed('time-falls')
    }
    if (envelope.payload === null && now < envelope.expires + LIMITS.payloadGraceMs) {
      return failed('payload-missing')
    }
    return this.#queued >= LIMITS.queueEnvelopesMax ? failed('overload') : fine(envelope)
  }

  /** Takes note of what was kept from leaving where nothing leaves beside it. */
  noteStops(stops: readonly Stop[]): Promise<void> {
    return this.#dependencies.writer.submit((draft) => {
      for (const stop of stops) draft.addStop(stop)
    })
  }

  #advance({ id, author, seq, time }: Envelope): void {
    this.#tips.set(author, { id, author, seq, time })
  }

  #queue(
    envelopes: readonly Envelope[],
    via: Origin['via'],
    { receipts, spoken, forced, stops }: Beside,
  ): Judgement {
    const { state, writer, clock, activity, brake } = this.#dependencies
    const outcome: Outcome = { status: 'accepted', id: envelopes.at(-1)!.id }
    for (const envelope of envelopes) this.#advance(envelope)
    this.#queued += envelopes.length
    const arrivedMs = clock()
    const written = writer.submit((draft) => {
      if (!draft.continues(envelopes[0]!, arrivedMs)) {
        throw new StoreError('log-broken', 'the envelope before this one was not committed')
      }
      for (const envelope of envelopes) draft.addEnvelope(envelope, arrivedMs)
      for (const change of heldKeys({ state, brake }, envelopes, clock())) {
        draft.changeOwn(change, arrivedMs)
      }
      for (const receipt of receipts) draft.addReceipt(receipt)
      for (const row of spoken) draft.addSpoken(row)
      for (const stop of stops) draft.addStop(stop)
      for (const row of forced) {
        draft.changeOwn({ table: 'forced', name: keyOf(row), row }, arrivedMs)
      }
    })
    const committed = written.then(
      () => {
        if (activity !== undefined) {
          noteCommitted(activity, envelopes, { via, own: state.own, now: clock() })
        }
        return outcome
      },
      (error: unknown): Outcome => {
        if (!(error instanceof StoreError)) throw error
        this.#tips.clear()
        return { status: 'ignored', code: 'store-failed' }
      },
    )
    return {
      judged: outcome,
      committed: committed.finally(() => (this.#queued -= envelopes.length)),
    }
  }
}

export function settled(outcome: Outcome): Judgement {
  return { judged: outcome, committed: Promise.resolve(outcome) }
}

function toOutcome({ code }: { readonly code: IgnoreCode | RefuseCode }): Outcome {
  return code in REFUSE_CODES
    ? { status: 'refused', code: code as RefuseCode }
    : { status: 'ignored', code: code as IgnoreCode }
}
