/**
 * The walk over all headers when a folder is opened: a log's head is the end of its unbroken chain,
 * whatever rows lie beyond. Finds missing and damaged rows, which LevelDB itself does not report.
 */
import { isBase, openHeader, type EnvelopeRef } from '../core/envelope.js'
import type { ForkProof } from '../core/fork.js'
import type { AuthorId } from '../core/identity.js'
import type { Loaded } from '../core/store-port.js'
import { logPlace, readHeaderRow } from './rows.js'
import type { Tables } from './tables.js'

export type Refs = Map<AuthorId, Map<number, EnvelopeRef>>

export interface Walked extends Pick<Loaded, 'heads' | 'floors' | 'broken'> {
  /** Every envelope of every chain, by author and seq. */
  readonly refs: Refs
  /** The highest number any readable header has. */
  readonly number: number
}

export async function walkHeaders(
  tables: Tables,
  forks: readonly ForkProof[],
  now: number,
): Promise<Walked> {
  const heads = new Map<AuthorId, EnvelopeRef>()
  const floors = new Map<AuthorId, number>()
  const broken = new Set<AuthorId>()
  const refs: Refs = new Map()
  let number = 0
  const ends = new Map(forks.map(({ author, seq }) => [author, seq]))
  for await (const [key, value] of tables.scanAll('headers', {})) {
    const { author, seq } = logPlace(key)
    const row = value && readHeaderRow(value)
    number = Math.max(number, row?.number ?? 0)
    // What lies at and beyond a fork is kept as evidence only.
    if (broken.has(author) || seq >= (ends.get(author) ?? Infinity)) continue
    const head = heads.get(author)
    const ref = row && follower(row.header, { author, seq }, head, now)
    if (ref === undefined) {
      broken.add(author)
      continue
    }
    // The first row, or a base with which the log begins again.
    if (head === undefined || seq !== head.seq + 1) floors.set(author, seq)
    heads.set(author, ref)
    let log = refs.get(author)
    if (log === undefined) refs.set(author, (log = new Map<number, EnvelopeRef>()))
    log.set(seq, ref)
  }
  return {
    heads: [...heads.values()],
    floors: [...floors].map(([author, seq]) => ({ author, seq })),
    broken: [...broken],
    refs,
    number,
  }
}

/** The row's envelope, if it is the one that follows `head` in its log. */
function follower(
  bytes: Uint8Array,
  place: { readonly author: AuthorId; readonly seq: number },
  head: EnvelopeRef | undefined,
  now: number,
): EnvelopeRef | undefined {
  const header = openHeader(bytes)
  if (!header.ok) return undefined
  const { id, author, seq, prev, time } = header.value
  if (author !== place.author || seq !== place.seq) return undefined
  const first = head === undefined && seq === 1
  const next = head !== undefined && seq === head.seq + 1 && prev === head.id
  // Nothing before a base can matter: not even that it is missing.
  return first || next || isBase(header.value, now) ? { id, author, seq, time } : undefined
}
