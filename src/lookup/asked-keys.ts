/**
 * Questions that are asked at once, as the bytes by which the key table knows them, one after
 * another. What comes as bytes is made a string only for whoever wants one.
 */
import { ipv4At } from '../core/address.js'
import { typeByName, typeOf, type Question } from '../core/indicator.js'
import { grown } from './growth.js'

const IPV4 = typeByName('net.ipv4')!.code
const TYPE_BYTES = 2
const BYTES = 2_048
const KEYS = 128

/** Bytes that the key takes: its type(2) and its value, which is text or what hex stands for. */
function keyLength(type: number, value: string): number {
  const isHex = typeOf(type).privacy === 'keyed'
  return TYPE_BYTES + (isHex ? value.length >> 1 : value.length)
}

/** Writes a key where there is room for it; answers where it ends. */
export function writeKey(bytes: Uint8Array, at: number, type: number, value: string): number {
  bytes[at] = type >> 8
  bytes[at + 1] = type & 0xff
  const from = at + TYPE_BYTES
  if (typeOf(type).privacy === 'keyed') {
    return from + Buffer.from(bytes.buffer, bytes.byteOffset).write(value, from, 'hex')
  }
  for (let i = 0; i < value.length; i++) bytes[from + i] = value.charCodeAt(i)
  return from + value.length
}

export class AskedKeys {
  #bytes = new Uint8Array(BYTES)
  /** Where each key ends, and the next begins. */
  #ends = new Uint32Array(KEYS)
  /** Of those that came as such. */
  #questions: (Question | undefined)[] = []

  static of(questions: readonly Question[]): AskedKeys {
    const asked = new AskedKeys()
    for (const question of questions) asked.add(question)
    return asked
  }

  get length(): number {
    return this.#questions.length
  }

  /** Another array after the next `add`. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  startOf(i: number): number {
    return i === 0 ? 0 : this.#ends[i - 1]!
  }

  endOf(i: number): number {
    return this.#ends[i]!
  }

  clear(): void {
    this.#questions = []
  }

  add(question: Question): void {
    const { type, value } = question
    const at = this.#reserve(keyLength(type, value))
    this.#push(writeKey(this.#bytes, at, type, value), question)
  }

  /** False, and nothing is added, where the bytes are no IPv4 address in its canonical form. */
  addIpv4(source: Uint8Array, from: number, to: number): boolean {
    if (ipv4At(source, from, to) < 0) return false
    let at = this.#reserve(TYPE_BYTES + to - from)
    this.#bytes[at++] = IPV4 >> 8
    this.#bytes[at++] = IPV4
    for (let i = from; i < to; i++) this.#bytes[at++] = source[i]!
    this.#push(at, undefined)
    return true
  }

  /** Where the next key begins. */
  #reserve(length: number): number {
    const at = this.startOf(this.length)
    this.#bytes = grown(this.#bytes, at + length)
    this.#ends = grown(this.#ends, this.length + 1)
    return at
  }

  #push(end: number, question: Question | undefined): void {
    this.#ends[this.length] = end
    this.#questions.push(question)
  }

  /** Good until the next `clear`. */
  at(i: number): Question {
    return this.#questions[i] ?? new Ipv4At(this, i)
  }

  textAt(i: number): string {
    const from = this.startOf(i) + TYPE_BYTES
    return Buffer.from(this.#bytes.buffer, from, this.endOf(i) - from).toString('latin1')
  }

  typeAt(i: number): number {
    const at = this.startOf(i)
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!
  }

  /** Of an IPv4 address its number, else -1. */
  addressAt(i: number): number {
    if (this.typeAt(i) !== IPV4) return -1
    return ipv4At(this.#bytes, this.startOf(i) + TYPE_BYTES, this.endOf(i))
  }
}

/** The text of most is wanted by nobody. */
class Ipv4At implements Question {
  readonly type = IPV4
  readonly #asked: AskedKeys
  readonly #i: number

  constructor(asked: AskedKeys, i: number) {
    this.#asked = asked
    this.#i = i
  }

  get value(): string {
    return this.#asked.textAt(this.#i)
  }
}
