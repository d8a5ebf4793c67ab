/**
 * What a lab took back never returns, and a correction with a shorter life never lets the longer
 * one return: whatever the order in which its statements are folded, however often each, and
 * whatever is pruned once it has ended. The statements are those our own voice would make.
 */
import assert from 'node:assert/strict'
import { claimAt, endOf, take, type ClaimEntry, type Staircase } from '../../src/core/claims.js'
import { DAY_MS } from '../../src/core/limits.js'
import { authorNamed, entry, report, revocation, T0 } from '../support/samples.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures } from '../support/soak-run.js'

export interface RetractionOptions {
  readonly seed: number
  readonly replays: number
}

const { author } = authorNamed('lab')
const HISTORIES = 200
const STEPS_MAX = 6

interface History {
  readonly entries: readonly ClaimEntry[]
  /** What was said last; undefined: it was taken back. */
  readonly last: ClaimEntry | undefined
}

/** Reports, corrections and retractions of one value, as the rules of our own door write them. */
function history(chance: Random): History {
  const entries: ClaimEntry[] = []
  let mine: Staircase = []
  let last: ClaimEntry | undefined
  const say = (statement: ClaimEntry['statement']): ClaimEntry => {
    const made = entry(author, entries.length + 1, 0, statement)
    entries.push(made)
    mine = take(mine, made)
    return made
  }
  const steps = 2 + chance.below(STEPS_MAX - 1)
  for (let step = 0; step < steps; step++) {
    const end = endOf(mine)
    if (last !== undefined && chance.chance(0.4)) {
      say(revocation({ until: end }))
      last = undefined
      continue
    }
    const until = T0 + DAY_MS * (1 + chance.below(20))
    if (until < end) say(revocation({ until: end, reason: 6 }))
    last = say(report({ until, confidence: chance.below(101) }))
  }
  return { entries, last }
}

function replay({ entries, last }: History, chance: Random): void {
  const now = T0 + Math.floor(DAY_MS * 22 * (chance.below(1_000) / 1_000))
  const shuffled = [...entries, ...entries.filter(() => chance.chance(0.3))]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = chance.below(i + 1)
    const held = shuffled[i]!
    shuffled[i] = shuffled[j]!
    shuffled[j] = held
  }
  // A late joiner may find what has ended gone, each payload by itself.
  const found = shuffled.filter(({ statement }) => statement.until > now || chance.chance(0.5))
  const staircase = found.reduce(take, [] as Staircase)
  const claim = claimAt(staircase, now)
  const expected = last !== undefined && last.statement.until > now ? last : undefined
  assert.equal(claim?.envelope.seq, expected?.envelope.seq, JSON.stringify({ now, entries }))
}

export function retraction({ seed, replays }: RetractionOptions): Promise<Figures> {
  const chance = new Random(seed)
  const histories = Array.from({ length: HISTORIES }, () => history(chance))
  let revoked = 0
  for (let i = 0; i < replays; i++) {
    const one = histories[i % HISTORIES]!
    if (one.last === undefined) revoked++
    replay(one, chance)
  }
  return Promise.resolve({ replays, histories: HISTORIES, revoked, revived: 0 })
}

await runSoak(import.meta.url, 'retraction', ({ seed }) => {
  return retraction({ seed, replays: 1_000_000 })
})
