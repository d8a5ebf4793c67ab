/**
 * Typed arrays that grow by a part of themselves when they are full: one copy now and then. Large
 * ones by less, because what is not used yet is memory, too, and for a moment there are both.
 */
type Column = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array

const LARGE_BYTES = 32 << 20
/** Shifts: by half, and by an eighth. */
const [SMALL_BY, LARGE_BY] = [1, 3]

/** The column itself where it holds `length`, else a larger copy. */
export function grown<C extends Column>(column: C, length: number): C {
  if (length <= column.length) return column
  const by = column.byteLength < LARGE_BYTES ? SMALL_BY : LARGE_BY
  const larger = Math.max(length, column.length + (column.length >> by))
  const copy = new (column.constructor as new (length: number) => C)(larger)
  copy.set(column)
  return copy
}
