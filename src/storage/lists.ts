/** What is read whole on open: this node's own lists, sums, and what is known of forked logs. */
import { openFork, type ForkProof } from '../core/fork.js'
import { OWN_TABLES, type OwnChange } from '../core/own-rows.js'
import type {
  ForkRevocation,
  Loaded,
  Spoken,
  SumChange,
  VoidCountsByCode,
  VoidRow,
} from '../core/store-port.js'
import {
  claimPlace,
  damaged,
  logPlace,
  numberKey,
  numberOf,
  readJsonRow,
  sumPlace,
} from './rows.js'
import type { Stopped } from '../core/stopped.js'
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

/** Which token said what of our own envelopes, from a number on. */
export async function readSpoken(tables: Tables, from: number, limit: number): Promise<Spoken[]> {
  const spoken: Spoken[] = []
  for await (const [key, value] of tables.scan('spoken', { gte: numberKey(from), limit })) {
    spoken.push({ seq: numberOf(key), runs: readJsonRow(value) as Spoken['runs'] })
  }
  return spoken
}

export async function readStopped(tables: Tables, range: object): Promise<Stopped[]> {
  const found: Stopped[] = []
  for await (const [, value] of tables.scan('stopped', range)) {
    found.push(readJsonRow(value) as Stopped)
  }
  return found
}

/** `number`: the last one that the change feed has. */
export async function readLists(
  tables: Tables,
): Promise<Pick<Loaded, 'own' | 'sums' | 'forkRevocations' | 'voids' | 'number' | 'stopped'>> {
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
  const voids: VoidRow[] = []
  for await (const [key, value] of tables.scan('voids')) {
    voids.push({ ...logPlace(key), counts: readJsonRow(value) as VoidCountsByCode })
  }
  for await (const [key] of tables.scan('feed', { reverse: true, limit: 1 })) {
    number = numberOf(key)
  }
  const [stopped] = await readStopped(tables, { reverse: true, limit: 1 })
  const newest = stopped === undefined ? {} : { stopped }
  return { number, own, sums, forkRevocations, voids, ...newest }
}
