/**
 * The part of catch-up that makes forks known: hands over proofs that one side lacks, finds by bisection
 * where two histories of one author part, and hands over the envelopes that prove it. Stands in for the
 * FORK message; every envelope still enters by the one door.
 */
import { openHeader, toBytes } from '../../src/core/envelope.js'
import type { AuthorId, EnvelopeId } from '../../src/core/identity.js'
import type { LogRow } from '../../src/core/ports.js'
import type { Run } from './run.js'

export async function handOverForks(one: Run, other: Run): Promise<void> {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    for (const proof of [...from.state.forks.values()]) {
      await to.accept(proof.bytes, { via: 'catch-up', from: from.state.own }).committed
    }
  }
  for (const author of [...one.state.heads.keys()]) {
    if (!exchanges(one, author) || !exchanges(other, author)) continue
    const seq = await firstDifference(one, other, author)
    if (seq === undefined) continue
    const theirs = await rowAt(other, author, seq)
    await one.accept(toBytes(theirs!), { via: 'catch-up', from: other.state.own }).committed
    const proof = one.state.forks.get(author)
    if (proof === undefined) continue
    await other.accept(proof.bytes, { via: 'catch-up', from: one.state.own }).committed
  }
}

function exchanges(run: Run, author: AuthorId): boolean {
  return author === run.state.own || run.state.roster.memberOf(author) !== undefined
}

async function rowAt(run: Run, author: AuthorId, seq: number): Promise<LogRow | undefined> {
  return (await run.store.logRows(author, seq, seq, 1))[0]
}

async function idAt(run: Run, author: AuthorId, seq: number): Promise<EnvelopeId | undefined> {
  const row = await rowAt(run, author, seq)
  const header = row && openHeader(row.header)
  return header?.ok ? header.value.id : undefined
}

/** A chain that agrees at one place agrees at all before it. */
async function firstDifference(
  one: Run,
  other: Run,
  author: AuthorId,
): Promise<number | undefined> {
  if (one.state.heads.get(author)?.id === other.state.heads.get(author)?.id) return undefined
  const floor = Math.max(one.state.floorOf(author), other.state.floorOf(author))
  const ends = [one, other].map((run) => run.state.heads.get(author)?.seq ?? 0)
  const differs = async (seq: number) =>
    (await idAt(one, author, seq)) !== (await idAt(other, author, seq))
  let [low, high] = [floor, Math.min(...ends)]
  if (high < low || !(await differs(high))) return undefined
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await differs(middle)) high = middle
    else low = middle + 1
  }
  return low
}
