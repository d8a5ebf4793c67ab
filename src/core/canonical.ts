/**
 * Deterministic CBOR (RFC 8949 §4.2), cut down to what Tocsin signs: unsigned integers below 2^53,
 * byte strings, printable ASCII text, null and arrays. No maps, floats, tags, negatives, booleans
 * or indefinite lengths, so every value has exactly one encoding.
 *
 * `decode` refuses whatever `encode` would not have produced: shortest heads only, no trailing
 * bytes, and — because a library's strict mode was measured not to be a canonicality check — it
 * encodes what it read and compares the bytes. Sizes, depth and item count are bounded before
 * anything is allocated.
 */
import { LIMITS } from './limits.js'

export type Cbor = number | string | Uint8Array | null | readonly Cbor[]

const UINT = 0
const BYTES = 2
const TEXT = 3
const ARRAY = 4
const NULL = 0xf6

/**
 * Bytes of `value`. Throws on a value outside the profile: that is a bug of the caller, not input.
 */
export function encode(value: Cbor): Uint8Array {
  const out = Buffer.allocUnsafe(sizeOf(value))
  write(out, 0, value)
  return out
}

/** The value of `bytes`, or undefined where they are not exactly what `encode` would have made. */
export function decode(bytes: Uint8Array): Cbor | undefined {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  if (value === undefined || !reader.atEnd()) return undefined
  return Buffer.compare(encode(value), bytes) === 0 ? value : undefined
}

function headSize(argument: number): number {
  if (argument < 24) return 1
  if (argument < 0x100) return 2
  if (argument < 0x10000) return 3
  return argument < 0x100000000 ? 5 : 9
}

function sizeOf(value: Cbor): number {
  if (value === null) return 1
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not encodable: ${value}`)
    return headSize(value)
  }
  if (typeof value === 'string' || value instanceof Uint8Array) {
    return headSize(value.length) + value.length
  }
  let size = headSize(value.length)
  for (const item of value) size += sizeOf(item)
  return size
}

/** Byte by byte: a Buffer's own methods cost more than the bytes of a short item. */
function writeHead(out: Buffer, at: number, major: number, argument: number): number {
  const top = major << 5
  if (argument < 24) {
    out[at] = top | argument
    return at + 1
  }
  if (argument < 0x100) {
    out[at] = top | 24
    out[at + 1] = argument
    return at + 2
  }
  if (argument < 0x10000) {
    out[at] = top | 25
    out[at + 1] = argument >>> 8
    out[at + 2] = argument
    return at + 3
  }
  if (argument < 0x100000000) {
    out[at] = top | 26
    return writeUint32(out, at + 1, argument)
  }
  out[at] = top | 27
  const low = writeUint32(out, at + 1, Math.floor(argument / 0x100000000))
  return writeUint32(out, low, argument % 0x100000000)
}

function writeUint32(out: Buffer, at: number, value: number): number {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
  return at + 4
}

function write(out: Buffer, at: number, value: Cbor): number {
  if (value === null) {
    out[at] = NULL
    return at + 1
  }
  if (typeof value === 'number') return writeHead(out, at, UINT, value)
  if (typeof value === 'string') {
    if (!isPrintableAscii(value)) throw new RangeError('text outside printable ASCII')
    const start = writeHead(out, at, TEXT, value.length)
    for (let i = 0; i < value.length; i++) out[start + i] = value.charCodeAt(i)
    return start + value.length
  }
  if (value instanceof Uint8Array) {
    const start = writeHead(out, at, BYTES, value.length)
    out.set(value, start)
    return start + value.length
  }
  let next = writeHead(out, at, ARRAY, value.length)
  for (const item of value) next = write(out, next, item)
  return next
}

/** Printable ASCII only: no control characters can reach a log, a terminal or a page. */
export function isPrintableAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e) return false
  }
  return true
}

/** Reads one value; every method answers undefined where the bytes leave the profile. */
class Reader {
  readonly #bytes: Buffer
  #at = 0
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  value(depth: number): Cbor | undefined {
    if (depth > LIMITS.cborDepthMax || ++this.#items > LIMITS.cborItemsMax) return undefined
    const head = this.#bytes[this.#at]
    if (head === undefined) return undefined
    if (head === NULL) {
      this.#at++
      return null
    }
    const argument = this.#argument(head & 0x1f)
    if (argument === undefined) return undefined
    switch (head >> 5) {
      case UINT:
        return argument
      case BYTES:
        return this.#take(argument)
      case TEXT:
        return this.#text(argument)
      case ARRAY:
        return this.#array(argument, depth)
      default:
        return undefined
    }
  }

  /** The head's argument; a longer form than needed is not canonical. */
  #argument(short: number): number | undefined {
    const start = ++this.#at
    if (short < 24) return short
    const width = short === 24 ? 1 : short === 25 ? 2 : short === 26 ? 4 : short === 27 ? 8 : 0
    if (width === 0 || start + width > this.#bytes.length) return undefined
    this.#at += width
    // Beyond 2^53 this is inexact, and refused below.
    let argument = 0
    for (let i = start; i < this.#at; i++) argument = argument * 256 + this.#bytes[i]!
    const shortest = headSize(argument) === width + 1
    return shortest && Number.isSafeInteger(argument) ? argument : undefined
  }

  #take(length: number): Buffer | undefined {
    if (length > this.#bytes.length - this.#at) return undefined
    const start = this.#at
    this.#at += length
    return this.#bytes.subarray(start, this.#at)
  }

  #text(length: number): string | undefined {
    if (length > this.#bytes.length - this.#at) return undefined
    const start = this.#at
    this.#at += length
    const text = this.#bytes.toString('latin1', start, this.#at)
    return isPrintableAscii(text) ? text : undefined
  }

  #array(length: number, depth: number): Cbor[] | undefined {
    // Each item takes at least one byte, so a lying length ends here before anything is allocated.
    if (length > this.#bytes.length - this.#at) return undefined
    const items: Cbor[] = []
    for (let i = 0; i < length; i++) {
      const item = this.value(depth + 1)
      if (item === undefined) return undefined
      items.push(item)
    }
    return items
  }
}
