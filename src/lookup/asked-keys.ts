/**
 * Questions that are asked at once, as the bytes by which the key table knows them, one after
 * another. What comes as bytes is made a string only for whoever wants one.
 */
import { ipv4Of } from '../core/address.js'
import type { Question } from '../core/indicator.js'
import { grown } from './growth.js'
import { IPV4, KEY_WORDS_MAX, WORD_BYTES, writeKey } from './key-bytes.js'

const WORDS = 512
const KEYS = 128

export class AskedKeys {
  #words = new Uint32Array(WORDS)
  #bytes = new Uint8Array(this.#words.buffer)
  /** Of each key the word that it begins at, and how many bytes it is. */
  #places = new Uint32Array(2 * KEYS)
  #used = 0
  #length = 0
  /** Of those that came as such; what lies beyond the length is of an earlier use. */
  readonly #questions: (Question | undefined)[] = []

  static of(questions: readonly Question[]): AskedKeys {
    const asked = new AskedKeys()
    for (const question of questions) asked.add(question)
    return asked
  }

  get length(): number {
    return this.#length
  }

  /** What `writeKey` writes, each key from a whole word on; others after the next that is added. */
  get words(): Uint32Array {
    return this.#words
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }

  wordOf(i: number): number {
    return this.#places[2 * i]!
  }

  /** Bytes of its value. */
  lengthOf(i: number): number {
    return this.#places[2 * i + 1]!
  }

  clear(): void {
    this.#length = 0
    this.#used = 0
  }

  add(question: Question): void {
    const { type, value } = question
    const at = this.#reserve()
    this.#push(writeKey(this.#words, this.#bytes, at, type, value), question)
  }

  /** One whose value is a word, as an IPv4 address is. */
  addWord(type: number, value: number): void {
    const at = this.#reserve()
    this.#words[at] = type
    this.#words[at + 1] = value
    this.#push(WORD_BYTES, undefined)
  }

  /** The bytes of a value as they lie in memory. A view of them would be millions at a start. */
  addBytes(type: number, source: Uint8Array, from: number, length: number): void {
    const word = this.#reserve()
    this.#words[word] = type
    const at = (word + 1) * WORD_BYTES
    for (let i = 0; i < length; i++) this.#bytes[at + i] = source[from + i]!
    this.#push(length, undefined)
  }

  /** The word from which on there is room for any key. */
  #reserve(): number {
    if (this.#used + KEY_WORDS_MAX > this.#words.length) {
      this.#words = grown(this.#words, this.#used + KEY_WORDS_MAX)
      this.#bytes = new Uint8Array(this.#words.buffer)
    }
    return this.#used
  }

  #push(length: number, question: Question | undefined): void {
    const i = this.#length++
    this.#places = grown(this.#places, 2 * i + 2)
    this.#places[2 * i] = this.#used
    this.#places[2 * i + 1] = length
    this.#used += 1 + Math.ceil(length / WORD_BYTES)
    this.#questions[i] = question
  }

  /** Of what came as a question or an address. Good until the next `clear`. */
  at(i: number): Question {
    return this.#questions[i] ?? new Ipv4At(this, i)
  }

  typeAt(i: number): number {
    return this.#words[this.wordOf(i)]!
  }

  /** Of an IPv4 address its number, else -1. */
  addressAt(i: number): number {
    const word = this.wordOf(i)
    const isAddress = this.#words[word] === IPV4 && this.lengthOf(i) === WORD_BYTES
    return isAddress ? this.#words[word + 1]! : -1
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
    return ipv4Of(this.#asked.addressAt(this.#i))
  }
}
