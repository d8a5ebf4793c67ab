/**
 * Policies for tests: one that is in force without a file, and any valid one at random.
 */
import fc from 'fast-check'
import { PACKAGED_POLICY } from '../../src/config.js'
import { readPolicyText, withoutShadow } from '../../src/yaml-file.js'
import { ACTION, PAP, TLP, type Action } from '../../src/core/codes.js'
import { TYPES } from '../../src/core/indicator.js'
import type { Policies } from '../../src/policy/policies.js'
import { DEFAULT_POLICY } from '../../src/policy/rules.js'

/** Holds what is applied in memory. */
export function memoryPolicies(clock: () => number): Policies {
  const common = { source: 'file', path: PACKAGED_POLICY, warnings: [] } as const
  let now = { policy: DEFAULT_POLICY, text: '{}', sinceMs: clock(), ...common }
  return {
    inForce: () => now,
    errors: () => [],
    read: readPolicyText,
    withoutShadow,
    apply: (text) => {
      const reading = readPolicyText(text)
      if ('errors' in reading) throw new Error(reading.errors[0].message)
      now = { ...common, policy: reading.policy, text, sinceMs: clock() }
      return Promise.resolve({ ok: true })
    },
  }
}

const upTo = (max: Action): fc.Arbitrary<Action> =>
  fc.constantFrom(
    ...ACTION.names.filter((n) => n !== 'allow' && ACTION.code(n) <= ACTION.code(max)),
  )
const percent = fc.integer({ min: 0, max: 100 })
const few = fc.integer({ min: 1, max: 4 })
const any = upTo('block')

/** Content of a policy file that is valid, with whatever it may leave out. */
export const policyContent: fc.Arbitrary<unknown> = fc.record(
  {
    shadow: fc.record(
      {
        all: fc.boolean(),
        members: fc.subarray(['B', 'C']),
        types: fc.subarray(TYPES.map(({ name }) => name)),
      },
      { requiredKeys: [] },
    ),
    confidence: fc.record({ floor: percent, decay: percent }, { requiredKeys: [] }),
    quorum: few,
    request: fc.record({ kinds: few, members: few }, { requiredKeys: [] }),
    disputers: few,
    trust: fc.record(
      {
        corroborate: fc.record({ alone: any, counts: fc.boolean() }),
        trusted: fc.record({ alone: any, counts: fc.boolean() }),
      },
      { requiredKeys: [] },
    ),
    types: fc.dictionary(
      fc.constantFrom(...TYPES.map(({ name }) => name)),
      any.chain((together) =>
        fc.record({ together: fc.constant(together), alone: upTo(together) }),
      ),
    ),
    pap: fc.record(
      { red: upTo('challenge'), amber: upTo('challenge'), green: any, clear: any },
      { requiredKeys: [] },
    ),
    tlp: fc.record(
      {
        red: fc.record({ act: fc.constant<Action>('observe') }),
        'amber+strict': fc.record({ act: any, export: fc.constant(false) }),
        amber: fc.record({ act: any, export: fc.boolean() }),
        green: fc.record({ act: any, export: fc.boolean() }),
        clear: fc.record({ act: any, export: fc.boolean() }),
      },
      { requiredKeys: [] },
    ),
    lists: fc.record({ cloud: any, documentation: fc.boolean() }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)

/** Every code of the marks. */
export const anyPap = fc.constantFrom(...PAP.names).map((name) => PAP.code(name))
export const anyTlp = fc.constantFrom(...TLP.names).map((name) => TLP.code(name))
