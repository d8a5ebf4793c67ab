/**
 * A member that lies. It has a true key and a log with as many branches as it likes, shows
 * different branches to different nodes, and sends what it wants to whom it wants.
 */
import { seal, toBytes, type Envelope } from '../../src/core/envelope.js'
import { OPEN_FEDERATION, type AuthorId } from '../../src/core/identity.js'
import { typeByName } from '../../src/core/indicator.js'
import { DAY_MS, HOUR_MS } from '../../src/core/limits.js'
import type { Statement } from '../../src/core/statement.js'
import { CATCH_UP_VERSION, DONE_REASON, NONE_REASON } from '../../src/mesh/catch-up-protocol.js'
import type { Random } from '../support/random.js'
import { ownOf, seedOf } from '../support/lab.js'
import type { LineEnd } from './line.js'
import { VALUES } from './values.js'

const { networkId } = OPEN_FEDERATION

export class Liar {
  readonly own: AuthorId
  readonly #seed: Uint8Array
  readonly #random: Random
  /** Envelopes with one beginning and several ends. */
  readonly #branches: Envelope[][] = [[]]
  /** What others sent it: for replaying, garbling and passing off. */
  readonly heard: Uint8Array[] = []

  constructor(
    readonly name: string,
    random: Random,
  ) {
    this.own = ownOf(name)
    this.#seed = seedOf(name)
    this.#random = random
  }

  get branches(): number {
    return this.#branches.length
  }

  get hasForked(): boolean {
    return this.#branches.length > 1
  }

  /** The branch that a node is shown. */
  branchFor(place: number): number {
    return place % this.#branches.length
  }

  speak(branch: number, now: number, aheadMs = 0): Uint8Array {
    const log = this.#branches[branch]!
    const envelope = this.#seal(log.at(-1), Math.max(now, log.at(-1)?.time ?? 0) + aheadMs)
    log.push(envelope)
    return toBytes(envelope)
  }

  /** An envelope earlier than the one before it; nobody may take it. */
  speakBackwards(branch: number): Uint8Array | undefined {
    const last = this.#branches[branch]!.at(-1)
    return last && toBytes(this.#seal(last, last.time - HOUR_MS))
  }

  /** Another history from somewhere on. */
  fork(now: number): Uint8Array | undefined {
    const from = this.#random.pick(this.#branches)
    if (from.length === 0) return undefined
    const branch = from.slice(0, this.#random.below(from.length))
    this.#branches.push(branch)
    return this.speak(this.#branches.length - 1, now)
  }

  /** Something it said or heard at some time. */
  old(): Uint8Array | undefined {
    const own = this.#branches.flat().map(toBytes)
    const all = [...own, ...this.heard]
    return all.length === 0 ? undefined : this.#random.pick(all)
  }

  garbled(): Uint8Array | undefined {
    const bytes = this.old()
    return bytes && this.#garble(bytes)
  }

  #garble(bytes: Uint8Array): Uint8Array {
    const copy = Uint8Array.from(bytes)
    copy[this.#random.below(copy.length)]! ^= 1 << this.#random.below(8)
    return copy
  }

  #seal(last: Envelope | undefined, time: number): Envelope {
    const place = { networkId, seq: (last?.seq ?? 0) + 1, prev: last?.id ?? null, time }
    const count = this.#random.between(1, 3)
    const statements = Array.from({ length: count }, () => this.#statement(time))
    return seal(place, statements, this.#seed, this.own)
  }

  #statement(time: number): Statement {
    const random = this.#random
    const { type: name, value } = random.pick(VALUES)
    const type = typeByName(name)!.code
    const until = time + random.pick([HOUR_MS, DAY_MS, 7 * DAY_MS, 180 * DAY_MS])
    if (random.chance(0.2))
      return { kind: 'revocation', until, type, value, reason: 0, author: null }
    return {
      kind: 'report',
      until,
      type,
      value,
      confidence: random.between(0, 100),
      action: random.between(1, 4),
      tlp: random.pick([1, 3, 3, 4, 5]),
      pap: random.pick([2, 3, 3, 4]),
      category: 0,
      firstHand: random.chance(0.8),
      evidence: 0,
      campaign: null,
      labels: [],
    }
  }

  /** The other end of a catch-up session, answering as it pleases. Ends when the line does. */
  async converse(line: LineEnd, place: number, now: number): Promise<void> {
    const random = this.#random
    const log = this.#branches[this.branchFor(place)]!
    const last = log.at(-1)
    await line.write({
      kind: 'hello',
      version: CATCH_UP_VERSION,
      networkId,
      now: now + random.between(-DAY_MS, DAY_MS),
      frameBytesMax: 1 << 20,
    })
    const heads = []
    if (last !== undefined) {
      const seq = last.seq + (random.chance(0.3) ? 3 : 0)
      heads.push({ author: this.own, floor: random.chance(0.1) ? seq : 1, seq, id: last.id })
    }
    await line.write({ kind: 'heads', heads })
    await line.write({ kind: 'done', reason: DONE_REASON.level })
    for (;;) {
      const message = await line.read()
      if (message.kind === 'done') return
      if (message.kind === 'want') await this.#answer(line, log, message)
    }
  }

  async #answer(
    line: LineEnd,
    log: readonly Envelope[],
    want: { readonly author: AuthorId; readonly from: number; readonly to: number },
  ): Promise<void> {
    const { author, from, to } = want
    const wires = log.slice(from - 1, to).map(toBytes)
    const none = { kind: 'none', author, from, reason: NONE_REASON['not-held'] } as const
    if (author !== this.own || wires.length === 0) return line.write(none)
    const send = (some: readonly Uint8Array[], at = from) =>
      line.write({ kind: 'envelopes', author, from: at, wires: some })
    switch (
      this.#random.weighted({ truly: 6, holed: 1, garbled: 1, stray: 1, wrong: 1, none: 1 })
    ) {
      case 'truly':
        return send(wires)
      case 'holed':
        return send(wires.slice(1))
      case 'garbled':
        return send(wires.map((wire) => (this.#random.chance(0.5) ? this.#garble(wire) : wire)))
      case 'stray':
        return send([...this.heard.slice(-2), ...wires])
      case 'wrong':
        return send(wires, from + 1)
      case 'none':
        return line.write(none)
    }
  }
}
