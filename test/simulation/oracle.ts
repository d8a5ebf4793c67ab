/**
 * What a node must make of a value, worked out slowly and apart from the code under test: from the
 * envelopes that the node holds, read statement by statement, its roster, the clock, and the tables
 * of DESIGN.md §8 and INDICATORS.md, written down here once more.
 */
import type { Envelope } from '../../src/core/envelope.js'
import type { AuthorId } from '../../src/core/identity.js'
import { DAY_MS, MINUTE_MS } from '../../src/core/limits.js'
import type { Report, Revocation } from '../../src/core/statement.js'
import type { Up } from './node.js'
import { bearingOn, valueOf, type Value } from './values.js'
import type { World } from './world.js'

/** The newest report of one author on one value. */
export interface Live {
  readonly author: AuthorId
  readonly envelope: Envelope
  readonly report: Report
}

/** All that is live at a node, by value. */
export type Known = ReadonlyMap<Value, readonly Live[]>

const OBSERVE = 1
const THROTTLE = 2
const BLOCK = 4
const FLOOR = 60
const QUORUM = 2
const AHEAD_MS = 10 * MINUTE_MS
/** All values of a world may act as `throttle` alone and as `block` together. */
const LIVES_MS = {
  'net.ipv4': 7 * DAY_MS,
  'net.cidr': 30 * DAY_MS,
  'actor.email-domain': 90 * DAY_MS,
}

export function known(world: World, node: Up, now: number): Known {
  const all = new Map<Value, Live[]>()
  for (const author of node.held.authors) {
    if (author !== node.own && !node.trusts.has(author)) continue
    for (const [value, { envelope, statement }] of newest(world, node, author, now)) {
      if (statement.kind !== 'report') continue
      const claims = all.get(value) ?? []
      claims.push({ author, envelope, report: statement })
      all.set(value, claims)
    }
  }
  return all
}

interface Said {
  readonly envelope: Envelope
  readonly statement: Report | Revocation
}

/** What an author said last about each value, among what has not ended. */
function newest(world: World, node: Up, author: AuthorId, now: number): Map<Value, Said> {
  const said = new Map<Value, Said>()
  for (const { id } of node.held.log(author)) {
    // Whoever has dropped the payload: the statements are as they were.
    const envelope = world.book.get(id)!
    if (envelope.expires <= now) continue
    for (const statement of envelope.statements) {
      if (statement.kind !== 'report' && statement.kind !== 'revocation') continue
      if (statement.kind === 'revocation' && statement.author !== null) continue
      if (statement.until > now) said.set(valueOf(statement), { envelope, statement })
    }
  }
  return said
}

/** The action on `asked` at `now`, by its code, of what is `known`. */
export function actionOn(node: Up, known: Known, asked: Value, now: number): number {
  const actions = bearingOn(asked).map((value) => actionOfOne(node, known, value, now))
  return Math.max(...actions)
}

/** By what is said about one value alone. */
function actionOfOne(node: Up, known: Known, value: Value, now: number): number {
  const supports: number[] = []
  let highest = 0
  for (const live of known.get(value) ?? []) {
    const ends = Math.min(live.report.until, live.envelope.time + LIVES_MS[value.type])
    if (now < live.envelope.time - AHEAD_MS || now >= ends) continue
    const { alone, support } = weightOf(node, live)
    highest = Math.max(highest, alone)
    if (support > 0) supports.push(support)
  }
  // Members of a world have one key each, so every report is another member's.
  const together = supports.sort((a, b) => b - a)[QUORUM - 1] ?? 0
  return Math.max(highest, together)
}

function weightOf(node: Up, { author, report }: Live): { alone: number; support: number } {
  const { state } = node.run
  const { action, confidence, firstHand, pap, tlp } = report
  const isOwn = author === node.own
  const isWatched =
    state.forks.has(author) ||
    !firstHand ||
    pap <= 2 || // red and amber
    tlp === 1 || // red
    (!isOwn && confidence < FLOOR)
  if (isWatched) return { alone: OBSERVE, support: 0 }
  if (isOwn) return { alone: Math.min(action, BLOCK), support: 0 }
  if (node.trusts.get(author) === 'observe') return { alone: OBSERVE, support: 0 }
  return { alone: Math.min(action, THROTTLE), support: Math.min(action, BLOCK) }
}

/** Whether a report that bears on `asked` begins to act only later. */
export function hasYetToAct(known: Known, asked: Value, now: number): boolean {
  return bearingOn(asked).some((value) =>
    (known.get(value) ?? []).some(({ envelope }) => now < envelope.time - AHEAD_MS),
  )
}
