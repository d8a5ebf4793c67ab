/**
 * Decision ids: what a verdict was about, sealed under a key that only this node has. They need no
 * write, link nothing for an outsider (two ids of one verdict have nothing in common), and lead
 * back to the question: base64url of nonce(12) ‖ AES-256-GCM(plain) ‖ tag(16).
 *
 * The plain text holds the question itself rather than a fingerprint of it: an address that only a
 * network covers stands in no table in which a fingerprint could be found again.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { decode, encode, type Cbor } from '../core/canonical.js'
import { ACTION, type Action } from '../core/codes.js'
import { bytesOf, hexOf } from '../core/identity.js'
import { formsOf, typeByCode, typeOf, type Question } from '../core/indicator.js'

export interface Decision {
  readonly timeMs: number
  /** Hash of the policy that made it. */
  readonly policy: string
  readonly action: Action
  /** What was asked; of a request the attributes that had something to say. */
  readonly asked: readonly Question[]
}

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Lengths in steps, so that the length of an id says little about the value. */
const STEP_BYTES = 32
/** Of one request; more would make an id longer than a header line should be. */
const ASKED_MAX = 8
const ID_CHARS_MAX = 4_096
/** Random bytes are fetched many at a time: one call costs as much as the cipher itself. */
const NONCES = 256
/** What base64url writes as `-`. */
const DASH = 62

/** Whether a text could be a decision id at all, whoever's. */
export function isDecisionForm(id: string): boolean {
  if (id.length > ID_CHARS_MAX || !/^[\w-]+$/.test(id) || id.length % 4 === 1) return false
  const bytes = Math.floor((id.length * 3) / 4)
  return bytes > NONCE_BYTES + TAG_BYTES && (bytes - NONCE_BYTES - TAG_BYTES) % STEP_BYTES === 0
}

/** The key of a node's decision ids, or of those that a follower makes with the token named. */
export function decisionKey(secret: Uint8Array, token?: string): Uint8Array {
  const purpose = token === undefined ? 'tocsin/1/decision' : `tocsin/1/decision/${token}`
  return new Uint8Array(hkdfSync('sha256', secret, '', purpose, 32))
}

export class Decisions {
  readonly #key: Uint8Array
  readonly #random: (bytes: number) => Uint8Array
  #nonces: Uint8Array = Buffer.alloc(0)
  #left = 0

  constructor(key: Uint8Array, random: (bytes: number) => Uint8Array) {
    this.#random = random
    this.#key = key
  }

  seal({ timeMs, policy, action, asked }: Decision): string {
    const named = asked.slice(0, ASKED_MAX).map(namedIn)
    const plain = encode([VERSION, timeMs, policy, ACTION.code(action), named])
    const padded = Buffer.alloc(Math.ceil((plain.length + 1) / STEP_BYTES) * STEP_BYTES)
    padded.set(plain)
    padded[plain.length] = 1
    const nonce = this.#nonce()
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    const sealed = cipher.update(padded)
    cipher.final()
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url')
  }

  /** What an id was about; undefined where it is not one of this node's. */
  open(id: string): Decision | undefined {
    if (!isDecisionForm(id)) return undefined
    const bytes = Buffer.from(id, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    try {
      const padded = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
      decipher.final()
      return decisionOf(padded.subarray(0, padded.lastIndexOf(1)))
    } catch {
      return undefined // not sealed by this node, or not as it was sealed
    }
  }

  #nonce(): Uint8Array {
    for (;;) {
      if (this.#left === 0) {
        this.#nonces = this.#random(NONCES * NONCE_BYTES)
        this.#left = NONCES
      }
      const at = --this.#left * NONCE_BYTES
      const nonce = this.#nonces.subarray(at, at + NONCE_BYTES)
      // An id that begins with a dash would be an option to every command it is handed to.
      if (nonce[0]! >> 2 !== DASH) return nonce
    }
  }
}

/** A keyed value is named by its forms, newest first, and what allow entries would know it by. */
function namedIn(question: Question): Cbor {
  const { type, value, local, issuer } = question
  if (typeOf(type).privacy === 'clear') return [type, value]
  const forms = Buffer.concat(formsOf(question).map((form) => bytesOf(form.value)))
  return [type, forms, local === undefined ? null : bytesOf(local), bytesOfText(issuer)]
}

/** A member's name has letters that the encoding's own texts have not. */
function bytesOfText(text: string | undefined): Cbor {
  return text === undefined ? null : Buffer.from(text)
}

function questionIn(named: Cbor): Question {
  const [type, value, local, issuer] = named as readonly Cbor[]
  if (typeof value === 'string') return { type: type as number, value }
  const hex = hexOf(value as Uint8Array)
  // A sketch has one form, and a length of its own.
  const [newest, ...older] = local === null ? [hex] : (hex.match(/.{40}/g) as string[])
  return {
    type: type as number,
    value: newest!,
    ...(older.length === 0 ? {} : { older }),
    ...(local === null ? {} : { local: hexOf(local as Uint8Array) }),
    ...(issuer === null ? {} : { issuer: Buffer.from(issuer as Uint8Array).toString() }),
  }
}

function decisionOf(plain: Uint8Array): Decision | undefined {
  const [version, timeMs, policy, action, asked] = decode(plain) as readonly Cbor[]
  if (version !== VERSION) return undefined
  const named = (asked as readonly Cbor[]).map(questionIn)
  if (named.some(({ type }) => typeByCode(type) === undefined)) return undefined
  return {
    timeMs: timeMs as number,
    policy: policy as string,
    action: ACTION.name(action as number)!,
    asked: named,
  }
}
