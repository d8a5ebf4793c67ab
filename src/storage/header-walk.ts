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
}

export async function walkHeaders(
  tables: Tables,
  forks: readonly ForkProof[],
  now: number,
): Promise<Walked> {
  const heads = new Map<AuthorId, EnvelopeRef>()
  const floors: { author: AuthorId; seq: number }[] = []
  const broken = new Set<AuthorId>()
  const refs: Refs = new Map()
  const ends = new Map(forks.map(({ author, seq }) => [author, seq]))
  for await (const [key, value] of tables.scanAll('headers', {})) {
    const { author, seq } = logPlace(key)
    // What lies at and beyond a fork is kept as evidence only.
    if (broken.has(author) || seq >= (ends.get(author) ?? Infinity)) continue
    const head = heads.get(author)
    const ref = value && follower(value, { author, seq }, head, now)
    if (ref === undefined) {
      broken.add(author)
      continue
    }
    if (head === undefined) floors.push({ author, seq })
    heads.set(author, ref)
    let log = refs.get(author)
    if (log === undefined) refs.set(author, (log = new Map<number, EnvelopeRef>()))
    log.set(seq, ref)
  }
  return { heads: [...heads.values()], floors, broken: [...broken], refs }
}

/** The row's envelope, if it is the one that follows `head` in its log. */
function follower(
  value: Uint8Array,
  place: { readonly author: AuthorId; readonly seq: number },
  head: EnvelopeRef | undefined,
  now: number,
): EnvelopeRef | undefined {
  const row = readHeaderRow(value)
  const header = row && openHeader(row.header)
  if (header?.ok !== true) return undefined
  const { id, author, seq, prev, time } = header.value
  if (author !== place.author || seq !== place.seq) return undefined
  const follows =
    head === undefined
      ? seq === 1 || isBase(header.value, now)
      : seq === head.seq + 1 && prev === head.id
  return follows ? { id, author, seq, time } : undefined
}
