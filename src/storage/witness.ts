/**
 * What LevelDB loses without a word, made visible. Every commit also writes
 *  - the head of each log it goes on with: rows beyond it belong to no claim, rows missing below it
 *    are a break, a log of which nothing is left was there;
 *  - one sum over this node's own lists and the fork proofs, because a member or a proof that is
 *    simply gone would change verdicts.
 * A later commit so bears witness to every earlier one.
 */
import { createHash } from 'node:crypto'
import { decode, encode, type Cbor } from '../core/canonical.js'
import type { EnvelopeRef } from '../core/envelope.js'
import type { Head } from '../core/heads.js'
import { authorOf, bytesOf, envelopeIdOf, type AuthorId } from '../core/identity.js'
import { OWN_TABLES } from '../core/own-rows.js'
import type { Changes } from '../core/store-port.js'
import type { Walked } from './header-walk.js'
import { damaged, forkRevocationKey, jsonRow } from './rows.js'
import type { Operation, TableName, Tables } from './tables.js'

const LISTS: readonly TableName[] = [...OWN_TABLES, 'forks', 'fork-revocations']
const SUM = Buffer.from('lists')
/** LevelDB drops at most one block of its log (32 KiB) for one damaged byte. */
const FILLER = Buffer.from('filler')
const FILLER_BYTES = 33 << 10

type End = Pick<Head, 'author' | 'seq' | 'id'>
/**
 * The end of a log that forked below the first number held: rows may lie there, from before an old
 * base, that count no more.
 */
const NOTHING = { seq: 0, id: envelopeIdOf(new Uint8Array(32)) } as const

export class Witness {
  /** SHA-256 of each row of the lists, by table and key. */
  #lists: ReadonlyMap<string, string> = new Map()
  /** `sumOf` the lists: every commit writes it, few change it. */
  #sum = sumOf(this.#lists)
  #ends: ReadonlyMap<AuthorId, End> = new Map()
  /** Why the claims cannot be trusted, if so. */
  doubt: string | undefined

  /**
   * Compares what was found with what was written; takes back from `walked` what is not covered.
   */
  async check(tables: Tables, walked: Walked): Promise<Walked> {
    this.#take(await rowsOf(tables))
    const ends = await endsOf(tables)
    const sum = await tables.get('witness', SUM)
    if (!(sum === undefined ? ends.size + walked.number === 0 : sum.equals(this.#sum))) {
      throw damaged('this node’s own lists or the fork proofs are not those that were written')
    }
    const heads: EnvelopeRef[] = []
    const broken = new Set(walked.broken)
    this.doubt = undefined
    for (const head of walked.heads) {
      const end = ends.get(head.author)
      if (end === undefined) this.doubt = 'how far a log had come is not known'
      if (end?.seq === NOTHING.seq) {
        walked.refs.delete(head.author)
        continue
      }
      const covered = end === undefined ? head : covering(walked, head, end)
      if (covered !== undefined) heads.push(covered)
      if (end !== undefined && covered?.id !== end.id) broken.add(head.author)
    }
    const found = new Set(walked.heads.map(({ author }) => author))
    const nothing = [...ends].filter(([, { seq }]) => seq === NOTHING.seq)
    for (const [author, { seq }] of ends) {
      if (seq !== NOTHING.seq && !found.has(author)) broken.add(author)
    }
    this.#ends = new Map([...nothing, ...heads.map((head) => [head.author, head] as const)])
    const held = new Set(heads.map(({ author }) => author))
    const floors = walked.floors.filter(({ author }) => held.has(author))
    return { ...walked, heads, floors, broken: [...broken] }
  }

  /** Rows to go with a commit, and what is to be called once it is durable. */
  on(tables: Tables, changes: Changes): { operations: Operation[]; committed: () => boolean } {
    const ends = new Map(this.#ends)
    const operations: Operation[] = []
    for (const { envelope } of changes.envelopes) ends.set(envelope.author, envelope)
    for (const { proof, head } of changes.forks) {
      ends.set(proof.author, head ?? { author: proof.author, ...NOTHING })
    }
    for (const [author, end] of ends) {
      if (this.#ends.get(author) !== end) operations.push(endRow(tables, end))
    }
    const lists = changed(this.#lists, changes)
    const isNew = lists !== this.#lists
    const sum = isNew ? sumOf(lists) : this.#sum
    operations.push(tables.put('witness', SUM, sum))
    const committed = (): boolean => {
      this.#ends = ends
      this.#lists = lists
      this.#sum = sum
      return isNew
    }
    return { operations, committed }
  }

  /**
   * After a change of the lists: the sum once more, further away in LevelDB's own log than one
   * damaged byte reaches, so that the last change of all has a witness, too.
   */
  again(tables: Tables): readonly Operation[][] {
    const filler = tables.put('witness', FILLER, Buffer.alloc(FILLER_BYTES))
    return [[filler], [tables.put('witness', SUM, this.#sum)]]
  }

  #take(lists: ReadonlyMap<string, string>): void {
    this.#lists = lists
    this.#sum = sumOf(lists)
  }

  /** All ends anew, for claims that were made from exactly these logs. */
  ends(tables: Tables): Operation[] {
    return [...this.#ends.values()].map((end) => endRow(tables, end))
  }

  /**
   * A commit that failed may be on disk after all once the database is reopened. Answers the sum
   * over what is there now, after a failure between list and sum.
   */
  async reopened(tables: Tables): Promise<Operation[]> {
    this.#take(await rowsOf(tables))
    return [tables.put('witness', SUM, this.#sum), ...this.ends(tables)]
  }
}

/** The end of the log that is covered by claims: `end`, unless the chain does not reach it. */
function covering(walked: Walked, head: EnvelopeRef, end: End): EnvelopeRef | undefined {
  if (end.seq >= head.seq) return head
  const refs = walked.refs.get(head.author)!
  const ref = refs.get(end.seq)
  for (const seq of refs.keys()) if (seq > end.seq) refs.delete(seq)
  return ref
}

function sumOf(lists: ReadonlyMap<string, string>): Buffer {
  const lines = [...lists].map(([place, hash]) => `${place} ${hash}`).sort()
  return createHash('sha256').update(lines.join('\n')).digest()
}

function placeOf(table: TableName, key: Uint8Array): string {
  return `${table}/${Buffer.from(key).toString('hex')}`
}

function hashOf(value: Uint8Array): string {
  return createHash('sha256').update(value).digest('hex')
}

async function rowsOf(tables: Tables): Promise<Map<string, string>> {
  const lists = new Map<string, string>()
  for (const table of LISTS) {
    for await (const [key, value] of tables.scan(table)) {
      lists.set(placeOf(table, key), hashOf(value))
    }
  }
  return lists
}

/** The lists after a commit; the same object where it does not touch them. */
function changed(
  lists: ReadonlyMap<string, string>,
  { own, forks, forkRevocations }: Changes,
): ReadonlyMap<string, string> {
  if (own.length + forks.length + forkRevocations.length === 0) return lists
  const after = new Map(lists)
  for (const { change } of own) {
    const place = placeOf(change.table, Buffer.from(change.name))
    if (change.row === null) after.delete(place)
    else after.set(place, hashOf(jsonRow(change.row)))
  }
  for (const { proof } of forks) {
    after.set(placeOf('forks', bytesOf(proof.author)), hashOf(proof.bytes))
  }
  for (const revocation of forkRevocations) {
    const place = placeOf('fork-revocations', forkRevocationKey(revocation))
    after.set(place, hashOf(new Uint8Array()))
  }
  return after
}

function endRow(tables: Tables, { author, seq, id }: End): Operation {
  return tables.put('ends', Buffer.from(bytesOf(author)), encode([seq, bytesOf(id)]))
}

async function endsOf(tables: Tables): Promise<Map<AuthorId, End>> {
  const ends = new Map<AuthorId, End>()
  for await (const [key, value] of tables.scan('ends')) {
    const [seq, id] = decode(value) as readonly Cbor[]
    const author = authorOf(key)
    ends.set(author, { author, seq: seq as number, id: envelopeIdOf(id as Uint8Array) })
  }
  return ends
}
