/** Epoch keys that tests hand to labs, and turn over. */
import type { EpochKey } from '../../src/core/identity.js'
import { KEYED_TYPES } from '../../src/core/keyed-form.js'
import { KeyRing } from '../../src/core/key-ring.js'
import { DAY_MS } from '../../src/core/limits.js'
import { NOW } from './lab.js'

/** The first was made a hundred days ago, the others just now. */
export function epochKey(
  number: number,
  createdMs = number === 1 ? NOW - 100 * DAY_MS : NOW,
): EpochKey {
  return { key: String(number).repeat(64), createdMs }
}

/** A ring that a test changes under the lab that reads with it. */
export class Epochs {
  #ring = ringOf([epochKey(1)])

  readonly ring = (): KeyRing => this.#ring

  rotate(number: number, createdMs?: number): void {
    this.#ring = ringOf([...this.#ring.parts.keys, epochKey(number, createdMs)])
  }
}

export function ringOf(keys: readonly EpochKey[], types: readonly string[] = KEYED_TYPES): KeyRing {
  return new KeyRing({ keys, types, local: 'ab'.repeat(32), issuers: [] }, NOW)
}
