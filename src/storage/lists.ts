/** What is read whole on open: this node's own lists, sums, and what is known of forked logs. */
import { openFork, type ForkProof } from '../core/fork.js'
import { OWN_TABLES, type OwnChange } from '../core/own-rows.js'
import type { ForkRevocation, Loaded, SumChange } from '../core/store-port.js'
import { claimPlace, damaged, numberOf, readJsonRow, sumPlace } from './rows.js'
import type { Tables } from './tables.js'

export async function readForks(tables: Tables): Promise<ForkProof[]> {
  const forks: ForkProof[] = []
  for await (const [, value] of tables.scan('forks')) {
    const proof = openFork(new Uint8Array(value))
    if (proof === undefined) throw damaged('a fork proof')
    forks.push(proof)
  }
  return forks
}

/** `number`: the last one that the change feed has. */
export async function readLists(
  tables: Tables,
): Promise<Pick<Loaded, 'own' | 'sums' | 'forkRevocations' | 'number'>> {
  const forkRevocations: ForkRevocation[] = []
  const own: OwnChange[] = []
  const sums: SumChange[] = []
  let number = 0
  for await (const [key] of tables.scan('fork-revocations')) forkRevocations.push(claimPlace(key))
  for (const table of OWN_TABLES) {
    for await (const [key, value] of tables.scan(table)) {
      own.push({ table, name: key.toString(), row: readJsonRow(value) } as OwnChange)
    }
  }
  for await (const [key, value] of tables.scan('sums')) {
    sums.push({ ...sumPlace(key), lanes: new Uint32Array(new Uint8Array(value).buffer) })
  }
  for await (const [key] of tables.scan('feed', { reverse: true, limit: 1 })) {
    number = numberOf(key)
  }
  return { number, own, sums, forkRevocations }
}
