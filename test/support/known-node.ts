/**
 * A folder whose every answer is known: a node that spoke, heard two members and one that forked,
 * and was stopped a few times, so that rows lie in tables and in the newest log file. Copies of it
 * are damaged by the soaks; what is then missing is handed over as a peer would.
 */
import assert from 'node:assert/strict'
import { openHeader, seal, toBytes } from '../../src/core/envelope.js'
import { OPEN_FEDERATION, type AuthorId, type EnvelopeId } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import { openDiskLab, type DiskLab } from './disk-lab.js'
import { hand, NOW, openLab, ownOf, seedOf, type Lab } from './lab.js'
import type { Random } from './random.js'
import { report } from './samples.js'

export const TIME = { now: NOW }
const KEYS = 240
/** With one session everything lies in the log file, with more of them most of it in tables. */
const SESSIONS_MAX = 4
const ENVELOPES_PER_SESSION = 30

/** Everything somebody may ask of a node and the answer. */
export interface Answers {
  readonly verdicts: ReadonlyMap<string, string>
  readonly heads: ReadonlyMap<AuthorId, number>
  readonly hashes: string
  readonly lists: string
}

export interface Known {
  readonly folder: string
  readonly answers: Answers
  /** Every log as wire bytes and ids, from 1 on. */
  readonly logs: ReadonlyMap<AuthorId, readonly Uint8Array[]>
  readonly ids: ReadonlyMap<AuthorId, readonly EnvelopeId[]>
}

const valueOf = (key: number): string => `45.0.${key >> 8}.${key & 255}`

export function openKnown(folder: string): Promise<DiskLab> {
  return openDiskLab(folder, 'own', undefined, TIME)
}

async function speak(lab: Lab, chance: Random): Promise<void> {
  const value = valueOf(chance.below(KEYS))
  const revoked = chance.chance(0.2)
    ? await lab.voice.revoke([{ type: 'ip', value, reason: 'false-positive' }])
    : []
  if (revoked[0]?.status === 'accepted') return
  const items = Array.from({ length: chance.between(1, 8) }, () => ({
    type: 'ip',
    value: valueOf(chance.below(KEYS)),
    confidence: chance.between(30, 100),
    action: chance.pick(['observe', 'challenge', 'throttle', 'block']),
    ttl: `${chance.between(30, 160)}h`,
  }))
  await lab.voice.report(items)
}

/**
 * A member that says one thing and then two of one number: its one report acts as `observe` alone.
 */
async function forkIn(lab: Lab): Promise<void> {
  const author = ownOf('forker')
  const say = (seq: number, prev: EnvelopeId | null, key: number) => {
    const said = report({ value: valueOf(key), until: NOW + 20 * DAY_MS })
    const place = { networkId: OPEN_FEDERATION.networkId, seq, prev, time: NOW }
    return seal(place, [said], seedOf('forker'), author)
  }
  const first = say(1, null, KEYS - 1)
  for (const envelope of [first, say(2, first.id, 1), say(2, first.id, 2)]) {
    await lab.intake.accept(toBytes(envelope), { via: 'gossip', from: author }).committed
  }
  assert.ok(lab.state.forks.has(author))
}

async function admitAll(lab: Lab): Promise<void> {
  await lab.admit('Lab B', 'trusted', 'member', 'b')
  await lab.admit('Lab C', 'corroborate', 'member', 'c')
  await lab.admit('Forker', 'trusted', 'member', 'forker')
  await lab.addToken({ name: 'gw', role: 'gateway', hash: 'ab', createdMs: NOW })
}

/** The folder is closed when it is handed back; its last session lies in the log file alone. */
export async function makeKnown(folder: string, chance: Random): Promise<Known> {
  const peers = [await openLab('b', { time: TIME }), await openLab('c', { time: TIME })]
  const sessions = chance.between(1, SESSIONS_MAX)
  for (let session = 1; ; session++) {
    const lab = await openKnown(folder)
    if (session === 1) await admitAll(lab)
    for (let i = 0; i < ENVELOPES_PER_SESSION; i++) {
      await speak(lab, chance)
      for (const peer of peers) {
        await speak(peer, chance)
        await hand(peer, lab)
      }
    }
    if (session === 1) await forkIn(lab)
    // Now and then a change of the lists is the very last thing that was written.
    if (session === sessions && chance.chance(0.3)) await lab.admit('Late', 'trusted')
    const known = session === sessions ? await knownOf(folder, lab) : undefined
    await lab.close()
    if (known !== undefined) return known
  }
}

async function knownOf(folder: string, lab: Lab): Promise<Known> {
  const logs = new Map<AuthorId, Uint8Array[]>()
  const ids = new Map<AuthorId, EnvelopeId[]>()
  for (const [author, { seq }] of lab.state.heads) {
    const rows = await lab.store.logRows(author, 1, seq, Infinity)
    const wires = rows.map(toBytes)
    logs.set(author, wires)
    ids.set(
      author,
      rows.map((row) => idOf(row.header)),
    )
  }
  assert.ok((await lab.upkeep.verify()).ok)
  return { folder, answers: answersOf(lab), logs, ids }
}

export function idOf(header: Uint8Array): EnvelopeId {
  const opened = openHeader(header)
  if (!opened.ok) throw new Error(opened.code)
  return opened.value.id
}

export function answersOf(lab: Lab): Answers {
  const verdicts = new Map<string, string>()
  for (let key = 0; key < KEYS; key++) {
    const value = valueOf(key)
    const { reasons, decisionId, ...verdict } = lab.check('ip', value)
    assert.ok(decisionId.length > 0) // another one each time
    // Their order is that in which claims came to be known, which is another one after a restart.
    const sorted = reasons.map((reason) => JSON.stringify(reason)).sort()
    // A decision id is another one each time.
    verdicts.set(value, JSON.stringify([{ ...verdict, decisionId: '' }, sorted]))
  }
  const ends = [...lab.state.heads].map(([author, { seq }]) => [author, seq] as const)
  const heads = new Map(ends.sort())
  const { roster, forks } = lab.state
  const tokens = [...lab.state.lists.of('tokens').values()]
  // In the order of the rows once the folder was opened again.
  const members = [...roster.members].sort((one, other) => (one.name < other.name ? -1 : 1))
  return {
    verdicts,
    heads,
    hashes: `${lab.state.logHash} ${lab.state.stateHash(NOW)}`,
    lists: JSON.stringify([members, tokens, [...forks.keys()]]),
  }
}

/** Hands over what a peer holds and the lab lacks. */
export async function handKnown(known: Known, lab: Lab): Promise<number> {
  let handed = 0
  for (const [author, wires] of known.logs) {
    const have = lab.state.heads.get(author)?.seq ?? 0
    const origin = { via: 'catch-up', from: ownOf('b') } as const
    const judgements = wires.slice(have).map((wire) => lab.intake.accept(wire, origin))
    for (const { committed } of judgements) {
      const outcome = await committed
      assert.equal(outcome.status, 'accepted')
    }
    handed += judgements.length
  }
  return handed
}
