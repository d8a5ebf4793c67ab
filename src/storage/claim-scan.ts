/**
 * A walk over the claim rows and their sums as of one moment, whatever is committed meanwhile. A
 * row says of its envelope only the number; that is all a sum needs.
 */
import type { ClaimEntry } from '../core/claims.js'
import { envelopeIdOf } from '../core/identity.js'
import type { ClaimScan } from '../core/store-port.js'
import { claimPlace, readClaimRow } from './rows.js'
import type { Tables } from './tables.js'

const PAGE_BYTES = 64 << 10
/** In place of what a row does not hold. */
const NO_ID = envelopeIdOf(new Uint8Array(32))

export async function* scanClaims(tables: Tables): AsyncGenerator<ClaimScan> {
  let page = { bytes: 0, entries: [] as ClaimEntry[], damaged: false }
  for await (const [key, value] of tables.scanAll('claims', {})) {
    const entries = value && entriesOf(key, value)
    page.bytes += key.length + (value?.length ?? 0)
    if (entries === undefined) page.damaged = true
    else page.entries.push(...entries)
    if (page.bytes < PAGE_BYTES) continue
    yield page
    page = { bytes: 0, entries: [], damaged: false }
  }
  for await (const [key, value] of tables.scanAll('sums', {})) {
    page.bytes += key.length
    if (value === undefined) page.damaged = true
  }
  yield page
}

function entriesOf(key: Buffer, value: Buffer): readonly ClaimEntry[] | undefined {
  const { author } = claimPlace(key)
  return readClaimRow(value, (seq) => ({ id: NO_ID, author, seq, time: 0 }))
}
