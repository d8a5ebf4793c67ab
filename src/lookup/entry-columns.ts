/** A statement as small numbers, the way `entry-table` keeps it. */
import type { Statement } from '../core/statement.js'

export const KINDS = ['report', 'revocation', 'sighting', 'dispute'] as const
/** In the flags: kind(2) action(3) tlp(3) pap(3) firstHand(1) evidence(3), from the lowest bit. */
export const AT = { kind: 0, action: 2, tlp: 5, pap: 8, firstHand: 11, evidence: 12 } as const
export const THREE_BITS = 7

export interface Columns {
  readonly fit: boolean
  readonly flags: number
  readonly degree: number
  readonly category: number
  readonly day: number
}

/** What a statement is in the columns of the table, but for its end and a report’s extras. */
export function columnsOf(statement: Statement): Columns {
  const kind = KINDS.indexOf(statement.kind)
  const plain = (degree: number, day = 0): Columns => {
    return { fit: degree <= 0xff, flags: kind, degree, category: 0, day }
  }
  if (statement.kind === 'sighting') return plain(statement.count, statement.day)
  if (statement.kind !== 'report') return plain(statement.reason)
  const { confidence, action, tlp, pap, category, firstHand, evidence } = statement
  const flags =
    kind |
    (action << AT.action) |
    (tlp << AT.tlp) |
    (pap << AT.pap) |
    ((firstHand ? 1 : 0) << AT.firstHand) |
    (evidence << AT.evidence)
  const fit = Math.max(action, tlp, pap, evidence) <= THREE_BITS && category <= 0xff
  return { fit, flags, degree: confidence, category, day: 0 }
}
