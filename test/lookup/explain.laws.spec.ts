/**
 * What is said to change a verdict does: whatever labs say, applying a stated change yields the
 * stated action, and time does what it is said to do at the moment it is said to do it.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { keyOf, typeByName, type Indicator } from '../../src/core/indicator.js'
import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.js'
import { TRUSTS, type Trust } from '../../src/core/roster.js'
import type { Statement } from '../../src/core/statement.js'
import { explain } from '../../src/lookup/explain.js'
import { verdictOn, type Lookup } from '../../src/lookup/verdict.js'
import type { Change } from '../../src/lookup/what-if.js'
import { DEFAULT_POLICY } from '../../src/policy/rules.js'
import { lookupOf, noGuards } from '../support/desk.js'
import { authorNamed, report, revocation, T0 } from '../support/samples.js'
import { canonical, Stage } from '../support/stage.js'

const RUNS = Math.max(120, Number(process.env['TOCSIN_LONG'] ?? 0))
const ASKED = canonical('ip', '198.51.100.7')
const KEYS = [ASKED, canonical('ip', '198.51.100.0/24')]
const MEMBERS = { B: ['B', 'B2'], C: ['C'], D: ['D'] } as const
const SPEAKERS = ['own', 'B', 'B2', 'C', 'D', 'stranger'] as const
const FAR = T0 + 90 * HOUR_MS

interface Said {
  readonly by: (typeof SPEAKERS)[number]
  readonly statement: Statement
}

interface Scene {
  readonly said: readonly Said[]
  readonly trusts: readonly [Trust, Trust, Trust]
  readonly pause: 'none' | 'open' | 'ends'
  readonly decay: number
}

const dispute = (key: Indicator, about: string | null, until: number, reason = 1): Statement => ({
  kind: 'dispute',
  ...key,
  until,
  author: about === null ? null : authorNamed(about).author,
  reason,
})

const until = fc.constantFrom(1, 2, 3, 30).map((hours) => T0 + hours * HOUR_MS)
const key = fc.constantFrom(...KEYS)
const statement: fc.Arbitrary<Statement> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        key,
        until,
        action: fc.integer({ min: 1, max: 4 }),
        confidence: fc.constantFrom(50, 70, 90),
        firstHand: fc.boolean(),
      })
      .map(({ key, ...rest }) => report({ ...key, ...rest })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(key, until).map(([key, until]) => revocation({ ...key, until })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(key, fc.constantFrom(null, 'B', 'C'), until)
      .map(([key, about, until]) => dispute(key, about, until)),
  },
)
const trust = fc.constantFrom(...TRUSTS)
const scene: fc.Arbitrary<Scene> = fc.record({
  said: fc.array(fc.record({ by: fc.constantFrom(...SPEAKERS), statement }), { maxLength: 9 }),
  trusts: fc.tuple(trust, trust, trust),
  pause: fc.constantFrom('none', 'none', 'open', 'ends'),
  decay: fc.constantFrom(0, 40),
})

function staged({ said, trusts, pause }: Scene): Stage {
  const stage = new Stage()
  for (const [i, [name, keys]] of Object.entries(MEMBERS).entries()) {
    stage.admit(name, trusts[i], 'member', [...keys])
  }
  for (const { by, statement } of said) stage.say(by, statement)
  if (pause === 'none') return stage
  const untilMs = pause === 'ends' ? { untilMs: T0 + 90 * MINUTE_MS } : {}
  const row = { kind: 'enforce' as const, reason: 'test', sinceMs: T0, by: 'operator', ...untilMs }
  return stage.set({ table: 'pauses', name: 'enforce', row })
}

function asking(stage: Stage, { decay }: Scene, now = T0): Lookup {
  const policy = { ...DEFAULT_POLICY, confidence: { floor: 60, decay } }
  return lookupOf(stage.state, now, { policy: () => policy })
}

const keysOf = (member: string): readonly string[] =>
  member === 'Lab A' ? ['own'] : MEMBERS[member as keyof typeof MEMBERS]

/** The key that a change names. */
function named({ type, value }: Change): Indicator {
  return { type: typeByName(type!)!.code, value: value! }
}

/** The look-up after a change has really happened. */
function after(scene: Scene, change: Change): Lookup {
  const stage = staged(scene)
  const { member = '' } = change
  switch (change.code) {
    case 'resume':
      stage.set({ table: 'pauses', name: 'enforce', row: null })
      break
    case 'allow-entry': {
      const on = (one: Indicator) =>
        keyOf(one) === keyOf(ASKED) ? ({ effect: 'out', name: 'allowed' } as const) : undefined
      return { ...asking(stage, scene), guards: { ...noGuards, on } }
    }
    case 'own-report':
      stage.say('own', report({ ...ASKED, until: FAR }))
      break
    case 'one-more-member':
      stage.admit('Z').say('Z', report({ ...named(change), until: FAR }))
      break
    case 'own-dispute':
      stage.say('own', dispute(named(change), null, FAR))
      break
    case 'revocation':
      for (const by of keysOf(member)) {
        for (const key of KEYS) stage.say(by, revocation({ ...key, until: FAR }))
      }
      break
    case 'dispute-withdrawn':
      for (const by of keysOf(member)) {
        for (const key of KEYS) {
          for (const about of [null, 'B', 'C']) stage.say(by, dispute(key, about, FAR, 0))
        }
      }
      break
    case 'trust':
      stage.admit(member, change.trust, 'member', [...keysOf(member)])
      break
    default:
      return asking(stage, scene, Date.parse(change.at!))
  }
  return asking(stage, scene)
}

describe('lookup/explain: laws', () => {
  it('each stated change yields the stated action, and another than now', () => {
    fc.assert(
      fc.property(scene, (scene) => {
        const { verdict, changes } = explain(asking(staged(scene), scene), ASKED, T0)
        let before = verdict.action
        for (const change of changes) {
          const now = change.at === undefined ? T0 : Date.parse(change.at)
          const { action } = verdictOn(after(scene, change), ASKED, now)
          assert.equal(action, change.action, JSON.stringify(change))
          assert.notEqual(action, before, JSON.stringify(change))
          if (change.at === undefined) continue
          const short = verdictOn(asking(staged(scene), scene, now - 1), ASKED, now - 1)
          assert.equal(short.action, before, `a millisecond before ${JSON.stringify(change)}`)
          before = action
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('nothing that would change it is left out: between the stated moments it stands', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 0, max: 40 * 60 }), (scene, minutes) => {
        const { verdict, changes } = explain(asking(staged(scene), scene), ASKED, T0)
        const now = T0 + minutes * MINUTE_MS
        const passed = changes.filter(({ at }) => at !== undefined && Date.parse(at) <= now)
        const expected = passed.at(-1)?.action ?? verdict.action
        assert.equal(verdictOn(asking(staged(scene), scene, now), ASKED, now).action, expected)
      }),
      { numRuns: RUNS },
    )
  })
})
