/**
 * The program that is killed: a node without network on a folder. It says what it found when it
 * opened, then reports and takes in another author's envelopes as fast as it can, and tells of each
 * only after the promise has resolved. Arguments: folder, round, the first seq to list of each log,
 * `verify` or ``.
 */
import { setImmediate as turn } from 'node:timers'
import { open, openHeader } from '../../src/core/envelope.js'
import type { AuthorId, EnvelopeId } from '../../src/core/identity.js'
import type { ItemResult, VerifyReport } from '../../src/core/ports.js'
import { openDiskLab, type DiskLab } from '../support/disk-lab.js'
import { ownOf } from '../support/lab.js'

export type Place = readonly [seq: number, id: EnvelopeId]

export type Told =
  | {
      readonly kind: 'opened'
      readonly doubt: string | undefined
      readonly broken: readonly AuthorId[]
      readonly silence: string | undefined
      readonly own: readonly Place[]
      readonly foreign: readonly Place[]
      readonly report: VerifyReport | undefined
    }
  | { readonly kind: 'published'; readonly place: Place }
  | { readonly kind: 'said'; readonly results: readonly ItemResult[] }
  | { readonly kind: 'took'; readonly id: EnvelopeId }

/** What one round of the program may say at most; bounds the values of the next. */
export const VALUES_PER_ROUND = 4096
const ITEMS_MAX = 12

export function ownValue(n: number): string {
  return `45.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
}

function tell(told: Told): void {
  process.send!(told)
}

async function placesOf(lab: DiskLab, author: AuthorId, from: number): Promise<Place[]> {
  const rows = await lab.store.logRows(author, from, Number.MAX_SAFE_INTEGER, Infinity)
  return rows.map((row) => {
    const header = openHeader(row.header)
    if (!header.ok) throw new Error(`a header of the log does not open: ${header.code}`)
    return [header.value.seq, header.value.id]
  })
}

async function speak(lab: DiskLab, first: number, end: number): Promise<void> {
  for (let n = first; n < end;) {
    const count = Math.min(1 + (n % ITEMS_MAX), end - n)
    const items = Array.from({ length: count }, () => ({ type: 'ip', value: ownValue(n++) }))
    tell({ kind: 'said', results: await lab.voice.report(items) })
  }
}

function takeIn(lab: DiskLab, envelopes: readonly string[]): void {
  const origin = { via: 'catch-up', from: ownOf('other') } as const
  for (const text of envelopes) {
    const judgement = lab.intake.accept(Buffer.from(text, 'base64'), origin)
    void judgement.committed.then((outcome) => {
      if (outcome.status === 'accepted') tell({ kind: 'took', id: outcome.id })
    })
  }
}

async function main(): Promise<void> {
  const [data, round, ownFrom, foreignFrom, verify] = process.argv.slice(2) as string[]
  const lab = await openDiskLab(data!, 'own', (bytes) => {
    const opened = open(bytes)
    if (!opened.ok) throw new Error(`published what does not open: ${opened.code}`)
    tell({ kind: 'published', place: [opened.value.seq, opened.value.id] })
    return Promise.resolve(1)
  })
  const other = ownOf('other')
  if (lab.state.roster.memberOf(other) === undefined) {
    await lab.admit('Other', 'corroborate', 'member', 'other')
  }
  tell({
    kind: 'opened',
    doubt: lab.doubt,
    broken: lab.broken,
    silence: lab.voice.silence(),
    own: await placesOf(lab, lab.own, Number(ownFrom)),
    foreign: await placesOf(lab, other, Number(foreignFrom)),
    report: verify === 'verify' ? await lab.upkeep.verify() : undefined,
  })
  // A few at a time, so that the two authors' envelopes share commits.
  process.on('message', (envelopes: string[]) => {
    const next = (): void => {
      takeIn(lab, envelopes.splice(0, 3))
      if (envelopes.length > 0) turn(next)
    }
    next()
  })
  const base = Number(round) * VALUES_PER_ROUND
  const half = base + VALUES_PER_ROUND / 2
  await Promise.all([speak(lab, base, half), speak(lab, half, base + VALUES_PER_ROUND)])
}

// A parent imports the types and values above; only a child has somebody to tell.
if (process.argv[1]?.includes('crash-child') === true && process.send !== undefined) await main()
