/** Evidence on one key from little: who says it, and what differs from an ordinary report. */
import type { AuthorId } from '../../src/core/identity.js'
import type { Indicator } from '../../src/core/indicator.js'
import type { Hold } from '../../src/core/own-rows.js'
import type { Member, Role, Trust } from '../../src/core/roster.js'
import type { Report } from '../../src/core/statement.js'
import { judge, type Judged, type Said as Everything } from '../../src/policy/judge.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { isSpecialPurpose } from '../../src/policy/special-ranges.js'
import type { Evidence, Weakness } from '../../src/policy/weight.js'
import { refOf, report, T0 } from './samples.js'

export interface Said extends Partial<Report> {
  readonly by?: string
  readonly key?: number
  readonly trust?: Trust
  readonly role?: Role
  readonly time?: number
  readonly forked?: boolean
  readonly overflow?: boolean
  readonly weak?: Weakness | undefined
  readonly hold?: Hold | undefined
}

function evidence(given: Said): Evidence {
  const { by = 'B', key = 0, trust, role, time = T0, ...rest } = given
  const { forked, overflow, weak, hold, ...said } = rest
  const author = `${by}/${key}` as AuthorId
  const member: Member = {
    name: by,
    role: role ?? 'member',
    trust: trust ?? 'corroborate',
    keys: [],
    addedMs: 0,
  }
  return {
    claim: { envelope: refOf(author, 1, time), index: 0, report: report(said) },
    member: by,
    forked: forked ?? false,
    overflow: overflow ?? false,
    weak,
    hold,
    standing: by === 'own' ? 'own' : member,
  }
}

const keyOfFirst = (said: readonly Said[]): Indicator => ({
  type: said[0]?.type ?? 1,
  value: said[0]?.value ?? '198.51.100.7',
})

export interface Given extends Partial<Omit<Everything, 'evidence'>> {
  readonly now?: number
  readonly key?: Indicator
  readonly policy?: Policy
}

export function judged(said: readonly Said[], given: Given = {}): Judged {
  const { now = T0, key = keyOfFirst(said), policy = DEFAULT_POLICY, ...rest } = given
  const special = { effect: 'out', name: 'special-purpose' } as const
  const everything = {
    evidence: said.map((one) => evidence({ ...key, ...one })),
    disputes: [],
    confirmed: false,
    guard: isSpecialPurpose(key) ? special : undefined,
    ...rest,
  }
  return judge(policy, key, everything, now)
}
