/**
 * The form in which a key lies in memory: its type as a word, then its value, which is text, the
 * bytes that hex stands for, or an IPv4 address as the word that it is.
 */
import { ipv4Of, numberOfIpv4 } from '../core/address.js'
import { keyOf, typeByCode, typeByName, typeOf, type IndicatorKey } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'

export const WORD_BYTES = 4
export const IPV4 = typeByName('net.ipv4')!.code
/** What it may be asked under. */
export const IPV4_NAMES: readonly string[] = ['ip', 'net.ipv4', 'ipv4']
const VALUE_BYTES_MAX = Math.max(LIMITS.valueTextMax, LIMITS.valueBytesMax)
/** Room for any key. */
export const KEY_WORDS_MAX = 1 + Math.ceil(VALUE_BYTES_MAX / WORD_BYTES)

const LENGTH_BITS = 16

/** Type and length of a value as one number, which is never 0. */
export function kindOf(type: number, length: number): number {
  return (type << LENGTH_BITS) | length
}

export function typeIn(kind: number): number {
  return kind >>> LENGTH_BITS
}

export function lengthIn(kind: number): number {
  return kind & ((1 << LENGTH_BITS) - 1)
}

/** Whether any key is of it. */
export function isKind(kind: number): boolean {
  const [type, length] = [typeIn(kind), lengthIn(kind)]
  if (type === IPV4) return length === WORD_BYTES
  return typeByCode(type) !== undefined && length <= VALUE_BYTES_MAX
}

function isHex(type: number): boolean {
  return typeOf(type).privacy === 'keyed'
}

/**
 * Writes it from a word on, where there is room for any; `bytes` are those of `words`. Answers the
 * bytes of its value: none of an address that is not canonical, which is no key.
 */
export function writeKey(
  words: Uint32Array,
  bytes: Uint8Array,
  at: number,
  type: number,
  value: string,
): number {
  words[at] = type
  const from = (at + 1) * WORD_BYTES
  if (type === IPV4) {
    const address = numberOfIpv4(value)
    words[at + 1] = address
    return address < 0 ? 0 : WORD_BYTES
  }
  if (isHex(type)) return Buffer.from(bytes.buffer).write(value, from, 'hex')
  for (let i = 0; i < value.length; i++) bytes[from + i] = value.charCodeAt(i)
  return value.length
}

/** The key of a type with these bytes as its value. */
export function readKey(type: number, value: Buffer): IndicatorKey {
  if (type === IPV4) return keyOf({ type, value: ipv4Of(value.readUInt32LE()) })
  return keyOf({ type, value: value.toString(isHex(type) ? 'hex' : 'latin1') })
}
