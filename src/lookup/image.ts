/**
 * Tables in memory as bytes: columns one after another, each with its length, little-endian, and
 * small parts as JSON. Written by copying, so that what is written is of one moment; read with
 * every length checked before it is believed.
 */
type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array
type ColumnType<C extends Column> = {
  new (length: number): C
  readonly BYTES_PER_ELEMENT: number
}

/** Columns lie on multiples of it, as the widest of them needs. */
const ALIGN = 8
const LENGTH_BYTES = 8

/** Bytes that no table has written, or not so. */
export class ImageError extends Error {
  readonly code = 'image-malformed'
}

export class ImageWriter {
  readonly chunks: Uint8Array[] = []

  constructor() {
    const [first] = new Uint8Array(Uint16Array.of(1).buffer)
    if (first !== 1) throw new Error('images are little-endian')
  }

  /** A copy of the first `length` items. */
  column(column: Column, length = column.length): void {
    const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = column
    this.#bytes(new Uint8Array(buffer.slice(byteOffset, byteOffset + length * size)))
  }

  json(value: unknown): void {
    this.#bytes(Buffer.from(JSON.stringify(value)))
  }

  #bytes(bytes: Uint8Array): void {
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32LE(bytes.length)
    this.chunks.push(length, bytes)
    const over = bytes.length % ALIGN
    if (over > 0) this.chunks.push(new Uint8Array(ALIGN - over))
  }
}

export class ImageReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** A copy; of exactly `length` items where that is known. */
  column<C extends Column>(type: ColumnType<C>, length?: number): C {
    const bytes = this.#next()
    const items = bytes.length / type.BYTES_PER_ELEMENT
    if (!Number.isInteger(items) || (length !== undefined && items !== length)) {
      throw new ImageError('a column of another length')
    }
    const column = new type(items)
    new Uint8Array(column.buffer as ArrayBuffer).set(bytes)
    return column
  }

  json(): unknown {
    const bytes = this.#next()
    try {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
      return JSON.parse(text) as unknown
    } catch {
      throw new ImageError('a part that is not JSON')
    }
  }

  #next(): Uint8Array {
    const start = this.#at + LENGTH_BYTES
    const { buffer, byteOffset, length: all } = this.#bytes
    if (start > all) throw new ImageError('it ends too early')
    const length = new DataView(buffer, byteOffset, all).getUint32(this.#at, true)
    const end = start + length
    if (end > all) throw new ImageError('it ends too early')
    this.#at = Math.min(all, end + ((ALIGN - (length % ALIGN)) % ALIGN))
    return this.#bytes.subarray(start, end)
  }
}
