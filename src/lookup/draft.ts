/**
 * One commit in the making: an overlay over the state of the last commit that collects everything a
 * batch changes. Pure: it reads the state it is given and writes nowhere; the writer commits it.
 */
import {
  endOf,
  registerOf,
  take,
  type ClaimEntry,
  type Register,
  type Staircase,
} from '../core/claims.js'
import { isBase, type Envelope, type EnvelopeRef } from '../core/envelope.js'
import { StateSums, dayOf, type Head } from '../core/heads.js'
import type { ForkProof } from '../core/fork.js'
import type { AuthorId } from '../core/identity.js'
import type { IndicatorKey } from '../core/indicator.js'
import type { VoidCode } from '../core/outcome.js'
import type { OwnChange } from '../core/own-rows.js'
import type {
  Changes,
  ClaimChange,
  ClaimsEnd,
  ForkRevocation,
  LogPlace,
  Receipt,
  Spoken,
  VoidCountsByCode,
} from '../core/store-port.js'
import { chainStop, type Stop, type Stopped } from '../core/stopped.js'
import type { LiveState } from './live-state.js'

interface OpenClaim extends Register {
  readonly before: Staircase
  staircase: Staircase
  /** Its row is to go, whatever is held. */
  isDropped?: boolean
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] }

export class Draft {
  readonly #state: LiveState
  readonly #claims = new Map<IndicatorKey, OpenClaim[]>()
  #claimsOpen = 0
  readonly #sums = new StateSums()
  readonly #sumsOpen = new Map<AuthorId, Set<number>>()
  /** What is only listed; claims and sums are worked out at the end. */
  readonly #lists: Omit<Writable<Changes>, 'claims' | 'sums'> = {
    envelopes: [],
    forks: [],
    spoken: [],
    stopped: [],
    voids: [],
    claimsSwept: [],
    payloadsGone: [],
    spokenGone: [],
    voidsGone: [],
    headersGone: [],
    mended: [],
    forkRevocations: [],
    receipts: [],
    receiptsGone: [],
    own: [],
  }
  readonly #heads = new Map<AuthorId, Head>()
  #number: number
  #stopped: Stopped | undefined

  constructor(state: LiveState) {
    this.#state = state
    this.#number = state.number
    this.#stopped = state.stopped
  }

  get envelopes(): number {
    return this.#lists.envelopes.length
  }

  /** About as many as the batch will have: four per envelope and one per claim. */
  get rows(): number {
    return this.#lists.envelopes.length * 4 + this.#claimsOpen + this.#lists.receipts.length
  }

  /**
   * Whether `envelope` is the next of its log here. What was judged against a commit that then
   * failed is not, and must not leave a hole.
   */
  continues(envelope: Envelope, now: number): boolean {
    const { author, seq, prev } = envelope
    if (seq >= (this.#state.forks.get(author)?.seq ?? Infinity)) return false
    const head = this.#heads.get(author) ?? this.#state.heads.get(author)
    if (head === undefined) return true // envelope 1, or a base: judged so
    if (seq === head.seq + 1) return prev === head.id
    return seq > head.seq && isBase(envelope, now)
  }

  /** Takes an envelope that was judged good into the log and its statements into the claims. */
  addEnvelope(envelope: Envelope, arrivedMs: number): void {
    this.#lists.envelopes.push({ number: ++this.#number, arrivedMs, envelope })
    const { id, author, seq, time } = envelope
    const ref = { id, author, seq, time }
    this.#heads.set(author, ref)
    const counts = this.addStatements(ref, envelope.statements)
    if (Object.keys(counts).length > 0) this.#lists.voids.push({ author, seq, counts })
  }

  /** Takes statements into the claims; answers how many mean nothing here, and why. */
  addStatements(ref: EnvelopeRef, statements: Envelope['statements']): VoidCountsByCode {
    const counts: Partial<Record<VoidCode, number>> = {}
    statements.forEach((statement, index) => {
      if (statement.kind === 'void') counts[statement.code] = (counts[statement.code] ?? 0) + 1
      else this.#take({ envelope: ref, index, statement })
    })
    return counts
  }

  /** Takes note of who made the statements of an envelope of our own. */
  addSpoken(spoken: Spoken): void {
    this.#lists.spoken.push(spoken)
  }

  /** Takes note of what was kept from leaving. */
  addStop(stop: Stop): void {
    this.#stopped = chainStop(this.#stopped, stop)
    this.#lists.stopped.push(this.#stopped)
  }

  #take(entry: ClaimEntry): void {
    const claim = this.#open(registerOf(entry))
    const before = claim.staircase
    const after = take(before, entry)
    if (after === before) return
    for (const held of before) if (!after.includes(held)) this.#sum(held, -1)
    this.#sum(entry, 1)
    claim.staircase = after
  }

  #open({ key, author, kind, about }: Register): OpenClaim {
    const open = this.#claims.get(key)
    for (const claim of open ?? []) {
      if (claim.author === author && claim.kind === kind && claim.about === about) return claim
    }
    const before = this.#state.claims.of({ key, author, kind, about })
    const claim = { key, author, kind, about, before, staircase: before }
    if (open === undefined) this.#claims.set(key, [claim])
    else open.push(claim)
    this.#claimsOpen++
    return claim
  }

  #sum(entry: ClaimEntry, sign: 1 | -1): void {
    const { author } = entry.envelope
    const day = dayOf(entry.statement.until)
    let days = this.#sumsOpen.get(author)
    if (days === undefined) this.#sumsOpen.set(author, (days = new Set()))
    if (!days.has(day)) {
      this.#sums.set(author, day, this.#state.sums.lanes(author, day))
      days.add(day)
    }
    this.#sums.change(entry, sign)
  }

  /**
   * Drops a claim whose staircase ended before `day`, also where only its row is left. The sums
   * stay as they are: hashes are taken as of a later day, and the days before it are dropped whole.
   */
  dropEnded(register: Register, day: number): void {
    const claim = this.#open(register)
    if (dayOf(endOf(claim.staircase)) < day) claim.staircase = []
    claim.isDropped = claim.staircase.length === 0
  }

  /**
   * Ends an author's log below a fork: its claims are those of `below`, a state of the log up to
   * there, but for those that ended before `day`: they may have been swept, and nothing would sweep
   * them again.
   */
  endLog(proof: ForkProof, below: LiveState, day: number): void {
    const { author } = proof
    this.#lists.forks.push({ proof, head: below.heads.get(author) })
    const registers: Register[] = []
    for (const state of [this.#state, below]) {
      for (const [key, claims] of state.claims.entries()) {
        for (const held of claims) if (held.author === author) registers.push({ key, ...held })
      }
    }
    for (const register of registers) {
      const claim = this.#open(register)
      const told = below.claims.of(register)
      const after = dayOf(endOf(told)) < day ? [] : told
      if (claim.staircase === after) continue
      for (const held of claim.staircase) this.#sum(held, -1)
      for (const entry of after) this.#sum(entry, 1)
      claim.staircase = after
    }
  }

  /** Takes note of what an author revoked where its log counts no more. */
  revokedBeyondFork(revocation: ForkRevocation): void {
    this.#lists.forkRevocations.push(revocation)
  }

  /** Drops what is long over; the chain of headers still verifies without the payloads. */
  dropPayload(place: LogPlace): void {
    this.#lists.payloadsGone.push(place)
    if (place.author === this.#state.own) this.#lists.spokenGone.push(place.seq)
    if (this.#state.voids.has(place)) this.#lists.voidsGone.push(place)
  }

  /** Drops a header beyond the horizon; a later one that is, too, must stay as the base. */
  dropHeader(place: LogPlace): void {
    this.#lists.headersGone.push(place)
  }

  /** Takes note that the claims of an envelope that ended on a day have been dropped. */
  swept(end: ClaimsEnd): void {
    this.#lists.claimsSwept.push(end)
  }

  /** Writes a damaged row anew; under its old number where that is still known. */
  mend(envelope: Envelope, { number, arrivedMs }: { number?: number; arrivedMs: number }): void {
    this.#lists.mended.push({ envelope, number: number ?? ++this.#number, arrivedMs })
  }

  addReceipt(receipt: Receipt): void {
    this.#lists.receipts.push(receipt)
  }

  dropReceipt(receipt: { key: string; expiresMs: number }): void {
    this.#lists.receiptsGone.push(receipt)
  }

  changeOwn(change: OwnChange, atMs: number): void {
    this.#lists.own.push({ number: ++this.#number, atMs, change })
  }

  changes(): Changes {
    const claims: ClaimChange[] = []
    for (const open of this.#claims.values()) {
      for (const { key, author, kind, about, before, staircase, isDropped } of open) {
        const isChanged = staircase !== before || isDropped === true
        if (isChanged) claims.push({ key, author, kind, about, staircase })
      }
    }
    const sums = this.#sums.entries()
    return { ...this.#lists, claims, sums }
  }
}
