/** Disputes on a key: whose count, what they lower and what they never lower. */
import assert from 'node:assert/strict'
import type { Action } from '../../src/core/codes.js'
import type { AuthorId } from '../../src/core/identity.js'
import type { Role, Trust } from '../../src/core/roster.js'
import type { Dispute } from '../../src/policy/dispute.js'
import { judged, type Said } from '../support/evidence.js'

interface By {
  readonly role?: Role
  readonly trust?: Trust
  readonly about?: string
  readonly forked?: boolean
  readonly overflow?: boolean
}

function dispute(by: string, { role, trust, about, forked, overflow }: By = {}): Dispute {
  const member = {
    name: by,
    role: role ?? 'member',
    trust: trust ?? 'corroborate',
    keys: [],
    addedMs: 0,
  } as const
  return {
    member: by,
    standing: by === 'own' ? 'own' : member,
    about: about === undefined ? null : (`${about}/0` as AuthorId),
    forked: forked ?? false,
    overflow: overflow ?? false,
  }
}

interface Case {
  readonly what: string
  readonly said: readonly Said[]
  readonly disputes: readonly Dispute[]
  readonly confirmed?: boolean
  readonly action: Action
  readonly held: string
}

const B: Said = { by: 'B' }
const C: Said = { by: 'C' }
const D: Said = { by: 'D' }
const own: Said = { by: 'own' }

const CASES: readonly Case[] = [
  {
    what: 'our own dispute lowers at once',
    said: [B, C],
    disputes: [dispute('own')],
    action: 'observe',
    held: 'disputed-here,disputed-here',
  },
  {
    what: 'our own dispute of one author lowers that one',
    said: [B, C],
    disputes: [dispute('own', { about: 'B' })],
    action: 'throttle',
    held: 'disputed-here,needs-more-members',
  },
  {
    what: 'one member’s dispute changes nothing',
    said: [B],
    disputes: [dispute('X')],
    action: 'throttle',
    held: 'needs-more-members',
  },
  {
    what: 'two members’ disputes take one report’s support',
    said: [B],
    disputes: [dispute('X'), dispute('Y')],
    action: 'observe',
    held: 'disputed',
  },
  {
    what: 'two disputers cannot switch off what three members saw',
    said: [B, C, D],
    disputes: [dispute('X'), dispute('Y')],
    action: 'block',
    held: ',,',
  },
  {
    what: 'as many disputers as supporters can',
    said: [B, C],
    disputes: [dispute('X'), dispute('Y')],
    action: 'observe',
    held: 'disputed,disputed',
  },
  {
    what: 'two keys of one disputing member are one',
    said: [B],
    disputes: [dispute('X'), dispute('X')],
    action: 'throttle',
    held: 'needs-more-members',
  },
  {
    what: 'a member does not dispute for another against its own report',
    said: [B],
    disputes: [dispute('B'), dispute('X')],
    action: 'throttle',
    held: 'needs-more-members',
  },
  {
    what: 'observers, watched members, forked ones and floods do not count',
    said: [B],
    disputes: [
      dispute('V', { role: 'observer' }),
      dispute('W', { trust: 'observe' }),
      dispute('X', { forked: true }),
      dispute('Y', { overflow: true }),
      dispute('Z'),
    ],
    action: 'throttle',
    held: 'needs-more-members',
  },
  {
    what: 'nobody’s dispute lowers our own report',
    said: [own, B],
    disputes: ['V', 'W', 'X', 'Y'].map((by) => dispute(by)),
    action: 'block',
    held: ',disputed',
  },
  {
    what: 'nor one that we confirmed',
    said: [B, C],
    disputes: ['V', 'W', 'X', 'Y'].map((by) => dispute(by)),
    confirmed: true,
    action: 'block',
    held: ',',
  },
  {
    what: 'disputes that name another author do not meet',
    said: [B, C],
    disputes: [dispute('X', { about: 'B' }), dispute('Y', { about: 'C' })],
    action: 'block',
    held: ',',
  },
  {
    what: 'second-hand reports are no supporters',
    said: [B, { by: 'C', firstHand: false }, { by: 'D', firstHand: false }],
    disputes: [dispute('X'), dispute('Y')],
    action: 'observe',
    held: 'disputed,second-hand,second-hand',
  },
]

describe('policy/dispute', () => {
  for (const { what, said, disputes, confirmed = false, action, held } of CASES) {
    it(`${what} → ${action}`, () => {
      const made = judged(said, { disputes, confirmed })
      assert.equal(made.action, action)
      assert.equal(made.parts.map((part) => part.held ?? '').join(), held)
    })
  }
})
