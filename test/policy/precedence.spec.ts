/** The written order of precedence (src/policy/README.md) is the one that decides. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { AuthorId } from '../../src/core/identity.js'
import { HOUR_MS } from '../../src/core/limits.js'
import type { Dispute } from '../../src/policy/dispute.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { judged, type Given, type Said } from '../support/evidence.js'
import { T0 } from '../support/samples.js'

const member = (name: string) =>
  ({ name, role: 'member', trust: 'corroborate', keys: [], addedMs: 0 }) as const
const dispute = (by: string): Dispute => {
  const standing = by === 'own' ? 'own' : member(by)
  return { member: by, standing, about: 'B/0' as AuthorId, forked: false, overflow: false }
}
const shadow: Policy = { ...DEFAULT_POLICY, shadow: { ...DEFAULT_POLICY.shadow, all: true } }

interface Case {
  readonly said: Said
  readonly given: Given
}

/** Everything at once that may keep a report from acting. */
const ALL: Case = {
  said: {
    ...{ by: 'B', role: 'observer', time: T0 + HOUR_MS, forked: true, firstHand: false },
    ...{ pap: 1, tlp: 1, confidence: 10, overflow: true, weak: 'epoch-over' },
    hold: { type: 1, value: '', hits: 9_000, of: 10_000, atMs: T0 },
  },
  given: {
    guard: { effect: 'out', name: 'allowed' },
    disputes: [dispute('own'), dispute('X'), dispute('Y')],
    policy: shadow,
  },
}

/** Takes away, one after another, what stood foremost. */
const PEELS: readonly ((all: Case) => Case)[] = [
  ({ said, given }) => ({ said, given: { ...given, guard: undefined } }),
  ({ said, given }) => ({ said: { ...said, role: 'member' }, given }),
  ({ said, given }) => ({ said: { ...said, time: T0 }, given }),
  ({ said, given }) => ({ said: { ...said, forked: false }, given }),
  ({ said, given }) => ({ said: { ...said, weak: undefined }, given }),
  ({ said, given }) => ({ said: { ...said, firstHand: true }, given }),
  ({ said, given }) => ({ said: { ...said, pap: 3 }, given }),
  ({ said, given }) => ({ said: { ...said, tlp: 3 }, given }),
  ({ said, given }) => ({ said: { ...said, hold: undefined }, given }),
  ({ said, given }) => ({ said: { ...said, confidence: 80 }, given }),
  ({ said, given }) => ({ said: { ...said, overflow: false }, given }),
  ({ said, given }) => ({ said, given: { ...given, disputes: given.disputes!.slice(1) } }),
  ({ said, given }) => ({ said, given: { ...given, disputes: [] } }),
  ({ said, given }) => ({ said, given: { ...given, policy: DEFAULT_POLICY } }),
]

describe('policy: the written order of precedence', () => {
  it('is that of the rules, reason by reason', () => {
    const readme = readFileSync(new URL('../../src/policy/README.md', import.meta.url), 'utf8')
    const written = [...readme.matchAll(/\| +`([a-z-]+)` +\|$/gm)].map(([, code]) => code!)
    const found: (string | undefined)[] = []
    let all = ALL
    for (const peel of [(one: Case) => one, ...PEELS]) {
      all = peel(all)
      found.push(judged([all.said], all.given).parts[0]!.held)
    }
    const wide = { type: 3, value: '198.51.0.0/16' }
    const both = judged([{ by: 'B' }, { by: 'C' }], { key: wide })
    found.push(both.parts[0]!.held)
    assert.deepEqual([...found, 'paused'], written)
  })
})
