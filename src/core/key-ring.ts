/**
 * Reads the value that a person or program wrote into what is asked about. Of clear types that is
 * the canonical text; of keyed ones the canonical text hashed under every epoch key held, so that
 * the value itself goes no further than this file:
 *
 *   keyId(4) ‖ HMAC-SHA-256(HKDF-SHA-256(epoch key, info = type), canonical)[0..16)
 *
 * The same under this node's own secret is what allow entries are kept under: it never rotates, and
 * no member has it.
 */
import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { canonicalise, isForm } from './canonical-form.js'
import { acceptedUntil, epochsAt, keyIdOf, type Epoch } from './epoch-keys.js'
import { bytesOf, type EpochKey } from './identity.js'
import {
  typeByName,
  typeOf,
  type Indicator,
  type IndicatorType,
  type Question,
} from './indicator.js'
import { KEYED_FORMS } from './keyed-form.js'
import { LIMITS } from './limits.js'
import { ShingleHasher } from './sketch.js'
import { failed, fine, type InputCode, type Result } from './outcome.js'

export type ReadValue = (type: string, raw: string) => Result<Question, InputCode>

export interface KeyRingParts {
  readonly keys: readonly EpochKey[]
  /** Names of the keyed types that are switched on. */
  readonly types: readonly string[]
  /** This node's own secret, 32 bytes in hex. */
  readonly local: string
  /** Which member gives out what: the part of an account before its colon, how API keys begin. */
  readonly issuers: readonly (readonly [issuer: string, member: string])[]
}

const DIGEST_BYTES = 16
/** In place of a value: its hash, as listings and explanations show it. */
const HASHED = /^keyed:([0-9a-f]{40})$/
const SKETCHED = /^keyed:([0-9a-f]{264,776})$/

/** The value of a sketch that is held, by its name. */
export type SketchNamed = (name: string) => string | undefined

/** A key indicator as it is asked about: a keyed value by its hash, which is all there is of it. */
export function askable({ type, value }: Indicator): { type: string; value: string } {
  const { name, privacy } = typeOf(type)
  return { type: name, value: privacy === 'keyed' ? `keyed:${value}` : value }
}

export function isHashed(raw: string): boolean {
  return HASHED.test(raw.trim()) || SKETCHED.test(raw.trim())
}

export class KeyRing {
  /** No keyed type is on. */
  static readonly NONE = new KeyRing({ keys: [], types: [], local: '', issuers: [] }, 0)

  readonly parts: KeyRingParts
  readonly epochs: readonly Epoch[]
  /** When the first key's stage ends: a ring is made for a time. */
  readonly untilMs: number
  readonly #held: readonly Epoch[]
  readonly #byId: ReadonlyMap<string, Epoch>
  #hashers: readonly ShingleHasher[] | undefined
  readonly #typeKeys = new Map<string, Buffer>()
  #hashed: string | undefined

  readonly #sketchNamed: SketchNamed

  constructor(parts: KeyRingParts, now: number, sketchNamed: SketchNamed = () => undefined) {
    this.#sketchNamed = sketchNamed
    this.parts = parts
    this.epochs = epochsAt(parts.keys, now)
    this.untilMs = Math.min(Infinity, ...this.epochs.map(({ untilMs }) => untilMs))
    this.#held = this.epochs.filter(({ stage }) => stage !== 'over')
    this.#byId = new Map(this.epochs.map((epoch) => [epoch.id, epoch]))
  }

  /** Of prompts, under each key held, the newest first: sketches need not be switched on. */
  get hashers(): readonly ShingleHasher[] {
    return (this.#hashers ??= this.#held.map(({ key }) => new ShingleHasher(key)))
  }

  /** What an account is counted by here, whether or not its type is on. */
  pseudonym(account: string): string {
    return createHmac('sha256', `account ${this.parts.local}`).update(account).digest('hex')
  }

  /** Names it without telling its keys; hex. */
  get hash(): string {
    this.#hashed ??= createHash('sha256').update(JSON.stringify(this.parts)).digest('hex')
    return this.#hashed.slice(0, 16)
  }

  /** This ring, or where a key's stage has ended since it was made, another one. */
  at(now: number): KeyRing {
    return now < this.untilMs ? this : new KeyRing(this.parts, now, this.#sketchNamed)
  }

  /** A type is on where it was switched on and there is a key for it. */
  isOn({ name }: IndicatorType): boolean {
    return this.parts.types.includes(name) && this.#held.length > 0
  }

  readonly read: ReadValue = (typeName, raw) => {
    const type = typeByName(typeName)
    if (type?.privacy !== 'keyed') return canonicalise(typeName, raw)
    const text = raw.trim()
    if (type.name === 'query.sketch') return this.#sketch(type, text)
    // What is held can be explained and taken back whether or not its type is on.
    const hashed = HASHED.exec(text)?.[1]
    if (hashed !== undefined) return fine({ type: type.code, value: hashed })
    const form = KEYED_FORMS[type.name]
    if (form === undefined || !this.isOn(type)) return failed('type-off')
    if (text === '') return failed('value-missing')
    if (text.length > LIMITS.keyedCharsMax) return failed('value-too-long')
    const canonical = form.canonicalise(text)
    return canonical.ok ? fine(this.#question(type, canonical.value)) : canonical
  }

  /** By its hashes, or by the name of one that is held. */
  #sketch(type: IndicatorType, text: string): Result<Question, InputCode> {
    const name = HASHED.exec(text)?.[1]
    const value = name === undefined ? SKETCHED.exec(text)?.[1] : this.#sketchNamed(name)
    const isOne = value !== undefined && isForm(type, value)
    return isOne ? fine({ type: type.code, value }) : failed('sketch-malformed')
  }

  #question(type: IndicatorType, canonical: string): Question {
    const [newest, ...older] = this.#held.map(({ key }) => this.#hash(type, key, canonical))
    const issuer = this.#issuerOf(type, canonical)
    return {
      type: type.code,
      value: newest!,
      ...(older.length === 0 ? {} : { older }),
      local: this.#hash(type, this.parts.local, canonical),
      ...(issuer === undefined ? {} : { issuer }),
    }
  }

  #hash({ name }: IndicatorType, key: string, canonical: string): string {
    const place = `${name} ${key}`
    let typeKey = this.#typeKeys.get(place)
    if (typeKey === undefined) {
      typeKey = Buffer.concat([
        bytesOf(keyIdOf(key)),
        new Uint8Array(hkdfSync('sha256', bytesOf(key), '', name, 32)),
      ])
      this.#typeKeys.set(place, typeKey)
    }
    const hmac = createHmac('sha256', typeKey.subarray(4)).update(canonical, 'utf8').digest()
    return Buffer.concat([typeKey.subarray(0, 4), hmac.subarray(0, DIGEST_BYTES)]).toString('hex')
  }

  #issuerOf({ name }: IndicatorType, canonical: string): string | undefined {
    const { issuers } = this.parts
    if (name === 'actor.account') {
      const before = canonical.slice(0, canonical.indexOf(':'))
      return issuers.find(([issuer]) => issuer === before)?.[1]
    }
    if (name !== 'actor.api-key') return undefined
    const named = issuers.filter(([issuer]) => canonical.startsWith(issuer))
    return named.sort(([a], [b]) => b.length - a.length)[0]?.[1]
  }

  /** Whether a statement was made with a key when that was no longer to be used. */
  isLate({ type, value }: Indicator, atMs: number): boolean {
    if (typeOf(type).privacy !== 'keyed') return false
    const epoch = this.#byId.get(value.slice(0, 8))
    return epoch !== undefined && atMs >= acceptedUntil(epoch)
  }
}
