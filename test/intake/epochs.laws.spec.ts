/**
 * Keyed values across epochs: whatever labs say, take back, dispute, confirm and allow, with keys
 * rotated in between and taken over by each lab on a day of its own, every verdict is the one there
 * would have been under one key for ever.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { EpochKey } from '../../src/core/identity.js'
import { indicatorOf } from '../../src/core/indicator.js'
import { KeyRing } from '../../src/core/key-ring.js'
import { DAY_MS } from '../../src/core/limits.js'
import { verdictOn, type Verdict } from '../../src/lookup/verdict.js'
import { allowKeyOf } from '../../src/policy/value-set.js'
import { hand, NOW, openLab, type Lab } from '../support/lab.js'

const NAMES = ['Lab A', 'Lab B', 'Lab C'] as const
const VALUES = ['one@example.org', 'two@example.org']
/** Absolute, so that a repeated report ends when the first one does. */
const ENDS = Array.from({ length: 8 }, (_, i) => NOW + (i + 1) * 60 * DAY_MS)
const KEYS: readonly EpochKey[] = [0, 100, 200, 300].map((day, i) => ({
  key: String(i + 1).repeat(64),
  createdMs: NOW + day * DAY_MS,
}))
const LATEST_DAY = 6

type Kind = 'report' | 'revoke' | 'dispute' | 'withdraw' | 'sight' | 'allow' | 'unallow'
interface Step {
  readonly days: number
  readonly who: number
  readonly kind: Kind
  readonly value: number
  readonly end: number
  readonly action: 'throttle' | 'block'
}

class World {
  readonly labs: Lab[] = []
  readonly time = { now: NOW }

  constructor(readonly keys: readonly EpochKey[]) {}

  async open(): Promise<this> {
    for (const [i, name] of NAMES.entries()) {
      this.labs.push(await openLab(name, { time: this.time, keyRing: () => this.#ringOf(i) }))
    }
    for (const lab of this.labs) {
      for (const name of NAMES) if (name !== lab.name) await lab.admit(name, 'trusted')
    }
    return this
  }

  /** The first takes a key over at once, the others days later, but in time. */
  #ringOf(lab: number): KeyRing {
    const seen = this.time.now - lab * (LATEST_DAY / 2) * DAY_MS
    const keys = this.keys.filter(({ createdMs }, i) => i === 0 || createdMs <= seen)
    const local = `${lab}f`.repeat(32)
    return new KeyRing({ keys, types: ['actor.email'], local, issuers: [] }, this.time.now)
  }

  async take({ days, who, kind, value, end, action }: Step): Promise<void> {
    this.time.now += days * DAY_MS
    // What is said under a key that a lab has not taken over yet it cannot contradict yet, either.
    if (isBetweenKeys(this.time.now) && (kind === 'dispute' || kind === 'withdraw')) return
    const lab = this.labs[who]!
    const item = { type: 'email', value: VALUES[value]! }
    const validUntil = new Date(ENDS[end]!).toISOString()
    switch (kind) {
      case 'report':
        await lab.voice.report([{ ...item, action, validUntil }])
        break
      case 'revoke':
        await lab.voice.revoke([{ ...item, reason: 'false-positive' }])
        break
      case 'dispute':
        await lab.voice.dispute([{ ...item, reason: 'own-customer' }])
        break
      case 'withdraw':
        await lab.voice.dispute([{ ...item, reason: 'withdrawn' }])
        break
      case 'sight':
        await lab.voice.sight([item])
        break
      case 'allow':
      case 'unallow':
        await allow(lab, item.value, kind === 'allow')
    }
    for (const other of this.labs) if (other !== lab) await hand(lab, other)
  }

  verdicts(): Verdict[] {
    return this.labs.flatMap((lab) => VALUES.map((value) => lab.check('email', value)))
  }
}

async function allow(lab: Lab, raw: string, is: boolean): Promise<void> {
  const read = lab.keyRing().read('email', raw)
  assert.ok(read.ok)
  const name = allowKeyOf(read.value)
  const entry = { reason: 'ours', request: false, addedMs: NOW, by: 'operator' }
  const row = is ? { ...indicatorOf(name), ...entry } : null
  await lab.lists.change({ table: 'allow', name, row })
}

/** Some have the newest key, and others have not: they see what was said with it when they have. */
function isBetweenKeys(now: number): boolean {
  const age = Math.min(
    ...KEYS.slice(1)
      .map(({ createdMs }) => now - createdMs)
      .filter((ms) => ms >= 0),
  )
  return age < LATEST_DAY * DAY_MS
}

/** What does not name a hash. */
function told({ action, score, guard, shadow, reasons }: Verdict) {
  const said = reasons.map(({ member, action: asked, confidence, held, validUntil }) =>
    [member, asked, confidence, held, validUntil].join(),
  )
  return { action, score, guard, shadow, reasons: said.sort() }
}

const step: fc.Arbitrary<Step> = fc.record({
  days: fc.nat(30),
  who: fc.nat(NAMES.length - 1),
  kind: fc.constantFrom<Kind>(
    'report',
    'report',
    'report',
    'revoke',
    'dispute',
    'withdraw',
    'sight',
    'allow',
    'unallow',
  ),
  value: fc.nat(VALUES.length - 1),
  end: fc.nat(ENDS.length - 1),
  action: fc.constantFrom('throttle', 'block'),
})

const said = { value: 0, end: 3, action: 'block' } as const
/** Tried first, whatever chance brings. */
const EXAMPLES: Step[][] = [
  // A quorum of reports under two keys.
  [
    { ...said, days: 90, who: 1, kind: 'report' },
    { ...said, days: 20, who: 2, kind: 'report' },
  ],
  // A dispute of a report under a key that is over before the dispute is.
  [
    { ...said, days: 88, who: 1, kind: 'report' },
    { ...said, days: 71, who: 0, kind: 'dispute' },
    { ...said, days: 72, who: 1, kind: 'report', end: 4 },
    { ...said, days: 64, who: 2, kind: 'sight', value: 1 },
  ],
]

describe('intake: epochs', function () {
  this.timeout(120_000)

  it('law: verdicts across rotations are those under one key', async () => {
    const met = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
        const rotating = await new World(KEYS).open()
        const constant = await new World(KEYS.slice(0, 1)).open()
        for (const one of steps) {
          await rotating.take(one)
          await constant.take(one)
          if (isBetweenKeys(rotating.time.now)) continue
          const verdicts = rotating.verdicts()
          assert.deepEqual(verdicts.map(told), constant.verdicts().map(told))
          for (const { action, reasons } of verdicts) {
            met.add(`${action} by ${new Set(reasons.map(({ value }) => value)).size} forms`)
          }
        }
      }),
      { numRuns: 40, endOnFailure: true, examples: EXAMPLES.map((steps) => [steps]) },
    )
    // Not by never meeting what it is about.
    for (const needed of ['throttle by 1 forms', 'block by 1 forms', 'block by 2 forms']) {
      assert.ok(met.has(needed), [...met].join('; '))
    }
  })

  it('a decision is explained after the rotation by all forms it was made by', async () => {
    const world = await new World(KEYS).open()
    const report = { who: 1, kind: 'report', value: 0, end: 2, action: 'block' } as const
    await world.take({ ...report, days: 90 })
    await world.take({ ...report, who: 2, days: 20 })
    const [lab] = world.labs
    const { action, decisionId } = lab!.check('email', VALUES[0]!)
    assert.equal(action, 'block')
    const { asked } = lab!.desk.lookup().decisions.open(decisionId)!
    assert.equal(asked[0]!.older?.length, 1)
    assert.equal(verdictOn(lab!.desk.lookup(), asked[0]!, world.time.now).action, 'block')
    await allow(lab!, VALUES[0]!, true)
    assert.equal(verdictOn(lab!.desk.lookup(), asked[0]!, world.time.now).guard, 'allowed')
  })

  it('what a member says under a key whose time is over does not act', async () => {
    const [a, b] = (await new World(KEYS).open()).labs as [Lab, Lab]
    const time = a.time
    time.now = NOW + 100 * DAY_MS
    const item = { type: 'email', value: VALUES[0]!, ttl: '90d' }
    // Lab B has not heard of the new key for longer than a week.
    const old = new KeyRing(b.keyRing().parts, time.now)
    const deaf = await openLab('Lab B', { time, keyRing: () => old })
    time.now = NOW + 108 * DAY_MS
    await deaf.voice.report([item])
    await hand(deaf, a)
    const { action, reasons } = a.check('email', VALUES[0]!)
    assert.deepEqual([action, reasons.map(({ held }) => held)], ['observe', ['epoch-over']])
  })

  it('the issuer of an account blocks it alone, and nobody else does', async () => {
    const issuers = [['acme', 'Lab B']] as const
    const keyRing = () =>
      new KeyRing({ keys: KEYS.slice(0, 1), types: ['actor.account'], local: '', issuers }, NOW)
    const [a, b, c] = await Promise.all(NAMES.map((name) => openLab(name, { keyRing })))
    for (const name of ['Lab B', 'Lab C']) await a!.admit(name, 'trusted')
    await b!.voice.report([{ type: 'account', value: 'acme:1' }])
    await c!.voice.report([{ type: 'account', value: 'acme:2' }])
    for (const lab of [b!, c!]) await hand(lab, a!)
    const actions = ['acme:1', 'acme:2'].map((value) => a!.check('account', value).action)
    assert.deepEqual(actions, ['block', 'throttle'])
  })
})
