/** An explanation: what is on record and in which state, what bounds a report, and every change. */
import assert from 'node:assert/strict'
import { HOUR_MS, MINUTE_MS } from '../../src/core/limits.js'
import { behind, explain, type Explanation } from '../../src/lookup/explain.js'
import type { Change } from '../../src/lookup/what-if.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { lookupOf, type DeskOptions } from '../support/desk.js'
import { authorNamed, report, revocation, T0 } from '../support/samples.js'
import { canonical, Stage } from '../support/stage.js'

const ASKED = canonical('ip', '198.51.100.7')
const NETWORK = canonical('ip', '198.51.100.0/24')

function explained(stage: Stage, now = T0, options: Partial<DeskOptions> = {}): Explanation {
  return explain(lookupOf(stage.state, now, options), ASKED, now)
}

/** A change in one line. */
function told({ code, action, at, type, value, members, ...rest }: Change): string {
  const when = at === undefined ? [] : [`+${(Date.parse(at) - T0) / MINUTE_MS}m`]
  const who = members === undefined ? [] : [members.join('+')]
  const key = value === undefined || value === ASKED.value ? [] : [`${type} ${value}`]
  return [code, ...Object.values(rest), ...key, ...who, ...when, '→', action].join(' ')
}

const lines = (explanation: Explanation): string[] => explanation.changes.map(told)
const labs = (): Stage => new Stage().admit('Lab B').admit('Lab C')

describe('lookup/explain: what would change it', () => {
  it('one member alone: two would block, and each way back is named', () => {
    const stage = labs().say('Lab B', report({ until: T0 + 2 * HOUR_MS }))
    assert.deepEqual(lines(explained(stage)), [
      'allow-entry → allow',
      'own-report → block',
      'own-dispute → observe',
      'revocation Lab B → allow',
      'trust Lab B observe → observe',
      'one-more-member → block',
      'report-ends Lab B +120m → allow',
    ])
  })

  it('two members: losing either lowers it, in time too', () => {
    const stage = labs()
      .say('Lab B', report({ until: T0 + 2 * HOUR_MS }))
      .say('Lab C', report({ until: T0 + HOUR_MS }))
    assert.deepEqual(lines(explained(stage)), [
      'allow-entry → allow',
      'own-dispute → observe',
      'revocation Lab B → throttle',
      'trust Lab B observe → throttle',
      'revocation Lab C → throttle',
      'trust Lab C observe → throttle',
      'report-ends Lab C +60m → throttle',
      'report-ends Lab B +120m → allow',
    ])
  })

  it('nothing is known: a report of our own blocks, one member throttles', () => {
    const { verdict, keys, changes } = explained(labs())
    assert.deepEqual([verdict.action, keys], ['allow', []])
    assert.deepEqual(changes.map(told), ['own-report → block', 'one-more-member → throttle'])
  })

  it('a network: agreement on it and on the address are two things', () => {
    const stage = labs().say('Lab B', report({ ...NETWORK }))
    const changes = lines(explained(stage))
    assert.ok(changes.includes('one-more-member net.cidr 198.51.100.0/24 → block'))
    assert.ok(!changes.some((line) => line.startsWith('one-more-member →')))
    assert.ok(changes.includes('own-dispute net.cidr 198.51.100.0/24 → observe'))
  })

  it('disputes: who could withdraw, and when they end', () => {
    const dispute = (until: number) => ({
      kind: 'dispute' as const,
      ...ASKED,
      until,
      author: null,
      reason: 1,
    })
    const stage = labs()
      .admit('Lab D')
      .say('Lab B', report())
      .say('Lab C', dispute(T0 + HOUR_MS))
      .say('Lab D', dispute(T0 + 2 * HOUR_MS))
    const explanation = explained(stage)
    assert.equal(explanation.verdict.action, 'observe')
    assert.deepEqual(explanation.keys[0]!.said[0]!.effect!.disputedBy, ['Lab C', 'Lab D'])
    const changes = lines(explanation)
    assert.ok(changes.includes('dispute-withdrawn Lab C → throttle'), changes.join('\n'))
    assert.ok(changes.includes('trust Lab D observe → throttle'))
    assert.ok(changes.includes('dispute-ends Lab C +60m → throttle'))
  })

  it('a short revocation ends and what it took back returns', () => {
    const stage = labs()
      .say('Lab B', report({ until: T0 + 3 * HOUR_MS }))
      .say('Lab B', revocation({ until: T0 + HOUR_MS }))
    const explanation = explained(stage)
    assert.equal(explanation.verdict.action, 'allow')
    const states = explanation.keys[0]!.said.map(
      ({ says, state }) => `${String(says['kind'])} ${state}`,
    )
    assert.deepEqual(states, ['report revoked', 'revocation live'])
    assert.ok(lines(explanation).includes('revocation-ends Lab B +60m → throttle'))
  })

  it('a report from ahead starts, and one whose confidence decays stops early', () => {
    const ahead = labs().say('Lab B', report(), T0 + HOUR_MS)
    assert.ok(lines(explained(ahead)).includes('report-starts Lab B +50m → throttle'))
    const policy = { ...DEFAULT_POLICY, confidence: { floor: 60, decay: 50 } }
    const fading = labs().say('Lab B', report())
    const changes = lines(explained(fading, T0, { policy: () => policy }))
    assert.ok(
      changes.some((line) => /^report-decays Lab B \+720\.\d+m → observe$/.test(line)),
      changes.join('\n'),
    )
  })

  it('pause, shadow and allow entries that end', () => {
    const stage = labs().say('own', report())
    const row = { kind: 'enforce' as const, reason: 'x', sinceMs: T0, by: 'operator' }
    const untilMs = T0 + HOUR_MS
    stage.set({ table: 'pauses', name: 'enforce', row: { ...row, untilMs } })
    const paused = explained(stage)
    assert.deepEqual([paused.verdict.action, paused.verdict.paused], ['observe', true])
    assert.equal(told(paused.changes[0]!), 'resume → block')
    assert.ok(lines(paused).includes('pause-ends  +60m → block'), lines(paused).join('\n'))

    const shadow = { ...DEFAULT_POLICY, shadow: { all: false, members: ['Lab B'], types: [] } }
    const shadowed = explained(labs().say('Lab B', report()), T0, { policy: () => shadow })
    assert.equal(told(shadowed.changes[0]!), 'shadow-off → throttle')
  })

  it('a guard: what it would be without', () => {
    const guards = { on: () => ({ effect: 'out', name: 'allowed' }) as const, holes: () => [] }
    const { verdict, unguarded, changes } = explained(labs().say('own', report()), T0, {
      guards: { ...guards },
    })
    assert.deepEqual([verdict.action, verdict.guard, unguarded], ['allow', 'allowed', 'block'])
    assert.deepEqual(changes, [])
  })
})

describe('lookup/explain: what is on record', () => {
  it('names who, what, in which state, how far it goes and why no further', () => {
    const stage = labs()
      .say('Lab B', report({ tlp: 1 }))
      .say('Lab C', report({ confidence: 20 }), T0 + 1)
      .say('stranger', report(), T0 + 2)
    stage.say(
      'Lab C',
      { kind: 'sighting', ...ASKED, until: T0 + HOUR_MS, count: 2, day: 1 },
      T0 + 3,
    )
    const { keys } = explained(stage, T0 + 3)
    const [key] = keys
    assert.deepEqual([key!.type, key!.value], ['net.ipv4', ASKED.value])
    assert.deepEqual(key!.caps, { alone: 'throttle', together: 'block' })
    const rows = key!.said.map(({ member, trust, state, says, effect }) => [
      member,
      trust,
      state,
      says['kind'],
      effect?.held,
    ])
    assert.deepEqual(rows, [
      ['Lab B', 'corroborate', 'live', 'report', 'tlp'],
      ['Lab C', 'corroborate', 'live', 'report', 'low-confidence'],
      [null, undefined, 'stranger', 'report', undefined],
      ['Lab C', 'corroborate', 'live', 'sighting', undefined],
    ])
    assert.deepEqual(key!.said[0]!.effect!.bounds, {
      marks: 'observe',
      type: 'throttle',
      trust: 'throttle',
    })
  })

  it('a report that a sibling key took back, a replaced and an old one', () => {
    const stage = new Stage().admit('Lab B', 'corroborate', 'member', ['B', 'B2'])
    stage.say('B', report({ until: T0 + 5 * HOUR_MS }))
    stage.say('B', report({ until: T0 + 2 * HOUR_MS, action: 2 }))
    const states = (now: number) => explained(stage, now).keys[0]!.said.map(({ state }) => state)
    assert.deepEqual(states(T0), ['replaced', 'live'])
    assert.deepEqual(states(T0 + 3 * HOUR_MS), ['live', 'over'])
    const author = authorNamed('B').author
    stage.say('B2', revocation({ author, until: T0 + 5 * HOUR_MS }))
    assert.deepEqual(states(T0 + 3 * HOUR_MS), ['revoked', 'live', 'over'])
  })

  it('evidence: what counts comes first', () => {
    const stage = labs()
      .say('Lab B', report({ until: T0 + 3 * HOUR_MS }))
      .say('Lab B', revocation({ until: T0 + HOUR_MS }))
      .say('Lab C', report())
    const states = behind(explained(stage)).map(
      ({ state, says }) => `${state} ${String(says['kind'])}`,
    )
    assert.deepEqual(states, ['live report', 'live revocation', 'revoked report'])
  })

  it('a type’s caps as the policy has them', () => {
    const policy: Policy = { ...DEFAULT_POLICY, types: { 'net.ipv4': { alone: 'observe' } } }
    const stage = labs().say('Lab B', report())
    const { keys } = explained(stage, T0, { policy: () => policy })
    assert.equal(keys[0]!.caps.alone, 'observe')
    assert.equal(keys[0]!.said[0]!.effect!.bounds.type, 'observe')
  })
})
