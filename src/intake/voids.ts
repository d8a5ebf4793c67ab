/**
 * Void statements, read from the log they are in: the rows say where they are and why, the signed
 * payload what they say. Pages are bounded by statements, and end between two envelopes.
 */
import { openParts } from '../core/envelope.js'
import type { AuthorId } from '../core/identity.js'
import type { LogPosition, ReadVoids, VoidEntry, VoidPage } from '../core/ports.js'
import type { Store } from '../core/store-port.js'
import type { LiveState } from '../lookup/live-state.js'

const PAGE_STATEMENTS = 500

export function voidReader(dependencies: {
  readonly state: LiveState
  readonly store: Pick<Store, 'logRows'>
}): ReadVoids {
  const { state, store } = dependencies
  return async (authors?: readonly AuthorId[], from?: LogPosition): Promise<VoidPage> => {
    const entries: VoidEntry[] = []
    for (const { author, seq } of state.voids.rows(authors, from)) {
      if (entries.length >= PAGE_STATEMENTS) return { entries, next: { author, seq } }
      const [row] = await store.logRows(author, seq, seq, Infinity)
      const opened = row && openParts(row.header, row.signature, row.payload)
      if (opened?.ok !== true) continue // its payload was dropped meanwhile
      opened.value.statements.forEach((statement, index) => {
        if (statement.kind !== 'void') return
        entries.push({ ...statement, author, seq, envelope: opened.value.id, index })
      })
    }
    return { entries }
  }
}
