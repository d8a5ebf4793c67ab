/** What a reading of another tool's document comes to, briefly. */
import type { ImportReading } from '../../src/exchange/import-item.js'

/** A code, or kind, type, value and reason or count. */
export function brief({ entries }: ImportReading): readonly unknown[] {
  return entries.map((entry) => {
    if (entry.kind === 'refusal') return entry.code
    const { item } = entry
    const more = 'reason' in item ? [item.reason] : 'count' in item ? [item.count] : []
    return [entry.kind, item.type, item.value, ...more]
  })
}
export const left = ({ unexpressed }: ImportReading) => Object.fromEntries(unexpressed)
