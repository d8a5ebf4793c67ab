/** A value as people read it: a sketch by its name, which every command takes as `keyed:NAME`. */
import { sketchName } from '../core/sketch.js'

export function shownValue({
  type,
  value,
}: {
  readonly type: string
  readonly value: string
}): string {
  return type === 'query.sketch' ? sketchName(value) : value
}
