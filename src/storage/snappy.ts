/**
 * Undoes Snappy (google/snappy format_description.txt), in which LevelDB keeps its blocks; only for
 * the two blocks of a table that say where the others are. Throws `RangeError` on what is no
 * Snappy.
 */
import { Reader } from './level-bytes.js'

const BYTES_MAX = 256 << 20

export function unsnappy(bytes: Buffer): Buffer {
  const reader = new Reader(bytes)
  const length = reader.varint()
  if (length > BYTES_MAX) throw new RangeError('a block is too long')
  const out = Buffer.alloc(length)
  let at = 0
  while (!reader.done) {
    const tag = reader.byte()
    if ((tag & 3) === 0) {
      const literal = reader.bytes(literalLength(reader, tag >> 2))
      if (at + literal.length > length) throw new RangeError('a block is longer than it says')
      out.set(literal, at)
      at += literal.length
      continue
    }
    const [offset, count] = copyOf(reader, tag)
    if (offset === 0 || offset > at || at + count > length)
      throw new RangeError('a copy of nothing')
    // May overlap what it writes: byte by byte.
    for (const end = at + count; at < end; at++) out[at] = out[at - offset]!
  }
  if (at !== length) throw new RangeError('a block is shorter than it says')
  return out
}

function littleEndian(reader: Reader, bytes: number): number {
  let value = 0
  for (let i = 0; i < bytes; i++) value += reader.byte() * 256 ** i
  return value
}

/** 60 to 63 say in how many bytes the length follows. */
function literalLength(reader: Reader, code: number): number {
  return 1 + (code < 60 ? code : littleEndian(reader, code - 59))
}

function copyOf(reader: Reader, tag: number): [offset: number, count: number] {
  if ((tag & 3) === 1) return [((tag >> 5) << 8) | reader.byte(), 4 + ((tag >> 2) & 7)]
  return [littleEndian(reader, (tag & 3) === 2 ? 2 : 4), 1 + (tag >> 2)]
}
