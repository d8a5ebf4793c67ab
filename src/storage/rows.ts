/**
 * Layout of keys and rows. Keys are ordered so that every range the node reads is one scan; every
 * value ends with a CRC-32 over key and value, because LevelDB was measured to return wrong bytes,
 * or a neighbour's, without an error. What cannot be read is `row-damaged`, never a guess.
 */
import { crc32 } from 'node:zlib'
import { decode, encode, type Cbor } from '../core/canonical.js'
import type { ClaimEntry, Register, Staircase } from '../core/claims.js'
import type { EnvelopeRef } from '../core/envelope.js'
import { authorOf, bytesOf, type AuthorId } from '../core/identity.js'
import { indicatorOf, keyOf, typeOf } from '../core/indicator.js'
import type { OwnChange } from '../core/own-rows.js'
import { StoreError, type ClaimsEnd, type LogRow, type Seen } from '../core/store-port.js'
import { fromWire, toWire } from '../core/statement.js'

export function damaged(what: string): StoreError {
  return new StoreError('row-damaged', `a damaged row was found: ${what}`)
}

/** Value with its checksum. */
export function guard(key: Uint8Array, value: Uint8Array): Buffer {
  const row = Buffer.allocUnsafe(value.length + 4)
  row.set(value)
  row.writeUInt32LE(crc32(value, crc32(key)), value.length)
  return row
}

/** The value without its checksum, or undefined where they do not agree. */
export function unguard(key: Uint8Array, row: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  if (bytes.length < 4) return undefined
  const value = bytes.subarray(0, bytes.length - 4)
  return bytes.readUInt32LE(value.length) === crc32(value, crc32(key)) ? value : undefined
}

export function numberKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeUInt32BE(Math.floor(number / 2 ** 32), 0)
  key.writeUInt32BE(number % 2 ** 32, 4)
  return key
}

export function numberOf(key: Uint8Array, at = 0): number {
  return Number(Buffer.from(key.buffer, key.byteOffset, key.byteLength).readBigUInt64BE(at))
}

/** author(32) ‖ seq(8): a log is one scan, in order. */
export function logKey(author: AuthorId, seq: number): Buffer {
  return Buffer.concat([bytesOf(author), numberKey(seq)])
}

export function logPlace(key: Uint8Array): { author: AuthorId; seq: number } {
  return { author: authorOf(key.subarray(0, 32)), seq: numberOf(key, 32) }
}

export function headerRow(row: Omit<LogRow, 'payload'>): Uint8Array {
  return encode([row.number, row.arrivedMs, row.header, row.signature])
}

export function readHeaderRow(value: Uint8Array): Omit<LogRow, 'payload'> | undefined {
  const row = decode(value)
  if (!Array.isArray(row)) return undefined
  const [number, arrivedMs, header, signature] = row as readonly Cbor[]
  if (typeof number !== 'number' || typeof arrivedMs !== 'number') return undefined
  if (!(header instanceof Uint8Array) || !(signature instanceof Uint8Array)) return undefined
  return { number, arrivedMs, header, signature }
}

/** The first byte after the author; a claim has none. */
const REGISTERS = { claim: '', sighting: '03', dispute: '04' } as const

/**
 * type(2) ‖ length(2) ‖ value ‖ author(32) [‖ register(1)] [‖ about(32)]: all that is said about a
 * key are neighbours.
 */
export function claimKey({ key, author, kind, about }: Register): Buffer {
  const { type, value } = indicatorOf(key)
  const keyed = typeOf(type).privacy === 'keyed'
  const length = keyed ? value.length / 2 : value.length
  const place = `${author}${REGISTERS[kind]}${about ?? ''}`
  const row = Buffer.allocUnsafe(4 + length + place.length / 2)
  row.writeUInt16BE(type, 0)
  row.writeUInt16BE(length, 2)
  row.write(value, 4, keyed ? 'hex' : 'latin1')
  row.write(place, 4 + length, 'hex')
  return row
}

/** Of what an author revoked beyond its fork: as its claim on that key. */
export function forkRevocationKey({ author, key }: Pick<Register, 'author' | 'key'>): Buffer {
  return claimKey({ key, author, kind: 'claim', about: null })
}

export function claimPlace(row: Uint8Array): Register {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  const type = bytes.readUInt16BE(0)
  const end = 4 + bytes.readUInt16BE(2)
  const value = bytes.toString(typeOf(type).privacy === 'keyed' ? 'hex' : 'latin1', 4, end)
  const author = authorOf(bytes.subarray(end, end + 32))
  const rest = bytes.subarray(end + 32)
  // An author has an even number of bytes, so an odd rest begins with a register.
  const kind = rest.length % 2 === 0 ? 'claim' : rest[0] === 3 ? 'sighting' : 'dispute'
  const named = rest.subarray(rest.length % 2)
  const about = named.length > 0 ? authorOf(named) : null
  return { key: keyOf({ type, value }), author, kind, about }
}

/** Each entry is [seq, index, statement]: the rest of where it comes from is in its header row. */
export function claimRow(staircase: Staircase): Uint8Array {
  return encode(
    staircase.map(({ envelope, index, statement }) => [envelope.seq, index, toWire(statement)]),
  )
}

/**
 * `refOf` finds the envelope of a seq; undefined, for the whole row, where anything does not fit.
 */
export function readClaimRow(
  value: Uint8Array,
  refOf: (seq: number) => EnvelopeRef | undefined,
): Staircase | undefined {
  const rows = decode(value)
  if (!Array.isArray(rows)) return undefined
  const staircase: ClaimEntry[] = []
  for (const row of rows as readonly Cbor[]) {
    if (!Array.isArray(row)) return undefined
    const [seq, index, wire] = row as readonly Cbor[]
    if (typeof seq !== 'number' || typeof index !== 'number') return undefined
    const envelope = refOf(seq)
    const statement = fromWire(wire)
    if (envelope === undefined || !statement.ok) return undefined
    if (statement.value.kind === 'void') return undefined
    staircase.push({ envelope, index, statement: statement.value })
  }
  return staircase
}

/** day(4) ‖ author(32) ‖ seq(8): envelopes by the days on which claims of theirs end. */
export function claimsEndKey({ day, author, seq }: ClaimsEnd): Buffer {
  const head = Buffer.allocUnsafe(4)
  head.writeUInt32BE(day)
  return Buffer.concat([head, logKey(author, seq)])
}

export function claimsEndOf(key: Uint8Array): ClaimsEnd {
  return { day: Buffer.from(key).readUInt32BE(0), ...logPlace(key.subarray(4)) }
}

/** end(8) ‖ key of the row that ends: what ended first comes first. */
export function orderKey(endMs: number, key: Uint8Array): Buffer {
  return Buffer.concat([numberKey(endMs), key])
}

export function sumKey(author: AuthorId, day: number): Buffer {
  const key = Buffer.allocUnsafe(36)
  key.write(author, 0, 'hex')
  key.writeUInt32BE(day, 32)
  return key
}

export function sumPlace(key: Uint8Array): { author: AuthorId; day: number } {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  return { author: authorOf(bytes.subarray(0, 32)), day: bytes.readUInt32BE(32) }
}

/**
 * Rows only this node reads are JSON: names may hold any letters, which the wire's profile has not.
 */
export function jsonRow(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8')
}

export function readJsonRow(value: Uint8Array): unknown {
  return JSON.parse(Buffer.from(value).toString('utf8'))
}

export type FeedEntry =
  readonly ['envelope', AuthorId, number] | readonly ['own', number, OwnChange]

/** The first row of a commit also tells what look-ups saw before it, and since when. */
export function feedRow(entry: FeedEntry, seen?: Seen): Buffer {
  return jsonRow(seen === undefined ? entry : [...entry, [seen.number, seen.atMs]])
}

export function seenIn(value: Uint8Array): Seen | undefined {
  const [, , , seen] = readJsonRow(value) as readonly unknown[]
  if (seen === undefined) return undefined
  const [number, atMs] = seen as [number, number]
  return { number, atMs }
}
