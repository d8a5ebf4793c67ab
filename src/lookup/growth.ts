/** Typed arrays that grow by half when they are full: one copy now and then, no slack at once. */
type Column = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array

/** The column itself where it holds `length`, else a larger copy. */
export function grown<C extends Column>(column: C, length: number): C {
  if (length <= column.length) return column
  const larger = Math.max(length, column.length + (column.length >> 1))
  const copy = new (column.constructor as new (length: number) => C)(larger)
  copy.set(column)
  return copy
}
