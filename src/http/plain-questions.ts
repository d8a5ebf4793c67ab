/**
 * A body of questions as nearly every client writes it, read from its bytes: to read it as JSON and
 * to make objects and strings of it takes longer than to answer it (`npm run bench lookup`).
 *
 *     {"items":[{"type":"ip","value":"45.9.1.1"},{"type":"asn","value":"64496"}]}
 *
 * In this order, with blanks or none between, every text printable ASCII without a backslash, every
 * value one that can be judged and of a clear type. Whatever is otherwise is not read here: the
 * framework reads it, and says what is wrong with it where something is.
 */
import { ipv4Before, lengthOfIpv4 } from '../core/address.js'
import { typeOf } from '../core/indicator.js'
import type { ReadValue } from '../core/key-ring.js'
import { LIMITS } from '../core/limits.js'
import type { AskedKeys } from '../lookup/asked-keys.js'
import { IPV4, IPV4_NAMES } from '../lookup/key-bytes.js'

const BLANK = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const DELETE = 0x7f
const [OPEN, CLOSE, BEGIN, END] = [0x7b, 0x7d, 0x5b, 0x5d]
const [COLON, COMMA] = [0x3a, 0x2c]
const [ITEMS, TYPE, VALUE] = [Buffer.from('"items"'), Buffer.from('"type"'), Buffer.from('"value"')]

export class PlainQuestions {
  readonly #body: Buffer
  #at = 0
  /** All of the last question before its value: in most bodies that of the next is the same. */
  #headFrom = 0
  #headTo = 0
  #type = ''
  #isAddress = false

  constructor(body: Buffer) {
    this.#body = body
  }

  /** False where it is not such a body; what was added until then is of no use. */
  addTo(asked: AskedKeys, read: ReadValue): boolean {
    if (!this.#is(OPEN) || !this.#isName(ITEMS) || !this.#is(BEGIN)) return false
    do {
      if (asked.length === LIMITS.requestItemsMax || !this.#addOne(asked, read)) return false
      if (this.#isAddress) this.#addAddresses(asked)
    } while (this.#is(COMMA))
    return this.#is(END) && this.#is(CLOSE) && !this.#isAnyLeft()
  }

  #addOne(asked: AskedKeys, read: ReadValue): boolean {
    if (!this.#isHeadAgain() && !this.#isHead()) return false
    const from = this.#at
    if (!this.#isText()) return false
    const question = read(this.#type, this.#body.toString('latin1', from, this.#at - 1))
    if (!question.ok || typeOf(question.value.type).privacy === 'keyed') return false
    asked.add(question.value)
    return this.#is(CLOSE)
  }

  /**
   * Adds what follows for as long as it is an IPv4 address under the same head; the rest is read as
   * everything else is. In one loop over local variables: by methods it took twice as long, a
   * fifth of the answer (`npm run bench lookup`).
   */
  #addAddresses(asked: AskedKeys): void {
    const [body, headFrom, length] = [this.#body, this.#headFrom, this.#headTo - this.#headFrom]
    while (asked.length < LIMITS.requestItemsMax && body[this.#at] === COMMA) {
      let at = this.#at + 1
      while (body[at] === BLANK) at++
      for (let i = 0; i < length; i++) if (body[at + i] !== body[headFrom + i]) return
      const address = ipv4Before(QUOTE, body, at + length)
      if (address < 0) return
      at += length + lengthOfIpv4(address) + 1
      if (body[at] !== CLOSE) return
      asked.addWord(IPV4, address)
      this.#at = at + 1
    }
  }

  #isHeadAgain(): boolean {
    this.#skipBlanks()
    const [body, at] = [this.#body, this.#at]
    const length = this.#headTo - this.#headFrom
    for (let i = 0; i < length; i++) if (body[at + i] !== body[this.#headFrom + i]) return false
    this.#at += length
    return length > 0
  }

  #isHead(): boolean {
    this.#headFrom = this.#at
    if (!this.#is(OPEN) || !this.#isName(TYPE) || !this.#is(QUOTE)) return false
    const from = this.#at
    if (!this.#isText()) return false
    this.#type = this.#body.toString('latin1', from, this.#at - 1)
    this.#isAddress = IPV4_NAMES.includes(this.#type)
    if (!this.#is(COMMA) || !this.#isName(VALUE) || !this.#is(QUOTE)) return false
    this.#headTo = this.#at
    return true
  }

  /** Whether the next byte that is no blank is this one, and steps over it. */
  #is(byte: number): boolean {
    this.#skipBlanks()
    if (this.#body[this.#at] !== byte) return false
    this.#at++
    return true
  }

  /** The same with a name, its quotes and the colon behind it. */
  #isName(name: Buffer): boolean {
    this.#skipBlanks()
    for (let i = 0; i < name.length; i++) {
      if (this.#body[this.#at + i] !== name[i]) return false
    }
    this.#at += name.length
    return this.#is(COLON)
  }

  /** Whether what follows is plain up to the quote that ends it, and steps over that, too. */
  #isText(): boolean {
    const body = this.#body
    for (let at = this.#at; at < body.length; at++) {
      const byte = body[at]!
      if (byte === QUOTE) {
        this.#at = at + 1
        return true
      }
      if (byte < BLANK || byte >= DELETE || byte === BACKSLASH) return false
    }
    return false
  }

  #skipBlanks(): void {
    while (this.#body[this.#at] === BLANK) this.#at++
  }

  #isAnyLeft(): boolean {
    this.#skipBlanks()
    return this.#at < this.#body.length
  }
}
