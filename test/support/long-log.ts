/** Envelopes of an author who is not there: a log made ahead, as long as it takes. */
import { seal, toBytes } from '../../src/core/envelope.js'
import { OPEN_FEDERATION, type EnvelopeId } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { ownOf, seedOf } from './lab.js'
import { report } from './samples.js'

export class LongLog {
  readonly #seed: Uint8Array
  readonly #envelopes: { readonly id: EnvelopeId; readonly bytes: Uint8Array }[] = []

  constructor(
    readonly name: string,
    /** Of every envelope; in the past, so that none waits for its time. */
    readonly time = Date.now() - 60_000,
  ) {
    this.#seed = seedOf(name)
  }

  /** The id of number `seq`. */
  id(seq: number): EnvelopeId {
    return this.#upTo(seq)[seq - 1]!.id
  }

  /** Wire bytes of `count` envelopes that follow number `after`. */
  after(after: number, count: number): Uint8Array[] {
    return this.#upTo(after + count)
      .slice(after, after + count)
      .map(({ bytes }) => bytes)
  }

  #upTo(length: number) {
    const { networkId } = OPEN_FEDERATION
    const author = ownOf(this.name)
    for (let seq = this.#envelopes.length + 1; seq <= length; seq++) {
      const place = { networkId, seq, prev: this.#envelopes.at(-1)?.id ?? null, time: this.time }
      const value = `20.${(seq >> 16) & 255}.${(seq >> 8) & 255}.${seq & 255}`
      const said = report({ value, until: this.time + 30 * DAY_MS })
      const envelope = seal(place, [said], this.#seed, author)
      this.#envelopes.push({ id: envelope.id, bytes: toBytes(envelope) })
    }
    return this.#envelopes
  }
}
