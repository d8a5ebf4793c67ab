/** Whole requests: kinds of evidence that members agree on. */
import assert from 'node:assert/strict'
import type { Action } from '../../src/core/codes.js'
import type { Indicator } from '../../src/core/indicator.js'
import { jointAction } from '../../src/policy/joint.js'
import { DEFAULT_POLICY } from '../../src/policy/rules.js'
import { judged, type Said } from '../support/evidence.js'

const ADDRESS = { type: 1, value: '198.51.100.7' }
const OTHER_ADDRESS = { type: 1, value: '198.51.100.8' }
const MAIL = { type: 13, value: 'example.com' }
const CLIENT = { type: 6, value: 'a'.repeat(32) }
const ASN = { type: 4, value: '64496' }

type Attribute = readonly [key: Indicator, ...said: readonly Said[]]

const CASES: readonly (readonly [string, readonly Attribute[], Action])[] = [
  [
    'two kinds by two members',
    [
      [ADDRESS, {}],
      [MAIL, { by: 'C' }],
    ],
    'block',
  ],
  [
    'two kinds by one member',
    [
      [ADDRESS, {}],
      [MAIL, {}],
    ],
    'allow',
  ],
  [
    'two keys of one member',
    [
      [ADDRESS, {}],
      [MAIL, { key: 1 }],
    ],
    'allow',
  ],
  [
    'one kind by two members',
    [
      [ADDRESS, {}],
      [OTHER_ADDRESS, { by: 'C' }],
    ],
    'allow',
  ],
  [
    'two kinds, one of them ours',
    [
      [ADDRESS, {}],
      [MAIL, { by: 'own' }],
    ],
    'block',
  ],
  [
    'a client fingerprint is no kind',
    [
      [ADDRESS, {}],
      [CLIENT, { by: 'C' }],
    ],
    'allow',
  ],
  [
    'nor is an ASN',
    [
      [MAIL, {}],
      [ASN, { by: 'C' }],
    ],
    'allow',
  ],
  [
    'the lesser action counts',
    [
      [ADDRESS, { action: 3 }],
      [MAIL, { by: 'C' }],
    ],
    'challenge',
  ],
  [
    'throttles are no joint block',
    [
      [ADDRESS, { action: 2 }],
      [MAIL, { by: 'C' }],
    ],
    'allow',
  ],
  [
    'second-hand ones are nothing',
    [
      [ADDRESS, {}],
      [MAIL, { by: 'C', firstHand: false }],
    ],
    'allow',
  ],
  [
    'nor are watched members',
    [
      [ADDRESS, {}],
      [MAIL, { by: 'C', trust: 'observe' }],
    ],
    'allow',
  ],
  [
    'nor is what is beyond a bulkhead',
    [
      [ADDRESS, {}],
      [MAIL, { by: 'C', overflow: true }],
    ],
    'allow',
  ],
]

describe('policy/joint', () => {
  for (const [what, attributes, action] of CASES) {
    it(`${what} → ${action}`, () => {
      const weighed = attributes.map(([key, ...said]) => ({ key, ...judged(said, { key }) }))
      assert.equal(jointAction(DEFAULT_POLICY, weighed, false), action)
    })
  }

  it('what is in shadow counts only for what would be', () => {
    const policy = { ...DEFAULT_POLICY, shadow: { all: false, members: ['C'], types: [] } }
    const weighed = [
      { key: ADDRESS, ...judged([{}], { key: ADDRESS, policy }) },
      { key: MAIL, ...judged([{ by: 'C' }], { key: MAIL, policy }) },
    ]
    assert.equal(jointAction(policy, weighed, false), 'allow')
    assert.equal(jointAction(policy, weighed, true), 'block')
  })
})
