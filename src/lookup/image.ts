/**
 * Tables in memory as bytes: columns one after another, each with its length, little-endian, and
 * small parts as JSON. What is written is of one moment: copies, or what memory holds for a writer
 * that keeps it from changing. Read with every length checked before it is believed.
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

/** Where an image is read from, from its beginning to its end. */
export interface ImageSource {
  /** Bytes of the whole image. */
  readonly length: number
  /** Fills with the bytes that come next, of which there are as many. */
  fill(bytes: Uint8Array): void
}

/** An image in memory. */
export function sourceOf(image: Uint8Array): ImageSource {
  let at = 0
  return {
    length: image.length,
    fill(bytes) {
      bytes.set(image.subarray(at, at + bytes.length))
      at += bytes.length
    },
  }
}

export class ImageWriter {
  readonly chunks: Uint8Array[] = []
  readonly #isCopy: boolean

  /** Without copies it is good for as long as nothing changes the tables. */
  constructor({ isCopy }: { readonly isCopy: boolean }) {
    this.#isCopy = isCopy
    const [first] = new Uint8Array(Uint16Array.of(1).buffer)
    if (first !== 1) throw new Error('images are little-endian')
  }

  /** The first `length` items. */
  column(column: Column, length = column.length): void {
    const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = column
    const bytes = new Uint8Array(buffer, byteOffset, length * size)
    this.#bytes(this.#isCopy ? bytes.slice() : bytes)
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
  readonly #source: ImageSource
  #left: number

  constructor(source: ImageSource) {
    this.#source = source
    this.#left = source.length
  }

  get isAtEnd(): boolean {
    return this.#left === 0
  }

  /** Of exactly `length` items where that is known. */
  column<C extends Column>(type: ColumnType<C>, length?: number): C {
    const size = this.#next()
    const items = size / type.BYTES_PER_ELEMENT
    if (!Number.isInteger(items) || (length !== undefined && items !== length)) {
      throw new ImageError('a column of another length')
    }
    const column = new type(items)
    this.#fill(new Uint8Array(column.buffer as ArrayBuffer))
    return column
  }

  json(): unknown {
    const bytes = Buffer.alloc(this.#next())
    this.#fill(bytes)
    try {
      return JSON.parse(bytes.toString('utf8')) as unknown
    } catch {
      throw new ImageError('a part that is not JSON')
    }
  }

  /** Length of the part that comes next, all of which is there. */
  #next(): number {
    if (LENGTH_BYTES > this.#left) throw new ImageError('it ends too early')
    const head = Buffer.alloc(LENGTH_BYTES)
    this.#read(head)
    const length = head.readUInt32LE()
    if (length > this.#left) throw new ImageError('it ends too early')
    return length
  }

  #fill(bytes: Uint8Array): void {
    this.#read(bytes)
    const over = (ALIGN - (bytes.length % ALIGN)) % ALIGN
    this.#read(new Uint8Array(Math.min(over, this.#left)))
  }

  #read(bytes: Uint8Array): void {
    this.#source.fill(bytes)
    this.#left -= bytes.length
  }
}
