/**
 * Three labs say all four kinds of statements for two months, through their own voices. Whoever
 * hears it, in whatever order, with copies, all of it or what a pruned log still has, comes to the
 * same claims and the same verdicts; and a member that is removed might as well never have spoken.
 */
import assert from 'node:assert/strict'
import { open, toBytes } from '../../src/core/envelope.js'
import { dayOf } from '../../src/core/heads.js'
import type { AuthorId } from '../../src/core/identity.js'
import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.js'
import { hand, memoryDatabase, NOW, openLab, type Lab, type LabOptions } from '../support/lab.js'
import { Random } from '../support/random.js'

const first = Number(process.env['SEED'] ?? 20261123)
const SEEDS = Array.from({ length: 4 }, (_, i) => first + i)
/** Days apart, so that much of it is over and dropped; then minutes, so that much of it meets. */
const STEPS = { days: 50, minutes: 30 }
const MEMBERS = ['b', 'c', 'd'] as const
const VALUES = [
  ['ip', '45.0.0.1'],
  ['ip', '45.0.0.2'],
  ['ip', '45.0.0.0/24'],
  ['domain', 'actor.example.net'],
  ['email-domain', 'throwaway.example.net'],
] as const

interface Wire {
  readonly bytes: Uint8Array
  readonly author: AuthorId
}

/** Takes part in nothing: it hears. */
async function listener(name: string, options: LabOptions, heard: readonly string[] = MEMBERS) {
  const lab = await openLab(name, options)
  for (const member of heard) await lab.admit(`Lab ${member}`, 'corroborate', 'member', member)
  return lab
}

async function speak(lab: Lab, chance: Random): Promise<void> {
  const [type, value] = chance.pick(VALUES)
  const kind = chance.weighted({ report: 5, revoke: 2, sight: 2, dispute: 3, withdraw: 1 })
  const member = chance.chance(0.5) ? `Lab ${chance.pick(MEMBERS)}` : undefined
  const named = { type, value, ...(member === undefined ? {} : { member }) }
  if (kind === 'report') {
    const ttl = `${chance.between(1, 160)}h`
    const action = chance.pick(['observe', 'throttle', 'block'] as const)
    const confidence = chance.between(50, 100)
    await lab.voice.report([{ type, value, ttl, action, confidence }])
  } else if (kind === 'revoke') await lab.voice.revoke([{ type, value, reason: 'no-longer-seen' }])
  else if (kind === 'sight') await lab.voice.sight([{ type, value, count: '5-19' }])
  else {
    const reason = kind === 'dispute' ? chance.pick(['stale', 'wrong-value']) : 'withdrawn'
    await lab.voice.dispute([{ ...named, reason }])
  }
}

/** The labs' two months, heard by `witness` as they pass, who forgets what it may. */
async function live(chance: Random, time: { now: number }, witness: Lab): Promise<Lab[]> {
  const labs: Lab[] = []
  for (const name of MEMBERS) {
    const others = MEMBERS.filter((other) => other !== name)
    labs.push(await listener(name, { time, organisation: `Lab ${name}` }, others))
  }
  for (let step = 0; step < STEPS.days + STEPS.minutes; step++) {
    for (const lab of labs) {
      await speak(lab, chance)
      for (const other of [...labs, witness]) if (other !== lab) await hand(lab, other)
    }
    time.now += step < STEPS.days ? chance.between(1, 2 * 24) * HOUR_MS : MINUTE_MS
    if (chance.chance(0.3)) await witness.expiry.sweep()
  }
  await witness.expiry.sweep()
  return labs
}

async function wires(lab: Lab, authors: readonly AuthorId[]): Promise<Wire[]> {
  const all: Wire[] = []
  for (const author of authors) {
    const floor = lab.state.floorOf(author)
    const rows = await lab.store.logRows(author, floor, Number.MAX_SAFE_INTEGER, Infinity)
    all.push(...rows.map((row) => ({ bytes: toBytes(row), author })))
  }
  return all
}

/** Offers everything in a new order until all of it has been taken; gaps are asked for again. */
async function offer(lab: Lab, all: readonly Wire[], chance: Random): Promise<void> {
  let left: readonly Wire[] = all
  while (left.length > 0) {
    const order = [...left]
    for (let i = order.length - 1; i > 0; i--) {
      const j = chance.below(i + 1)
      ;[order[i], order[j]] = [order[j]!, order[i]!]
    }
    const missing: Wire[] = []
    for (const wire of order) {
      const { committed } = lab.intake.accept(wire.bytes, { via: 'gossip', from: wire.author })
      const outcome = await committed
      if (outcome.status === 'ignored') {
        assert.equal(outcome.code, 'gap')
        missing.push(wire)
      } else assert.notEqual(outcome.status, 'refused')
    }
    assert.ok(missing.length < left.length)
    left = missing
  }
  await offerAgain(lab, chance.some(all, 0.1))
}

async function offerAgain(lab: Lab, copies: readonly Wire[]): Promise<void> {
  for (const { bytes, author } of copies) {
    const outcome = await lab.intake.accept(bytes, { via: 'catch-up', from: author }).committed
    assert.equal(outcome.status, 'duplicate')
  }
}

/** All verdicts, now and as what is said runs out. */
function answers(lab: Lab, now: number): unknown {
  const { time } = lab
  return [0, 1, 5, 24, 72, 400, 2_000].map((hours) => {
    time.now = now + hours * HOUR_MS
    const verdicts = VALUES.map(([type, value]) => {
      const { action, score, expiresAt, reasons } = lab.check(type, value)
      return [action, score, expiresAt, reasons.map((reason) => JSON.stringify(reason)).sort()]
    })
    time.now = now
    return verdicts
  })
}

function kindsOf(all: readonly Wire[]): Set<string> {
  return new Set(
    all.flatMap(({ bytes }) => {
      const opened = open(bytes)
      return opened.ok ? opened.value.statements.map(({ kind }) => kind) : []
    }),
  )
}

const hashes = ({ state }: Lab, authors: readonly AuthorId[], now: number) =>
  authors.map((author) => state.sums.authorHash(author, dayOf(now)))

describe(`claims and verdicts whatever the order (SEED=${first})`, () => {
  let disputed = false
  for (const seed of SEEDS) {
    it(`seed ${seed}`, async () => {
      const chance = new Random(seed)
      const time = { now: NOW }
      const witness = await listener('witness', { time })
      const labs = await live(chance, time, witness)
      const authors = labs.map(({ own }) => own)
      const { now } = time
      const whole: Wire[] = []
      for (const lab of labs) whole.push(...(await wires(lab, [lab.own])))
      const pruned = await wires(witness, authors)
      assert.ok(
        pruned.reduce((sum, { bytes }) => sum + bytes.length, 0) <
          whole.reduce((sum, { bytes }) => sum + bytes.length, 0),
        'nothing was pruned',
      )

      const database = memoryDatabase()
      const late = await listener('late', { time, database })
      await offer(late, pruned, chance)
      const heard = await listener('heard', { time })
      await offer(heard, whole, chance)
      const again = await openLab('late', { time, database })
      await again.upkeep.rebuild()
      const expected = answers(witness, now)
      assert.equal(kindsOf(whole).size, 4)
      disputed ||= JSON.stringify(expected).includes('"held\\":\\"disputed\\"')
      for (const lab of [late, heard, again]) {
        assert.equal(lab.state.logHash, witness.state.logHash)
        assert.equal(lab.state.stateHash(now), witness.state.stateHash(now))
        assert.deepEqual(answers(lab, now), expected)
      }

      await heard.lists.change({ table: 'roster', name: 'Lab b', row: null })
      const without = await listener('without', { time }, ['c', 'd'])
      await offer(
        without,
        whole.filter(({ author }) => author !== authors[0]),
        chance,
      )
      assert.deepEqual(answers(heard, now), answers(without, now))
      assert.deepEqual(hashes(heard, authors.slice(1), now), hashes(without, authors.slice(1), now))
      assert.notDeepEqual(answers(heard, now), expected)
    }).timeout(60_000)
  }

  it('disputes were among what decided', () => assert.ok(disputed))
})
